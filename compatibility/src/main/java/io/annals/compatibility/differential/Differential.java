package io.annals.compatibility.differential;

import com.fasterxml.jackson.databind.JsonNode;
import io.annals.compatibility.Sides;
import io.annals.compatibility.peer.AnnalsPeer;
import io.annals.compatibility.peer.KafkaPeer;
import io.annals.compatibility.peer.Peer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/// Holds the same dialogues with a running Apache Kafka and a running Annals.
public final class Differential {
    private final KafkaPeer kafka;
    private final AnnalsPeer annals;
    private final Map<String, String> directories;
    private final ServedVersions served;
    private final ServedVersions both;
    private Predicate<String> wanted = _ -> true;
    private final List<Difference> undeclared = new ArrayList<>();
    private final Map<ApiKeys, Integer> requests = new EnumMap<>(ApiKeys.class);
    private final Map<ApiKeys, Set<Errors>> errors = new EnumMap<>(ApiKeys.class);
    private int declared;

    /// With both running.
    public Differential(Sides sides) throws IOException, InterruptedException {
        this.kafka = sides.kafka();
        this.annals = sides.annals();
        this.directories =
                Map.of(
                        kafka.dataDir().resolve("logs").toString(), "<log directory>",
                        annals.dataDir().resolve("wal").toString(), "<log directory>",
                        annals.dataDir().resolve("archive").toString(), "<archive>");
        this.served = ServedVersions.ask(annals.bootstrap());
        this.both = ServedVersions.ask(kafka.bootstrap()).and(served);
        inBoth(new WarmUp());
    }

    /// From now on only dialogues are held in whose names the pattern occurs.
    public Differential only(Pattern pattern) {
        wanted = pattern.asPredicate();
        return this;
    }

    /// The dialogues written by hand.
    public Differential handWritten() throws IOException, InterruptedException {
        for (Dialogue dialogue :
                List.of(
                        new FramesDialogue(),
                        new ProduceDialogue(),
                        new FetchDialogue(),
                        new TopicsDialogue(),
                        new TopicSettingsDialogue(),
                        new GoneDialogue(),
                        new GroupsDialogue(),
                        new TransactionsDialogue(),
                        new StaticMembersDialogue(),
                        new StaticConsumersDialogue(),
                        new BumpingTransactionsDialogue(),
                        new TransactionalOffsetsDialogue(),
                        new GroupSettingsDialogue())) {
            hold(dialogue);
        }
        return this;
    }

    /// Every field of every request at its limits.
    ///
    /// @param everyVersion or only the newest, and what Kafka answers soon
    public Differential limits(boolean everyVersion) throws IOException, InterruptedException {
        if (everyVersion) {
            hold(new UnansweredDialogue());
        }
        for (ApiKeys api : both.apis()) {
            hold(new LimitsDialogue(api, everyVersion));
        }
        return this;
    }

    /// Bodies that do not parse, of every API and version that both serve.
    public Differential malformed(long seed) throws IOException, InterruptedException {
        hold(new MalformedDialogue(seed));
        return this;
    }

    /// Drawn requests, of every API that both serve.
    ///
    /// @param perVersion requests of each version
    public Differential seeded(long seed, int perVersion) throws IOException, InterruptedException {
        malformed(seed);
        for (ApiKeys api : both.apis()) {
            hold(new SeededDialogue(api, seed, perVersion));
        }
        return this;
    }

    private void hold(Dialogue dialogue) throws IOException, InterruptedException {
        if (!both.apis().containsAll(dialogue.needs()) || !wanted.test(dialogue.name())) {
            return;
        }
        List<List<Exchange>> said = inBoth(dialogue);
        said.getFirst().forEach(this::count);
        for (Difference difference :
                Comparison.of(dialogue.name(), said.getFirst(), said.getLast())) {
            if (DeclaredDifferences.of(difference).isPresent()) {
                declared++;
            } else {
                undeclared.add(difference);
            }
        }
    }

    private void count(Exchange exchange) {
        requests.merge(exchange.api(), 1, Integer::sum);
        Set<Errors> met = errors.computeIfAbsent(exchange.api(), _ -> EnumSet.noneOf(Errors.class));
        for (String field : List.of("error_code", "partition_error_code")) {
            for (JsonNode code : exchange.answer().findValues(field)) {
                met.add(Errors.forCode((short) code.asInt()));
            }
        }
    }

    /// @return what was said to Kafka, and what to Annals
    private List<List<Exchange>> inBoth(Dialogue dialogue)
            throws IOException, InterruptedException {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<List<Exchange>> left = threads.submit(() -> transcript(dialogue, kafka));
            Future<List<Exchange>> right = threads.submit(() -> transcript(dialogue, annals));
            return List.of(left.get(), right.get());
        } catch (ExecutionException e) {
            throw new IOException(dialogue.name() + " could not be held", e.getCause());
        }
    }

    private List<Exchange> transcript(Dialogue dialogue, Peer server)
            throws IOException, InterruptedException {
        try (Conversation conversation = new Conversation(server.bootstrap(), both)) {
            directories.forEach(conversation::call);
            dialogue.hold(conversation);
            return conversation.transcript();
        }
    }

    /// Requests that both servers were sent.
    public int requests() {
        return requests.values().stream().mapToInt(Integer::intValue).sum();
    }

    /// Requests that both servers were sent, by API.
    public Map<ApiKeys, Integer> requestsByApi() {
        return Collections.unmodifiableMap(requests);
    }

    /// APIs that Annals serves and that no dialogue asked for.
    public Set<ApiKeys> neverAsked() {
        Set<ApiKeys> left = EnumSet.copyOf(served.apis());
        left.removeAll(requests.keySet());
        return left;
    }

    /// What Kafka has answered, by API: a dialogue that never reaches what it is about shows here.
    public Map<ApiKeys, Set<Errors>> errorsByApi() {
        return Collections.unmodifiableMap(errors);
    }

    /// One text per kind of difference, with the first request that showed it; empty if all answers
    /// were the same but for what is declared.
    public List<String> report() {
        Map<String, List<Difference>> kinds = new LinkedHashMap<>();
        for (Difference difference : undeclared) {
            kinds.computeIfAbsent(difference.kind(), _ -> new ArrayList<>()).add(difference);
        }
        return kinds.values().stream().map(kind -> kind.size() + " x " + kind.getFirst()).toList();
    }

    /// Fields that differed as declared.
    public int declared() {
        return declared;
    }
}
