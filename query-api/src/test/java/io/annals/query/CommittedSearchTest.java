package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.registry.TopicMetadata;
import io.annals.wal.AppendOutcome;
import io.annals.wal.AppendRequest;
import io.annals.wal.EndTransaction;
import io.annals.wal.FsyncMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What searches, pages of records and latest values show of transactions, over both tiers.
@Timeout(120)
class CommittedSearchTest {
    private static final int PARTITIONS = 2;
    private static final int PRODUCERS = 3;

    @TempDir Path folder;

    private TestNode node;
    private TopicMetadata topic;
    private final Map<String, Integer> sequences = new HashMap<>();

    @BeforeEach
    void start() throws Exception {
        node = new TestNode(folder);
        topic = node.createTopic("logs", PARTITIONS, Map.of());
    }

    @AfterEach
    void stop() throws Exception {
        node.close();
    }

    private TopicIdPartition partition(int number) {
        return new TopicIdPartition(topic.id(), number, topic.name());
    }

    private void send(int partition, long producer, SimpleRecord... records) {
        String key = partition + ":" + producer;
        int sequence = sequences.merge(key, records.length, Integer::sum) - records.length;
        MemoryRecords batch =
                MemoryRecords.withTransactionalRecords(
                        Compression.NONE, producer, (short) 0, sequence, records);
        assertThat(
                        node.wal
                                .append(
                                        new AppendRequest(
                                                partition(partition),
                                                batch.buffer(),
                                                FsyncMode.PERIODIC,
                                                false))
                                .join())
                .isInstanceOf(AppendOutcome.Appended.class);
    }

    private void end(int partition, long producer, boolean commit) {
        node.wal
                .endTransaction(
                        new EndTransaction(
                                producer,
                                (short) 0,
                                0,
                                commit,
                                Set.of(partition(partition)),
                                FsyncMode.PERIODIC))
                .values()
                .forEach(answer ->
                        assertThat(answer.join()).isInstanceOf(AppendOutcome.Appended.class));
    }

    private Set<String> found(String query, IsolationLevel isolation) throws Exception {
        SearchResult result =
                node.search.search(
                        SearchRequest.builder("logs")
                                .query(query)
                                .limit(1_000)
                                .isolation(isolation)
                                .requireComplete(true)
                                .build());
        assertThat(result.coverage().complete()).isTrue();
        assertThat(result.total().value()).isEqualTo(result.hits().size());
        Set<String> values = new HashSet<>();
        for (SearchResult.Hit hit : result.hits()) {
            values.add(text(hit.record().value()));
        }
        return values;
    }

    private List<String> listed(int partition, IsolationLevel isolation) throws Exception {
        List<String> values = new ArrayList<>();
        long offset = 0;
        boolean end = false;
        while (!end) {
            RecordPage page =
                    node.log.records(
                            partition(partition),
                            new RecordQuery(offset, 7, 1 << 20, OptionalLong.empty(), isolation));
            page.records().forEach(record -> values.add(text(record.value())));
            offset = page.nextOffset();
            end = page.complete();
        }
        return values;
    }

    private static String text(byte @Nullable [] bytes) {
        return new String(Objects.requireNonNull(bytes), StandardCharsets.UTF_8);
    }

    @Test
    void recordsOfOpenAndAbortedTransactionsAreFoundOnlyByThoseWhoAsk() throws Exception {
        node.append(topic, 0, "plain word");
        send(0, 1, node.record(null, "aborted word"));
        end(0, 1, false);
        send(0, 1, node.record(null, "committed word"));
        end(0, 1, true);
        send(0, 2, node.record(null, "open word"));
        node.append(topic, 0, "later word");
        for (int round = 0; round < 2; round++) {
            assertThat(found("word", IsolationLevel.READ_COMMITTED))
                    .containsExactlyInAnyOrder("plain word", "committed word");
            assertThat(found("word", IsolationLevel.READ_UNCOMMITTED)).hasSize(5);
            SearchResult partial =
                    node.search.search(SearchRequest.builder("logs").query("*").build());
            assertThat(partial.coverage().partitions().getFirst().to()).isEqualTo(5);
            node.archive();
            node.live.refresh();
        }
        end(0, 2, false);
        node.archive();
        node.live.refresh();
        assertThat(found("word", IsolationLevel.READ_COMMITTED))
                .containsExactlyInAnyOrder("plain word", "committed word", "later word");
    }

