package io.annals.ingest.internal;

import io.annals.wal.AppendOutcome;
import io.annals.wal.AppendRequest;
import io.annals.wal.FsyncMode;
import io.annals.wal.WriteAheadLog;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.CRC32C;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.RecordBatch;

/// The one writer of a partition of an internal topic. An append knows its offsets at once and is
/// durable later, strictly in order.
///
/// One request is in the log at a time; what arrives meanwhile goes together into the next. So an
/// append that the log refuses has no successor there, and offsets that were promised stay true: if
/// the hot tier is full the same bytes are tried again, and any other refusal ends this writer,
/// after which everything not yet durable has failed and nothing more is taken. The log then holds
/// a prefix of what was appended, and whoever keeps state from it must load it again.
///
/// Thread-safe. Never blocks. Callbacks run on the log's writer thread: do not block in them.
public final class InternalLog {
    /// Waiting behind the request that is in the log, one partition.
    static final int MAX_WAITING_BYTES = 16 << 20; // 16 MiB

    /// One request to the log: far below the smallest WAL segment, unless it is one batch.
    private static final int MAX_REQUEST_BYTES = 512 << 10; // 512 KiB

    // positions in a batch of format v2
    private static final int CRC_AT = 17;
    private static final int CRC_FROM = 21;
    private static final int BASE_SEQUENCE_AT = 53;

    private static final long RETRY_MS = 50;
    private static final Executor RETRY =
            CompletableFuture.delayedExecutor(RETRY_MS, TimeUnit.MILLISECONDS);

    private final TopicIdPartition partition;
    private final WriteAheadLog wal;
    private final FailureListener onFailure;

    /// Makes the order of offsets that of the queue; taken by who appends or ends this writer,
    /// never by the log's writer thread, which produce waits for.
    private final ReentrantLock lock = new ReentrantLock();

    private final Queue<Waiting> waiting = new ConcurrentLinkedQueue<>();
    private final AtomicLong waitingBytes = new AtomicLong();

    /// Whoever sets it takes from the queue and submits; it stays set when this writer has failed.
    private final AtomicBoolean inFlight = new AtomicBoolean();

    private long logEndOffset;
    private volatile boolean closed;

    /// Hears, once, that this writer has ended.
    @FunctionalInterface
    public interface FailureListener {
        void failed(TopicIdPartition partition, String reason);
    }

    /// What became of an append so far: offsets `[baseOffset, endOffset)`.
    ///
    /// @param durable completes when the high watermark has reached `endOffset`, exceptionally with
    ///   a [KafkaStorageException] when it never will
    public record Appending(long baseOffset, long endOffset, CompletionStage<Void> durable) {}

    private record Waiting(ByteBuffer batches, long endOffset, CompletableFuture<Void> durable) {}

    InternalLog(
            TopicIdPartition partition,
            WriteAheadLog wal,
            long logEndOffset,
            FailureListener onFailure) {
        this.partition = partition;
        this.wal = wal;
        this.logEndOffset = logEndOffset;
        this.onFailure = onFailure;
    }

    public TopicIdPartition partition() {
        return partition;
    }

    /// Appends whole batches, which are copied.
    ///
    /// @throws KafkaStorageException if this writer has ended
    /// @throws NotEnoughReplicasException if too much waits for room in the hot tier; nothing was
    ///   appended, try again later
    public Appending append(MemoryRecords records) {
        ByteBuffer copy = ByteBuffer.allocate(records.sizeInBytes());
        copy.put(records.buffer().duplicate()).flip();
        Appending appending = enqueue(copy, prepare(copy));
        submitNext();
        return appending;
    }

    private Appending enqueue(ByteBuffer batches, long offsets) {
        int bytes = batches.remaining();
        lock.lock();
        try {
            if (closed) {
                throw new KafkaStorageException("%s takes no appends".formatted(partition));
            }
            if (waitingBytes.get() + bytes > MAX_WAITING_BYTES && !waiting.isEmpty()) {
                throw new NotEnoughReplicasException(
                        "%d bytes wait to be written to %s"
                                .formatted(waitingBytes.get(), partition));
            }
            long baseOffset = logEndOffset;
            long endOffset = baseOffset + offsets;
            Waiting added = new Waiting(batches, endOffset, new CompletableFuture<>());
            waitingBytes.addAndGet(bytes);
            waiting.add(added);
            logEndOffset = endOffset;
            return new Appending(baseOffset, endOffset, added.durable());
        } finally {
            lock.unlock();
        }
    }

