package io.annals.ingest.transaction;

import static io.annals.ingest.transaction.CrashingNode.OFFSETS;
import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.InMemoryObjectStore;
import io.annals.ingest.transaction.TransactionCoordinator.Answer;
import io.annals.ingest.transaction.TransactionRules.End;
import io.annals.ingest.transaction.TransactionRules.Initialization;
import io.annals.ingest.transaction.TransactionRules.Producer;
import io.annals.wal.WalListener;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Transactions with offsets of a group: ended in one append, or step by step, and after the power
/// failed at any step in all partitions, that of the offsets among them, or in none.
@Timeout(120)
class OffsetsInTransactionsTest {
    private static final int ALWAYS_ON = Integer.MAX_VALUE;
    private static final String ID = "stage";
    private static final short LEVEL_2 = 2;
    private static final List<Integer> PARTITIONS = List.of(0, 1, OFFSETS);

    @TempDir private Path directory;
    private InMemoryObjectStore objects = new InMemoryObjectStore(Clock.systemUTC());

    /// How the group coordinator's log is when a transaction ends.
    enum Group {
        IDLE,
        BUSY,
        LOADING
    }

    private CrashingNode start(int steps, int shards, Group group) throws IOException {
        CrashingNode node =
                new CrashingNode(
                        new CrashingNode.Options(
                                directory, objects, InstantSource.system(), shards, steps));
        switch (group) {
            case IDLE -> {}
            case BUSY -> node.offsets.keepBusy();
            case LOADING -> node.offsets.refuse(2);
        }
        return node;
    }

    private void createTopic(int shards) throws IOException {
        try (CrashingNode node = start(ALWAYS_ON, shards, Group.IDLE)) {
            node.createTopic(2);
        }
    }

    private static Answer initialize(CrashingNode node) {
        Initialization request = new Initialization(ID, 60_000, Optional.empty());
        Answer answer = node.answer(node.coordinator.initialize(request)).orElseThrow();
        while (answer.error() == Errors.CONCURRENT_TRANSACTIONS) {
            pause();
            answer = node.answer(node.coordinator.initialize(request)).orElseThrow();
        }
        assertThat(answer.error()).isEqualTo(Errors.NONE);
        return answer;
    }

    private static void pause() {
        try {
            Thread.sleep(5);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(BooleanSupplier condition) {
        for (int i = 0; i < 2_000 && !condition.getAsBoolean(); i++) {
            pause();
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    private static void write(CrashingNode node, Answer producer, String value) {
        for (int partition : PARTITIONS) {
            assertThat(node.produce(ID, producer, partition, 0, value).join())
                    .isEqualTo(Errors.NONE);
        }
    }

    private static Optional<Answer> end(CrashingNode node, Answer producer, boolean commit) {
        return node.answer(
                node.coordinator.end(
                        ID,
                        new End(
                                new Producer(producer.producerId(), producer.producerEpoch()),
                                commit,
                                LEVEL_2)));
    }

    private static TransactionState state(CrashingNode node) {
        return node.coordinator.state(ID).orElseThrow().state();
    }

    private static boolean isComplete(CrashingNode node) {
        return state(node) == TransactionState.COMPLETE_COMMIT
                || state(node) == TransactionState.COMPLETE_ABORT;
    }

    private static void assertEnded(CrashingNode node) {
        for (int partition : PARTITIONS) {
            await(() ->
                    node.state(partition).lastStableOffset()
                            == node.state(partition).logEndOffset());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "true, 1, IDLE",
        "false, 1, IDLE",
        "true, 1, BUSY",
        "true, 1, LOADING",
        "false, 1, LOADING",
        "true, 2, IDLE"
    })
    void offsetsCountWithTheRecordsOrNeitherDoesWhereverThePowerFails(
            boolean commit, int shards, Group group) throws IOException {
        boolean died = true;
        for (int step = 0; died; step++) {
            directory = directory.resolveSibling("wal-" + commit + shards + group + step);
            objects = new InMemoryObjectStore(Clock.systemUTC());
            createTopic(shards);
            Optional<Answer> answered = Optional.empty();
            try (CrashingNode node = start(step, shards, group)) {
                node.coordinator.load();
                Optional<Answer> producer =
                        node.answer(
                                node.coordinator.initialize(
                                        new Initialization(ID, 60_000, Optional.empty())));
                if (producer.isPresent()) {
                    write(node, producer.get(), "value");
                    answered = end(node, producer.get(), commit);
                    await(() -> node.isDead() || isComplete(node));
                }
                died = node.isDead();
            }
            assertRecovered(shards, commit, answered.isPresent(), step);
        }
    }

    private void assertRecovered(int shards, boolean commit, boolean answered, int step)
            throws IOException {
        try (CrashingNode node = start(ALWAYS_ON, shards, Group.IDLE)) {
            node.coordinator.load();
            initialize(node); // ends whatever is still open
            assertEnded(node);
            List<String> happened = node.committed(0);
            for (int partition : PARTITIONS) {
                assertThat(node.committed(partition))
                        .as("partition %d after step %d", partition, step)
                        .isEqualTo(happened);
            }
            if (answered) {
                assertThat(happened).isEqualTo(commit ? List.of("value") : List.of());
            }
            assertThat(!happened.isEmpty() && !commit).isFalse();
        }
    }

    @Test
    void inOneShardATransactionWithOffsetsEndsWithOneFsync() throws IOException {
        createTopic(1);
        AtomicInteger syncs = new AtomicInteger();
        try (CrashingNode node = start(ALWAYS_ON, 1, Group.IDLE)) {
            node.coordinator.load();
            node.wal.addListener(
                    new WalListener() {
                        @Override
                        public void synced(long bytes, long nanos) {
                            syncs.incrementAndGet();
                        }
                    });
            Answer producer = initialize(node);
            for (int i = 0; i < 20; i++) {
                write(node, producer, "v" + i);
                node.awaitDurable(ID);
                int before = syncs.get();
                producer = end(node, producer, i % 2 == 0).orElseThrow();
                assertThat(producer.error()).isEqualTo(Errors.NONE);
                assertThat(syncs.get() - before).isEqualTo(1);
                assertThat(isComplete(node)).isTrue();
                assertEnded(node);
            }
            assertThat(node.committed(OFFSETS))
                    .hasSize(10)
                    .contains("v0", "v18")
                    .isEqualTo(node.committed(0));
        }
    }

    @Test
    void aMarkerOfOffsetsFollowsTheDecisionIfAnotherMarkerIsRefused() throws IOException {
        createTopic(1);
        try (CrashingNode node = start(ALWAYS_ON, 1, Group.IDLE)) {
            node.coordinator.load();
            Answer producer = initialize(node);
            write(node, producer, "value");
            // a newer producer, which no coordinator knows of, has taken one partition over
            node.overtake(producer, 1);
            assertThat(end(node, producer, true).orElseThrow().error()).isEqualTo(Errors.NONE);
            assertThat(state(node)).isEqualTo(TransactionState.PREPARE_COMMIT);
            await(() ->
                    node.state(OFFSETS).lastStableOffset() == node.state(OFFSETS).logEndOffset());
            assertThat(node.committed(OFFSETS)).containsExactly("value");
            assertThat(node.committed(0)).containsExactly("value");
            assertThat(node.state(1).lastStableOffset()).isZero();
        }
    }
}
