package io.annals.ingest.transaction;

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
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The power fails before each step of a transaction in turn; after the restart it has happened, or
/// it has not, in all its partitions, and what was answered holds.
class TransactionRecoveryTest {
    private static final int ALWAYS_ON = Integer.MAX_VALUE;
    private static final String ID = "payments";
    private static final short LEVEL_1 = 0;
    private static final short LEVEL_2 = 2;

    @TempDir private Path directory;
    private final InMemoryObjectStore objects = new InMemoryObjectStore(Clock.systemUTC());
    private Instant now = Instant.ofEpochMilli(1_700_000_000_000L);
    private final InstantSource clock = () -> now;

    private CrashingNode start(int steps) throws IOException {
        return start(steps, objects, 1);
    }

    private CrashingNode start(int steps, InMemoryObjectStore store, int shards)
            throws IOException {
        return new CrashingNode(new CrashingNode.Options(directory, store, clock, shards, steps));
    }

    private static Initialization initialization(Optional<Producer> expected) {
        return new Initialization(ID, 60_000, expected);
    }

    private static Answer initialize(CrashingNode node) {
        Answer answer =
                node.answer(node.coordinator.initialize(initialization(Optional.empty())))
                        .orElseThrow();
        for (int i = 0; i < 200 && answer.error() == Errors.CONCURRENT_TRANSACTIONS; i++) {
            pause();
            answer =
                    node.answer(node.coordinator.initialize(initialization(Optional.empty())))
                            .orElseThrow();
        }
        assertThat(answer.error()).isEqualTo(Errors.NONE);
        return answer;
    }

