package io.annals.ingest.transaction;

import static org.apache.kafka.coordinator.transaction.TransactionState.COMPLETE_ABORT;
import static org.apache.kafka.coordinator.transaction.TransactionState.COMPLETE_COMMIT;
import static org.apache.kafka.coordinator.transaction.TransactionState.EMPTY;
import static org.apache.kafka.coordinator.transaction.TransactionState.ONGOING;
import static org.apache.kafka.coordinator.transaction.TransactionState.PREPARE_ABORT;
import static org.apache.kafka.coordinator.transaction.TransactionState.PREPARE_COMMIT;
import static org.assertj.core.api.Assertions.assertThat;

import io.annals.ingest.transaction.TransactionRules.Addition;
import io.annals.ingest.transaction.TransactionRules.End;
import io.annals.ingest.transaction.TransactionRules.Initialization;
import io.annals.ingest.transaction.TransactionRules.Producer;
import io.annals.ingest.transaction.Verdict.Move;
import io.annals.ingest.transaction.Verdict.Refused;
import io.annals.ingest.transaction.Verdict.Unchanged;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TransactionRulesTest {
    private static final TopicPartition A = new TopicPartition("a", 0);
    private static final TopicPartition B = new TopicPartition("b", 3);
    private static final short LEVEL_1 = 0; // what clients below level 2 are recorded with
    private static final short LEVEL_2 = 2;
    private static final short LAST = Short.MAX_VALUE - 1;
    private static final long NOW = 1_000_000;

    private final AtomicLong ids = new AtomicLong(100);
    private final TransactionRules rules = new TransactionRules(60_000, ids::getAndIncrement);

    private static TransactionMetadata state(TransactionState state, int epoch, int lastEpoch) {
        boolean empty = state == EMPTY || state == COMPLETE_ABORT || state == COMPLETE_COMMIT;
        return new TransactionMetadata(
                "id",
                7,
                -1,
                -1,
                (short) epoch,
                (short) lastEpoch,
                5_000,
                state,
                empty ? Set.of() : Set.of(A),
                NOW - 100,
                NOW - 50,
                LEVEL_2);
    }

    private static Producer producer(long id, int epoch) {
        return new Producer(id, (short) epoch);
    }

    private Verdict initialize(@Nullable TransactionMetadata current, @Nullable Producer expected) {
        return rules.initialize(
                new Initialization("id", 9_000, Optional.ofNullable(expected)),
                Optional.ofNullable(current),
                false,
                NOW);
    }

    private Verdict add(
            @Nullable TransactionMetadata current, Producer producer, TopicPartition partition) {
        return rules.add(
                new Addition(producer, Set.of(partition), LEVEL_2),
                Optional.ofNullable(current),
                false,
                NOW);
    }

    private Verdict end(TransactionMetadata current, Producer producer, boolean commit, int level) {
        return rules.end(
                new End(producer, commit, (short) level), Optional.ofNullable(current), false, NOW);
    }

    private static TransactionMetadata next(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Move.class);
        return ((Move) verdict).next();
    }

    private static Verdict refused(Errors error) {
        return new Refused(error);
    }

    @Test
    void aNewTransactionalIdGetsANewProducerIdWithEpochZero() {
        TransactionMetadata first = next(initialize(null, null));

        assertThat(first.producerId()).isEqualTo(100);
        assertThat(first.producerEpoch()).isZero();
        assertThat(first.state()).isEqualTo(EMPTY);
        assertThat(first.timeoutMs()).isEqualTo(9_000);
    }

    @Test
    void eachNewProducerFencesTheOneBefore() {
        TransactionMetadata next = next(initialize(state(COMPLETE_COMMIT, 4, 3), null));

        assertThat(next.producerEpoch()).isEqualTo((short) 5);
        assertThat(next.lastProducerEpoch()).isEqualTo((short) -1);
        assertThat(add(next, producer(7, 4), A)).isEqualTo(refused(Errors.PRODUCER_FENCED));
        assertThat(next(add(next, producer(7, 5), A)).state()).isEqualTo(ONGOING);
    }

    @Test
    void aProducerThatRecoversGetsTheNextEpochAndTheSameOneWhenItAsksAgain() {
        TransactionMetadata bumped = next(initialize(state(EMPTY, 4, -1), producer(7, 4)));
        TransactionMetadata again = next(initialize(bumped, producer(7, 4)));

        assertThat(bumped.producerEpoch()).isEqualTo((short) 5);
        assertThat(again.producerEpoch()).isEqualTo((short) 5);
        assertThat(initialize(again, producer(7, 3))).isEqualTo(refused(Errors.PRODUCER_FENCED));
    }

    @Test
    void aProducerThatRecoversAfterAnotherTookOverIsFenced() {
        TransactionMetadata takenOver = next(initialize(state(EMPTY, 4, -1), null));

        assertThat(initialize(takenOver, producer(7, 4)))
                .isEqualTo(refused(Errors.PRODUCER_FENCED));
        assertThat(initialize(takenOver, producer(8, 5)))
                .isEqualTo(refused(Errors.PRODUCER_FENCED));
    }

    @Test
    void anOpenTransactionIsAbortedUnderAnEpochThatNobodyHas() {
        TransactionMetadata fenced = next(initialize(state(ONGOING, 4, 3), null));

        assertThat(fenced.state()).isEqualTo(PREPARE_ABORT);
        assertThat(fenced.producerEpoch()).isEqualTo((short) 5);
        assertThat(fenced.partitions()).containsExactly(A);
        assertThat(next(initialize(fenced.completed(NOW), null)).producerEpoch())
                .isEqualTo((short) 6);
    }

    @ParameterizedTest
    @CsvSource({"PREPARE_COMMIT", "PREPARE_ABORT"})
    void nothingBeginsWhileATransactionIsBeingEnded(TransactionState state) {
        TransactionMetadata ending = state(state, 4, 3);

        assertThat(initialize(ending, null)).isEqualTo(refused(Errors.CONCURRENT_TRANSACTIONS));
        assertThat(add(ending, producer(7, 4), B))
                .isEqualTo(refused(Errors.CONCURRENT_TRANSACTIONS));
    }

    @Test
    void whileAStateIsNotDurableNothingIsBuiltOnIt() {
        Optional<TransactionMetadata> current = Optional.of(state(EMPTY, 4, 3));
        Verdict concurrent = refused(Errors.CONCURRENT_TRANSACTIONS);

        assertThat(
                        rules.initialize(
                                new Initialization("id", 1, Optional.empty()), current, true, NOW))
                .isEqualTo(concurrent);
        assertThat(rules.add(new Addition(producer(7, 4), Set.of(A), LEVEL_2), current, true, NOW))
                .isEqualTo(concurrent);
        assertThat(rules.end(new End(producer(7, 4), false, LEVEL_2), current, true, NOW))
                .isEqualTo(concurrent);
        assertThat(rules.end(new End(producer(7, 2), false, LEVEL_2), current, true, NOW))
                .isEqualTo(refused(Errors.PRODUCER_FENCED));
    }

    @Test
    void whenEpochsAreUsedUpANewProducerIdTakesOver() {
        TransactionMetadata rotated = next(initialize(state(EMPTY, LAST, 3), null));

        assertThat(rotated.producerId()).isEqualTo(100);
        assertThat(rotated.producerEpoch()).isZero();
        assertThat(rotated.previousProducerId()).isEqualTo(7);
    }

    @Test
    void aProducerThatMissedItsNewProducerIdIsGivenTheNextEpochOfIt() {
        TransactionMetadata rotated = next(initialize(state(EMPTY, LAST, 3), producer(7, LAST)));
        TransactionMetadata again = next(initialize(rotated, producer(7, LAST)));

        assertThat(again.producerId()).isEqualTo(rotated.producerId());
        assertThat(again.producerEpoch()).isZero();
    }

    @Test
    void partitionsAreAddedOnceAndTheStartTimeStays() {
        TransactionMetadata begun = next(add(state(COMPLETE_ABORT, 4, 3), producer(7, 4), A));
        TransactionMetadata grown =
                next(
                        rules.add(
                                new Addition(producer(7, 4), Set.of(A, B), LEVEL_2),
                                Optional.of(begun),
                                false,
                                NOW + 10));

        assertThat(begun.startTimeMs()).isEqualTo(NOW);
        assertThat(grown.partitions()).containsExactlyInAnyOrder(A, B);
        assertThat(grown.startTimeMs()).isEqualTo(NOW);
        assertThat(grown.lastUpdateMs()).isEqualTo(NOW + 10);
        assertThat(add(grown, producer(7, 4), B)).isEqualTo(new Unchanged());
    }

    @Test
    void addingNamesWhatIsWrongWithTheProducer() {
        assertThat(add(null, producer(7, 4), A))
                .isEqualTo(refused(Errors.INVALID_PRODUCER_ID_MAPPING));
        assertThat(add(state(EMPTY, 4, 3), producer(8, 4), A))
                .isEqualTo(refused(Errors.INVALID_PRODUCER_ID_MAPPING));
        assertThat(add(state(EMPTY, 4, 3), producer(7, 5), A))
                .isEqualTo(refused(Errors.PRODUCER_FENCED));
    }

    @Test
    void verifyingTellsPartitionsOfTheTransactionFromOthers() {
        Optional<TransactionMetadata> current = Optional.of(state(ONGOING, 4, 3));

        assertThat(TransactionRules.verify(producer(7, 4), Set.of(A, B), current))
                .isEqualTo(Map.of(A, Errors.NONE, B, Errors.TRANSACTION_ABORTABLE));
        assertThat(TransactionRules.verify(producer(7, 3), Set.of(A), current))
                .isEqualTo(Map.of(A, Errors.PRODUCER_FENCED));
        assertThat(TransactionRules.verify(producer(9, 4), Set.of(A), current))
                .isEqualTo(Map.of(A, Errors.INVALID_PRODUCER_ID_MAPPING));
        assertThat(
                        TransactionRules.verify(
                                producer(7, 4), Set.of(A), Optional.of(state(PREPARE_ABORT, 4, 3))))
                .isEqualTo(Map.of(A, Errors.CONCURRENT_TRANSACTIONS));
    }

    @Test
    void endingAtLevelTwoBumpsTheEpochSoThatTheMarkerFences() {
        TransactionMetadata prepared = next(end(state(ONGOING, 4, 3), producer(7, 4), true, 2));
        TransactionMetadata completed = prepared.completed(NOW + 1);

        assertThat(prepared.state()).isEqualTo(PREPARE_COMMIT);
        assertThat(prepared.producerEpoch()).isEqualTo((short) 5);
        assertThat(prepared.partitions()).containsExactly(A);
        assertThat(completed.state()).isEqualTo(COMPLETE_COMMIT);
        assertThat(completed.producerEpoch()).isEqualTo((short) 5);
        assertThat(completed.partitions()).isEmpty();
    }

    @Test
    void endingBelowLevelTwoKeepsTheEpoch() {
        TransactionMetadata prepared =
                next(end(state(ONGOING, 4, 3), producer(7, 4), false, LEVEL_1));

        assertThat(prepared.state()).isEqualTo(PREPARE_ABORT);
        assertThat(prepared.producerEpoch()).isEqualTo((short) 4);
        assertThat(prepared.completed(NOW).state()).isEqualTo(COMPLETE_ABORT);
    }

    @Test
    void endingWithTheLastEpochMovesToANewProducerId() {
        TransactionMetadata prepared =
                next(end(state(ONGOING, LAST, 3), producer(7, LAST), true, 2));
        TransactionMetadata completed = prepared.completed(NOW);

        assertThat(prepared.producerId()).isEqualTo(7);
        assertThat(prepared.producerEpoch()).isEqualTo(Short.MAX_VALUE);
        assertThat(completed.producerId()).isEqualTo(100);
        assertThat(completed.producerEpoch()).isZero();
        // the client did not hear of it and asks again
        assertThat(end(completed, producer(7, LAST), true, 2)).isEqualTo(new Unchanged());
    }

    @Test
    void theLastEpochOfAllStillAborts() {
        TransactionMetadata prepared =
                next(
                        end(
                                state(ONGOING, Short.MAX_VALUE, 3),
                                producer(7, Short.MAX_VALUE),
                                false,
                                2));

        assertThat(prepared.producerEpoch()).isEqualTo(Short.MAX_VALUE);
        assertThat(prepared.completed(NOW).producerId()).isEqualTo(100);
    }

    /// The table of KIP-890: `done` repeats the answer, `aborts` bumps the epoch.
    @ParameterizedTest
    @CsvSource({
        "EMPTY, abort, retry, PRODUCER_FENCED",
        "EMPTY, abort, current, aborts",
        "EMPTY, commit, retry, PRODUCER_FENCED",
        "EMPTY, commit, current, INVALID_TXN_STATE",
        "COMPLETE_ABORT, abort, retry, done",
        "COMPLETE_ABORT, abort, current, aborts",
        "COMPLETE_ABORT, commit, retry, INVALID_TXN_STATE",
        "COMPLETE_ABORT, commit, current, INVALID_TXN_STATE",
        "COMPLETE_COMMIT, abort, retry, INVALID_TXN_STATE",
        "COMPLETE_COMMIT, abort, current, aborts",
        "COMPLETE_COMMIT, commit, retry, done",
        "COMPLETE_COMMIT, commit, current, INVALID_TXN_STATE",
        "PREPARE_COMMIT, commit, retry, CONCURRENT_TRANSACTIONS",
        "PREPARE_COMMIT, commit, current, PRODUCER_FENCED",
        "PREPARE_COMMIT, abort, retry, INVALID_TXN_STATE",
        "PREPARE_ABORT, abort, retry, CONCURRENT_TRANSACTIONS",
        "PREPARE_ABORT, commit, retry, INVALID_TXN_STATE",
        "ONGOING, commit, retry, PRODUCER_FENCED",
        "ONGOING, abort, current, aborts",
    })
    void endTxnAtLevelTwo(TransactionState state, String result, String when, String expected) {
        int epoch = when.equals("retry") ? 3 : 4;
        Verdict verdict =
                end(state(state, 4, 3), producer(7, epoch), result.equals("commit"), LEVEL_2);

        switch (expected) {
            case "done" -> assertThat(verdict).isEqualTo(new Unchanged());
            case "aborts" -> {
                assertThat(next(verdict).state()).isEqualTo(PREPARE_ABORT);
                assertThat(next(verdict).producerEpoch()).isEqualTo((short) 5);
            }
            default -> assertThat(verdict).isEqualTo(refused(Errors.valueOf(expected)));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "EMPTY, abort, INVALID_TXN_STATE",
        "EMPTY, commit, INVALID_TXN_STATE",
        "COMPLETE_ABORT, abort, done",
        "COMPLETE_ABORT, commit, INVALID_TXN_STATE",
        "COMPLETE_COMMIT, commit, done",
        "COMPLETE_COMMIT, abort, INVALID_TXN_STATE",
        "PREPARE_COMMIT, commit, CONCURRENT_TRANSACTIONS",
        "PREPARE_COMMIT, abort, INVALID_TXN_STATE",
        "PREPARE_ABORT, abort, CONCURRENT_TRANSACTIONS",
        "PREPARE_ABORT, commit, INVALID_TXN_STATE",
    })
    void endTxnBelowLevelTwo(TransactionState state, String result, String expected) {
        Verdict verdict = end(state(state, 4, 3), producer(7, 4), result.equals("commit"), LEVEL_1);

        assertThat(verdict)
                .isEqualTo(
                        expected.equals("done")
                                ? new Unchanged()
                                : refused(Errors.valueOf(expected)));
        assertThat(end(state(state, 4, 3), producer(7, 3), true, LEVEL_1))
                .isEqualTo(refused(Errors.PRODUCER_FENCED));
        assertThat(end(state(state, 4, 3), producer(8, 4), true, LEVEL_1))
                .isEqualTo(refused(Errors.INVALID_PRODUCER_ID_MAPPING));
    }

    @Test
    void onlyAnOpenTransactionTimesOut() {
        TransactionMetadata open = state(ONGOING, 4, 3); // since NOW - 100, for 5,000 ms

        assertThat(rules.hasTimedOut(open, NOW + 4_900)).isFalse();
        assertThat(rules.hasTimedOut(open, NOW + 4_901)).isTrue();
        assertThat(rules.hasTimedOut(state(PREPARE_COMMIT, 4, 3), NOW + 99_999)).isFalse();
        assertThat(rules.hasTimedOut(state(EMPTY, 4, 3), NOW + 99_999)).isFalse();
    }

    @Test
    void anIdExpiresOnlyWithoutATransaction() {
        assertThat(TransactionRules.hasExpired(state(COMPLETE_COMMIT, 4, 3), 50, NOW)).isTrue();
        assertThat(TransactionRules.hasExpired(state(COMPLETE_COMMIT, 4, 3), 51, NOW)).isFalse();
        assertThat(TransactionRules.hasExpired(state(EMPTY, 4, 3), 50, NOW)).isTrue();
        assertThat(TransactionRules.hasExpired(state(ONGOING, 4, 3), 50, NOW)).isFalse();
        assertThat(TransactionRules.hasExpired(state(PREPARE_ABORT, 4, 3), 50, NOW)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"0, false", "-1, false", "1, true", "60000, true", "60001, false"})
    void timeoutsAreBounded(int timeoutMs, boolean allowed) {
        assertThat(rules.allowsTimeout(timeoutMs)).isEqualTo(allowed);
    }
}
