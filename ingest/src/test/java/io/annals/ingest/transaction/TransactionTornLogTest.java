package io.annals.ingest.transaction;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.InMemoryObjectStore;
import io.annals.ingest.transaction.TransactionCoordinator.Answer;
import io.annals.ingest.transaction.TransactionRules.End;
import io.annals.ingest.transaction.TransactionRules.Initialization;
import io.annals.ingest.transaction.TransactionRules.Producer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Transactions of several producers at once in a log of one shard, whose file is then cut at
/// random positions, as a crash cuts it: each transaction is in all its partitions or in none, and
/// what was answered before the cut holds.
@Timeout(120)
class TransactionTornLogTest {
    private static final int PRODUCERS = 6;
    private static final int TRANSACTIONS = 12;
    private static final int PARTITIONS = 3;
    private static final int CUTS = 20;

    @TempDir private Path directory;
    private final InMemoryObjectStore objects = new InMemoryObjectStore(Clock.systemUTC());

    /// Committed values, and how long the log was when they were answered.
    private final Map<String, Long> answeredAt = new ConcurrentHashMap<>();

    private CrashingNode start(Path wal) throws IOException {
        return new CrashingNode(
                new CrashingNode.Options(wal, objects, Clock.systemUTC(), 1, Integer.MAX_VALUE));
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void everyTransactionIsEntirelyThereOrNotAtAllWhereverTheLogIsCut(long seed)
            throws IOException {
        Random random = new Random(seed);
        Path whole = directory.resolve("whole");
        Path copy = directory.resolve("copy");
        long begin;
        long end;
        try (CrashingNode node = start(whole)) {
            node.createTopic(PARTITIONS);
            node.coordinator.load();
            begin = node.wal.usage().usedBytes();
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (int i = 0; i < PRODUCERS; i++) {
                String id = "producer-" + i;
                all.add(
                        CompletableFuture.runAsync(
                                () -> produce(node, id), Thread.ofVirtual()::start));
            }
            all.forEach(CompletableFuture::join);
            end = node.wal.usage().usedBytes();
            copy(whole, copy);
        }
        for (int i = 0; i < CUTS; i++) {
            long cut = i == 0 ? end : begin + random.nextLong(end - begin);
            recover(copy, directory.resolve("cut-" + i), cut);
        }
    }

    private void produce(CrashingNode node, String id) {
        Answer producer = initialize(node, id);
        for (int i = 0; i < TRANSACTIONS; i++) {
            boolean commit = i % 3 != 0;
            String value = (commit ? "" : "aborted-") + id + "-" + i;
            for (int partition = 0; partition < PARTITIONS; partition++) {
                assertThat(node.produce(id, producer, partition, 0, value).join())
                        .isEqualTo(Errors.NONE);
            }
            producer =
                    node.coordinator
                            .end(
                                    id,
                                    new End(
                                            new Producer(
                                                    producer.producerId(),
                                                    producer.producerEpoch()),
                                            commit,
                                            TransactionRules.SERVER_VERSION))
                            .join();
            assertThat(producer.error()).isEqualTo(Errors.NONE);
            if (commit) {
                answeredAt.put(value, node.wal.usage().usedBytes());
            }
        }
    }

    private static Answer initialize(CrashingNode node, String id) {
        Initialization request = new Initialization(id, 60_000, Optional.empty());
        while (true) {
            Answer answer = node.coordinator.initialize(request).join();
            if (answer.error() != Errors.CONCURRENT_TRANSACTIONS) {
                assertThat(answer.error()).isEqualTo(Errors.NONE);
                return answer;
            }
        }
    }

    private void recover(Path from, Path to, long cut) throws IOException {
        copy(from, to);
        Path file;
        try (Stream<Path> files = Files.list(to.resolve("0"))) {
            file = files.filter(f -> f.toString().endsWith(".wal")).findFirst().orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(file);
        Arrays.fill(bytes, Math.toIntExact(cut), bytes.length, (byte) 0);
        Files.write(file, bytes);
        try (CrashingNode node = start(to)) {
            node.coordinator.load();
            for (int i = 0; i < PRODUCERS; i++) {
                initialize(node, "producer-" + i); // ends what is still open
            }
            Set<String> happened = new HashSet<>(node.committed(0));
            assertThat(happened).noneMatch(value -> value.startsWith("aborted"));
            answeredAt.forEach((value, length) -> {
                if (length <= cut) {
                    assertThat(happened).as("cut at %d", cut).contains(value);
                }
            });
            for (int partition = 0; partition < PARTITIONS; partition++) {
                assertThat(node.state(partition).lastStableOffset())
                        .isEqualTo(node.state(partition).logEndOffset());
                assertThat(node.committed(partition))
                        .as("partition %d cut at %d", partition, cut)
                        .doesNotHaveDuplicates()
                        .containsExactlyInAnyOrderElementsOf(happened);
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from)) {
            for (Path file : all.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else if (!file.endsWith("lock")) {
                    Files.copy(file, target);
                }
            }
        }
    }
}