    private static void pause() {
        try {
            Thread.sleep(10);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(BooleanSupplier condition) {
        for (int i = 0; i < 1_000 && !condition.getAsBoolean(); i++) {
            pause();
        }
        assertThat(condition.getAsBoolean()).isTrue();
    }

    private static End end(Answer producer, boolean commit, short level) {
        return new End(
                new Producer(producer.producerId(), producer.producerEpoch()), commit, level);
    }

    private void prepareTopic() throws IOException {
        try (CrashingNode node = start(ALWAYS_ON)) {
            node.createTopic(3);
        }
    }

    /// Runs one transaction over three partitions, as far as the power lasts.
    ///
    /// @return what EndTxn answered, empty if nothing
    private static Optional<Answer> runTransaction(CrashingNode node, boolean commit, short level)
            throws IOException {
        node.coordinator.load();
        Optional<Answer> producer =
                node.answer(node.coordinator.initialize(initialization(Optional.empty())));
        if (producer.isEmpty()) {
            return Optional.empty();
        }
        for (int partition = 0; partition < 3; partition++) {
            // The batch may get to the disk even if the record that adds its partition does not.
            assertThat(node.produce(ID, producer.get(), partition, 0, "value-" + partition).join())
                    .isEqualTo(Errors.NONE);
        }
        return node.answer(node.coordinator.end(ID, end(producer.get(), commit, level)));
    }

    /// With two shards the partitions lie in both, so a transaction ends step by step.
    @ParameterizedTest
    @CsvSource({
        "true, 0, 1",
        "true, 2, 1",
        "false, 0, 1",
        "false, 2, 1",
        "true, 0, 2",
        "true, 2, 2",
        "false, 0, 2",
        "false, 2, 2"
    })
    void aTransactionHappensEntirelyOrNotAtAllWhereverThePowerFails(
            boolean commit, short level, int shards) throws IOException {
        // init, three adds, and the end; or prepare, three markers, complete
        int steps = shards == 1 ? 5 : 9;
        for (int step = 0; step <= steps; step++) {
            directory = directory.resolveSibling("wal-" + commit + level + shards + step);
            InMemoryObjectStore fresh = new InMemoryObjectStore(Clock.systemUTC());
            runAndRecover(fresh, new Crash(step, commit, level, shards));
        }
    }

    private record Crash(int step, boolean commit, short level, int shards) {}

    private void runAndRecover(InMemoryObjectStore store, Crash crash) throws IOException {
        try (CrashingNode node = start(ALWAYS_ON, store, crash.shards())) {
            node.createTopic(3);
        }
        Optional<Answer> answered;
        try (CrashingNode node = start(crash.step(), store, crash.shards())) {
            answered = runTransaction(node, crash.commit(), crash.level());
            answered.ifPresent(answer -> assertThat(answer.error()).isEqualTo(Errors.NONE));
            if (answered.isPresent()) {
                await(() -> node.isDead() || isComplete(node));
            }
            assertThat(node.isDead()).isEqualTo(crash.step() < (crash.shards() == 1 ? 5 : 9));
        }
        try (CrashingNode node = start(ALWAYS_ON, store, crash.shards())) {
            node.coordinator.load();
            initialize(node); // ends whatever is still open
            boolean happened = !node.committed(0).isEmpty();
            for (int partition = 0; partition < 3; partition++) {
                int index = partition;
                await(() ->
                        node.state(index).lastStableOffset() == node.state(index).logEndOffset());
                assertThat(node.committed(partition))
                        .as("partition %d after %s", partition, crash)
                        .isEqualTo(happened ? List.of("value-" + partition) : List.of());
            }
            if (answered.isPresent()) {
                assertThat(happened).as("answered, %s", crash).isEqualTo(crash.commit());
            }
            assertThat(happened && !crash.commit()).as("aborted, %s", crash).isFalse();
        }
    }

    private static boolean isComplete(CrashingNode node) {
        return node.coordinator
                .state(ID)
                .filter(state ->
                        state.state() == TransactionState.COMPLETE_COMMIT
                                || state.state() == TransactionState.COMPLETE_ABORT)
                .isPresent();
    }

    @Test
    void anOpenTransactionGoesOnAfterARestart() throws IOException {
        prepareTopic();
        Answer producer;
        try (CrashingNode node = start(ALWAYS_ON)) {
            node.coordinator.load();
            producer = initialize(node);
            assertThat(node.produce(ID, producer, 0, 0, "before").join()).isEqualTo(Errors.NONE);
        }
        try (CrashingNode node = start(ALWAYS_ON)) {
            node.coordinator.load();
            assertThat(node.produce(ID, producer, 1, 0, "after").join()).isEqualTo(Errors.NONE);
            Answer ended =
                    node.answer(node.coordinator.end(ID, end(producer, true, LEVEL_2)))
                            .orElseThrow();
            assertThat(ended.error()).isEqualTo(Errors.NONE);
            await(() -> isComplete(node));
            assertThat(node.committed(0)).containsExactly("before");
            assertThat(node.committed(1)).containsExactly("after");
        }
    }

    @Test
    void aBatchWhoseRecordWasLostIsStillPartOfItsTransaction() throws IOException {
        prepareTopic();
        Answer producer;
        try (CrashingNode node = start(1)) { // init only
            node.coordinator.load();
            producer = initialize(node);
            assertThat(node.produce(ID, producer, 2, 0, "alone").join()).isEqualTo(Errors.NONE);
        }
        try (CrashingNode node = start(ALWAYS_ON)) {
            node.coordinator.load();
            assertThat(node.coordinator.state(ID).orElseThrow().state())
                    .isEqualTo(TransactionState.ONGOING);
            assertThat(node.answer(node.coordinator.end(ID, end(producer, true, LEVEL_2))))
                    .isPresent();
            await(() -> isComplete(node));
            assertThat(node.committed(2)).containsExactly("alone");
        }
    }

    @Test
    void whatWasOpenForTooLongIsAbortedAndItsProducerFenced() throws IOException {
        prepareTopic();
        try (CrashingNode node = start(ALWAYS_ON)) {
            node.coordinator.load();
            Answer producer = initialize(node);
            assertThat(node.produce(ID, producer, 0, 0, "late").join()).isEqualTo(Errors.NONE);
            now = now.plus(Duration.ofMinutes(1));
            node.coordinator.abortTimedOut();
            assertThat(node.coordinator.state(ID).orElseThrow().state())
                    .isEqualTo(TransactionState.ONGOING);
            now = now.plus(Duration.ofMillis(1));
            node.coordinator.abortTimedOut();
            await(() -> isComplete(node));
            assertThat(node.committed(0)).isEmpty();
            assertThat(node.state(0).lastStableOffset()).isEqualTo(node.state(0).logEndOffset());
            assertThat(node.produce(ID, producer, 0, 1, "later").join())
                    .isEqualTo(Errors.PRODUCER_FENCED);
            assertThat(
                            node.answer(node.coordinator.end(ID, end(producer, true, LEVEL_1)))
                                    .orElseThrow()
                                    .error())
                    .isEqualTo(Errors.PRODUCER_FENCED);
        }
    }

    @Test
    void transactionalIdsThatNobodyUsesAreForgottenForGood() throws IOException {
        prepareTopic();
        try (CrashingNode node = start(ALWAYS_ON)) {
            node.coordinator.load();
            initialize(node);
            now = now.plus(Duration.ofDays(8));
            await(() -> {
                node.coordinator.forgetExpired();
                return node.coordinator.state(ID).isEmpty();
            });
            assertThat(initialize(node).producerEpoch()).isZero();
            now = now.plus(Duration.ofDays(8));
            await(() -> {
                node.coordinator.forgetExpired();
                return node.coordinator.states().isEmpty();
            });
        }
        try (CrashingNode node = start(ALWAYS_ON)) {
            node.coordinator.load();
            assertThat(node.coordinator.states()).isEmpty();
        }
    }

    @Test
    void inOneShardTheEndOfATransactionIsOneAppendAndItsAnswerSaysThatAllIsDone()
            throws IOException {
        prepareTopic();
        AtomicInteger syncs = new AtomicInteger();
        try (CrashingNode node = start(ALWAYS_ON)) {
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
                for (int partition = 0; partition < 3; partition++) {
                    assertThat(node.produce(ID, producer, partition, 0, "v" + i).join())
                            .isEqualTo(Errors.NONE);
                }
                node.awaitDurable(ID);
                int before = syncs.get();
                producer =
                        node.answer(node.coordinator.end(ID, end(producer, i % 2 == 0, LEVEL_2)))
                                .orElseThrow();
                assertThat(producer.error()).isEqualTo(Errors.NONE);
                assertThat(syncs.get() - before).isEqualTo(1);
                assertThat(isComplete(node)).isTrue();
                for (int partition = 0; partition < 3; partition++) {
                    assertThat(node.state(partition).lastStableOffset())
                            .isEqualTo(node.state(partition).logEndOffset());
                }
            }
            assertThat(node.committed(1)).hasSize(10).contains("v0", "v18");
        }
    }

    @Test
    void aTransactionOneOfWhoseMarkersIsRefusedIsDecidedFirstAndNotCalledComplete()
            throws IOException {
        prepareTopic();
        Answer producer;
        try (CrashingNode node = start(ALWAYS_ON)) {
            node.coordinator.load();
            producer = initialize(node);
            for (int partition = 0; partition < 3; partition++) {
                assertThat(node.produce(ID, producer, partition, 0, "value").join())
                        .isEqualTo(Errors.NONE);
            }
            // a newer producer, which no coordinator knows of, has taken one partition over
            node.overtake(producer, 2);
            Answer ended =
                    node.answer(node.coordinator.end(ID, end(producer, true, LEVEL_2)))
                            .orElseThrow();
            assertThat(ended.error()).isEqualTo(Errors.NONE);
            assertThat(node.coordinator.state(ID).orElseThrow().state())
                    .isEqualTo(TransactionState.PREPARE_COMMIT);
            await(() -> node.state(1).lastStableOffset() == node.state(1).logEndOffset());
            assertThat(node.committed(0)).containsExactly("value");
            assertThat(node.committed(1)).containsExactly("value");
            assertThat(node.state(2).lastStableOffset()).isZero();
        }
        try (CrashingNode node = start(ALWAYS_ON)) {
            node.coordinator.load();
            assertThat(node.coordinator.state(ID).orElseThrow().state())
                    .isEqualTo(TransactionState.PREPARE_COMMIT);
        }
    }

    @Test
    void theAnswerToTheLastEpochNamesTheProducerThatFollows() throws IOException {
        prepareTopic();
        long first;
        try (CrashingNode node = start(ALWAYS_ON)) {
            node.coordinator.load();
            first = initialize(node).producerId();
            TransactionMetadata state = node.coordinator.state(ID).orElseThrow();
            short last = Short.MAX_VALUE - 1;
            node.log
                    .append(
                            ID,
                            Optional.of(state.initialized(last, (short) -1, 60_000, 0)),
                            () -> {})
                    .toCompletableFuture()
                    .join();
        }
        try (CrashingNode node = start(ALWAYS_ON)) {
            node.coordinator.load();
            Answer producer = new Answer(Errors.NONE, first, (short) (Short.MAX_VALUE - 1));
            assertThat(node.produce(ID, producer, 0, 0, "last").join()).isEqualTo(Errors.NONE);
            Answer next =
                    node.answer(node.coordinator.end(ID, end(producer, true, LEVEL_2)))
                            .orElseThrow();
            assertThat(next.producerId()).isNotEqualTo(first);
            assertThat(next.producerEpoch()).isZero();
            assertThat(node.produce(ID, next, 0, 0, "first").join()).isEqualTo(Errors.NONE);
            assertThat(node.answer(node.coordinator.end(ID, end(next, true, LEVEL_2)))).isPresent();
            assertThat(node.committed(0)).containsExactly("last", "first");
        }
    }

    @Test
    void theNextTransactionWaitsForTheMarkersOfTheOneBefore() throws IOException {
        prepareTopic();
        try (CrashingNode node = start(ALWAYS_ON, objects, 2)) {
            node.coordinator.load();
            Answer producer = initialize(node);
            for (int i = 0; i < 50; i++) {
                for (int partition = 0; partition < 3; partition++) {
                    assertThat(node.produce(ID, producer, partition, 0, "v" + i).join())
                            .isEqualTo(Errors.NONE);
                }
                producer =
                        node.answer(node.coordinator.end(ID, end(producer, i % 3 != 0, LEVEL_2)))
                                .orElseThrow();
                assertThat(producer.error()).isEqualTo(Errors.NONE);
            }
            await(() -> isComplete(node));
            assertThat(node.committed(1)).hasSize(33).doesNotContain("v0").contains("v1", "v49");
            assertThat(node.committed(2)).isEqualTo(node.committed(1));
        }
    }
}