    /// Takes sequences out: they protect against retries over the network, which there is none of
    /// here, and Kafka's coordinators number every batch 0.
    ///
    /// @return how many offsets the batches take
    private static long prepare(ByteBuffer batches) {
        long offsets = 0;
        int at = 0;
        for (MutableRecordBatch batch : MemoryRecords.readableRecords(batches).batches()) {
            offsets += batch.lastOffset() - batch.baseOffset() + 1;
            if (batch.baseSequence() != RecordBatch.NO_SEQUENCE) {
                batches.putInt(at + BASE_SEQUENCE_AT, RecordBatch.NO_SEQUENCE);
                CRC32C crc = new CRC32C();
                crc.update(batches.slice(at + CRC_FROM, batch.sizeInBytes() - CRC_FROM));
                batches.putInt(at + CRC_AT, (int) crc.getValue());
            }
            at += batch.sizeInBytes();
        }
        return offsets;
    }

    /// Takes no more appends; what was taken is still written.
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    /// Submits what waits, unless a request is in the log already.
    private void submitNext() {
        while (!waiting.isEmpty() && inFlight.compareAndSet(false, true)) {
            List<Waiting> next = takeNext();
            if (!next.isEmpty()) {
                submit(next, together(next));
                return;
            }
            inFlight.set(false); // another thread was faster; look again for what came meanwhile
        }
    }

    /// By whoever has set [#inFlight].
    private List<Waiting> takeNext() {
        List<Waiting> next = new ArrayList<>();
        int bytes = 0;
        Waiting first = waiting.peek();
        while (first != null
                && (next.isEmpty() || bytes + first.batches().remaining() <= MAX_REQUEST_BYTES)) {
            next.add(first);
            waiting.remove();
            bytes += first.batches().remaining();
            first = waiting.peek();
        }
        waitingBytes.addAndGet(-bytes);
        return next;
    }

    private static ByteBuffer together(List<Waiting> appends) {
        if (appends.size() == 1) {
            return appends.getFirst().batches();
        }
        int bytes = appends.stream().mapToInt(append -> append.batches().remaining()).sum();
        ByteBuffer together = ByteBuffer.allocate(bytes);
        appends.forEach(append -> together.put(append.batches()));
        return together.flip();
    }

    private void submit(List<Waiting> appends, ByteBuffer batches) {
        wal.append(new AppendRequest(partition, batches.duplicate(), FsyncMode.ALWAYS, false))
                .thenAccept(outcome -> finished(appends, batches, outcome));
    }

    private void finished(List<Waiting> appends, ByteBuffer batches, AppendOutcome outcome) {
        long expected = appends.getLast().endOffset();
        switch (outcome) {
            case AppendOutcome.Appended appended when appended.endOffset() == expected ->
                    succeed(appends);
            case AppendOutcome.Rejected rejected
                    when rejected.reason() == AppendOutcome.Reason.HOT_TIER_FULL ->
                    RETRY.execute(() -> submit(appends, batches));
            case AppendOutcome.Appended appended ->
                    fail(
                            appends,
                            "somebody else wrote: the end offset is %d, expected was %d"
                                    .formatted(appended.endOffset(), expected));
            case AppendOutcome.Duplicate _ -> fail(appends, "taken for a duplicate");
            case AppendOutcome.Rejected rejected -> fail(appends, rejected.message());
        }
    }

    private void succeed(List<Waiting> appends) {
        appends.forEach(append -> append.durable().complete(null));
        inFlight.set(false);
        submitNext();
    }

    /// Callbacks get a thread of their own: a refusal can arrive inside [#append].
    private void fail(List<Waiting> appends, String reason) {
        closed = true;
        Thread.ofVirtual()
                .name("internal-log-failure")
                .start(() -> {
                    KafkaStorageException failure =
                            new KafkaStorageException(
                                    "cannot append to %s: %s".formatted(partition, reason));
                    appends.forEach(append -> append.durable().completeExceptionally(failure));
                    takeAll().forEach(append -> append.durable().completeExceptionally(failure));
                    onFailure.failed(partition, reason);
                });
    }

    /// All that waits of a writer that has failed: nothing is added after the lock was taken.
    private List<Waiting> takeAll() {
        lock.lock();
        try {
            List<Waiting> all = new ArrayList<>(waiting);
            waiting.clear();
            waitingBytes.set(0);
            return all;
        } finally {
            lock.unlock();
        }
    }
}
