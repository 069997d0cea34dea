package io.annals.compatibility.differential;

import io.annals.compatibility.peer.Peer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/// Holds the same dialogues with a running Apache Kafka and a running Annals.
public final class Differential {
    private static final int WARM_UPS = 100;

    private final Peer kafka;
    private final Peer annals;
    private final ServedVersions both;
    private final List<Difference> undeclared = new ArrayList<>();
    private int requests;
    private int declared;

    public Differential(Peer kafka, Peer annals) throws IOException, InterruptedException {
        this.kafka = kafka;
        this.annals = annals;
        this.both =
                ServedVersions.ask(kafka.bootstrap()).and(ServedVersions.ask(annals.bootstrap()));
        for (Peer server : List.of(kafka, annals)) {
            warmUp(server);
        }
    }

    /// Waits until the server hands out producer ids: its coordinators load when first asked.
    private void warmUp(Peer server) throws IOException, InterruptedException {
        try (Conversation conversation = new Conversation(server.bootstrap(), both)) {
            InitProducerIdRequestData request =
                    new InitProducerIdRequestData()
                            .setTransactionalId(null)
                            .setTransactionTimeoutMs(1_000);
            for (int i = 0; i < WARM_UPS; i++) {
                if (conversation.ask(request).path("error_code").asInt() == 0) {
                    return;
                }
                conversation.settle();
            }
            throw new IOException(server.name() + " hands out no producer ids");
        }
    }

    /// The dialogues written by hand.
    public Differential handWritten() throws IOException, InterruptedException {
        for (Dialogue dialogue :
                List.of(
                        new ProduceDialogue(),
                        new FetchDialogue(),
                        new TopicsDialogue(),
                        new GroupsDialogue(),
                        new TransactionsDialogue())) {
            hold(dialogue);
        }
        return this;
    }

    /// Drawn requests, of every API that both serve.
    ///
    /// @param perVersion requests of each version
    public Differential seeded(long seed, int perVersion) throws IOException, InterruptedException {
        hold(new MalformedDialogue(seed));
        for (ApiKeys api : both.apis()) {
            hold(new SeededDialogue(api, seed, perVersion));
        }
        return this;
    }

    private void hold(Dialogue dialogue) throws IOException, InterruptedException {
        if (!both.apis().containsAll(dialogue.needs())) {
            return;
        }
        List<Exchange> left = transcript(dialogue, kafka);
        List<Exchange> right = transcript(dialogue, annals);
        requests += left.size();
        for (Difference difference : Comparison.of(dialogue.name(), left, right)) {
            if (DeclaredDifferences.of(difference).isPresent()) {
                declared++;
            } else {
                undeclared.add(difference);
            }
        }
    }

    private List<Exchange> transcript(Dialogue dialogue, Peer server)
            throws IOException, InterruptedException {
        try (Conversation conversation = new Conversation(server.bootstrap(), both)) {
            dialogue.hold(conversation);
            return conversation.transcript();
        }
    }

    /// Requests that both servers were sent.
    public int requests() {
        return requests;
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