    @Test
    void theLatestValueOfAKeyIsACommittedOne() throws Exception {
        send(0, 1, node.record("k", "committed"));
        end(0, 1, true);
        send(0, 1, node.record("k", "aborted"));
        end(0, 1, false);
        send(0, 1, node.record("k", "open"));
        for (int round = 0; round < 2; round++) {
            assertThat(latest(IsolationLevel.READ_COMMITTED)).isEqualTo("committed");
            assertThat(latest(IsolationLevel.READ_UNCOMMITTED)).isEqualTo("open");
            node.archive();
            node.live.refresh();
        }
    }

    private String latest(IsolationLevel isolation) throws Exception {
        return text(
                node.latest
                        .latest(
                                "logs",
                                "k".getBytes(StandardCharsets.UTF_8),
                                OptionalLong.empty(),
                                isolation,
                                Duration.ofSeconds(10))
                        .orElseThrow()
                        .record()
                        .value());
    }

    /// A record of the model.
    ///
    /// @param producer -1 outside of transactions
    private record Sent(long offset, String value, long producer) {}

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void everyReaderSeesWhatTheMarkersSay(long seed) throws Exception {
        Random random = new Random(seed);
        List<List<Sent>> sent = List.of(new ArrayList<>(), new ArrayList<>());
        List<Map<Long, Long>> open = List.of(new HashMap<>(), new HashMap<>());
        List<Set<String>> aborted = List.of(new HashSet<>(), new HashSet<>());
        for (int step = 0; step < 120; step++) {
            int p = random.nextInt(PARTITIONS);
            long producer = random.nextInt(PRODUCERS);
            long next = node.wal.partition(partition(p)).orElseThrow().highWatermark();
            String value = "w" + random.nextInt(3) + " r" + step;
            int choice = random.nextInt(20);
            if (choice < 4) {
                node.append(topic, p, value);
                sent.get(p).add(new Sent(next, value, -1));
            } else if (choice < 11) {
                send(p, producer, node.record(null, value));
                sent.get(p).add(new Sent(next, value, producer));
                open.get(p).putIfAbsent(producer, next);
            } else if (choice < 17) {
                boolean commit = random.nextBoolean();
                end(p, producer, commit);
                Long first = open.get(p).remove(producer);
                if (first != null && !commit) {
                    sent.get(p).stream()
                            .filter(r -> r.producer == producer && r.offset >= first)
                            .forEach(r -> aborted.get(p).add(r.value));
                }
            } else if (choice == 17) {
                node.archive();
            }
            if (choice >= 17) {
                check(sent, open, aborted);
            }
        }
        check(sent, open, aborted);
    }

    private void check(List<List<Sent>> sent, List<Map<Long, Long>> open, List<Set<String>> aborted)
            throws Exception {
        node.live.refresh();
        Set<String> committed = new HashSet<>();
        Set<String> all = new HashSet<>();
        for (int p = 0; p < PARTITIONS; p++) {
            long stable =
                    open.get(p).values().stream()
                            .mapToLong(first -> first)
                            .min()
                            .orElse(Long.MAX_VALUE);
            Set<String> abortedHere = aborted.get(p);
            List<String> shown =
                    sent.get(p).stream()
                            .filter(r -> r.offset < stable && !abortedHere.contains(r.value))
                            .map(Sent::value)
                            .toList();
            List<String> everything = sent.get(p).stream().map(Sent::value).toList();
            assertThat(listed(p, IsolationLevel.READ_COMMITTED)).isEqualTo(shown);
            assertThat(listed(p, IsolationLevel.READ_UNCOMMITTED)).isEqualTo(everything);
            committed.addAll(shown);
            all.addAll(everything);
        }
        for (String query : List.of("*", "w1")) {
            assertThat(found(query, IsolationLevel.READ_COMMITTED))
                    .isEqualTo(matching(query, committed));
            assertThat(found(query, IsolationLevel.READ_UNCOMMITTED))
                    .isEqualTo(matching(query, all));
        }
    }

    private static Set<String> matching(String query, Set<String> values) {
        Set<String> matching = new HashSet<>(values);
        matching.removeIf(value -> !query.equals("*") && !value.startsWith(query));
        return matching;
    }
}
