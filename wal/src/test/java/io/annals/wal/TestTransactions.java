package io.annals.wal;

import static io.annals.wal.TestWal.append;
import static org.assertj.core.api.Assertions.assertThat;

import io.annals.wal.AppendOutcome.Appended;
import io.annals.wal.AppendOutcome.Reason;
import io.annals.wal.AppendOutcome.Rejected;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.record.internal.SimpleRecord;

/// Two producers and what they do in transactions.
final class TestTransactions {
    static final long PRODUCER = 4_000;
    static final long OTHER = 5_000;

    private TestTransactions() {}

    static SimpleRecord[] records(int count) {
        SimpleRecord[] all = new SimpleRecord[count];
        for (int i = 0; i < count; i++) {
            all[i] = new SimpleRecord(1_000, null, new byte[10]);
        }
        return all;
    }

    static AppendOutcome send(
            FileWal wal, TopicIdPartition to, long producer, int epoch, int sequence, int count) {
        return append(wal, to, Batches.transactional(producer, epoch, sequence, records(count)));
    }

    static Appended begin(FileWal wal, TopicIdPartition to, long producer) {
        return (Appended) send(wal, to, producer, 0, 0, 2);
    }

    static EndTransaction ending(
            long producer, int epoch, int coordinator, boolean commit, TopicIdPartition... of) {
        return new EndTransaction(
                producer, (short) epoch, coordinator, commit, Set.of(of), FsyncMode.ALWAYS);
    }

    static AppendOutcome end(
            FileWal wal, TopicIdPartition of, long producer, int epoch, boolean commit) {
        return answer(wal, ending(producer, epoch, 0, commit, of), of);
    }

    static AppendOutcome answer(FileWal wal, EndTransaction end, TopicIdPartition of) {
        return joined(wal.endTransaction(end), of);
    }

    static AppendOutcome joined(
            Map<TopicIdPartition, CompletableFuture<AppendOutcome>> answers, TopicIdPartition of) {
        return Objects.requireNonNull(answers.get(of)).join();
    }

    static long lastStableOffset(FileWal wal, TopicIdPartition partition) {
        return wal.partition(partition).orElseThrow().lastStableOffset();
    }

    static void assertRejected(AppendOutcome outcome, Reason reason) {
        assertThat(outcome)
                .isInstanceOfSatisfying(
                        Rejected.class, r -> assertThat(r.reason()).isEqualTo(reason));
    }
}
