package io.annals.ingest.internal;

import io.annals.wal.AppendOutcome;
import io.annals.wal.AppendRequest;
import io.annals.wal.EndTransaction;
import io.annals.wal.FsyncMode;
import io.annals.wal.WriteAheadLog;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
/// the hot tier is full the same bytes are tried again, if it was a marker that the log refused the
/// same appends are tried without any markers, and any other refusal ends this writer. Everything
/// not yet durable has failed then and nothing more is taken; the log holds a prefix of what was
/// appended, and whoever keeps state from it must load it again.
///
/// Thread-safe. Never blocks. Callbacks run on the log's writer thread: do not block in them.
public final class InternalLog {
    /// Waiting behind the request that is in the log, one partition.
    static final int MAX_WAITING_BYTES = 16 << 20; // 16 MiB

    /// One request to the log: far below the smallest WAL segment, unless it is one batch.
    private static final int MAX_REQUEST_BYTES = 512 << 10; // 512 KiB

    /// What a marker and its frame take.
    private static final int MARKER_BYTES = 150;

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

    /// The end of a transaction. Both records take the same offsets.
    ///
    /// @param completed written together with the markers, as one append, where the log can
    /// @param decided written alone where it cannot; the markers are not written then
    public record Ending(MemoryRecords completed, MemoryRecords decided, EndTransaction markers) {}

    /// @param together what to write instead of `batches` if its markers can go with it
    /// @param durable whether the markers are, too
    private record Waiting(
            ByteBuffer batches,
            Optional<Together> together,
            long endOffset,
            CompletableFuture<Boolean> durable) {
        int bytes() {
            return batches.remaining() + together.map(Together::bytes).orElse(0);
        }
    }

    private record Together(ByteBuffer batches, EndTransaction markers) {
        int bytes() {
            return batches.remaining() + markers.partitions().size() * MARKER_BYTES;
        }
    }

    /// Appends that are one request to the log.
    private record Request(List<Waiting> appends, ByteBuffer batches, boolean withMarkers) {}

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
        return append(records, () -> {});
    }

    /// As above.
    ///
    /// @param taken runs when nothing can keep the append from the log any more, before it is
    ///   handed over; must not block
    public Appending append(MemoryRecords records, Runnable taken) {
        ByteBuffer copy = copy(records);
        long offsets = prepare(copy);
        Waiting added = enqueue(copy, Optional.empty(), offsets);
        try {
            taken.run();
        } finally {
            submitNext();
        }
        return new Appending(
                added.endOffset() - offsets,
                added.endOffset(),
                added.durable().thenAccept(_ -> {}));
    }

    /// Appends the end of a transaction.
    ///
    /// @return completes when it is durable: true if the markers are, too, false if only
    ///   [Ending#decided] was written; exceptionally as [Appending#durable]
    /// @throws KafkaStorageException as [#append]
    /// @throws NotEnoughReplicasException as [#append]
    public CompletionStage<Boolean> end(Ending ending) {
        ByteBuffer alone = copy(ending.decided());
        ByteBuffer together = copy(ending.completed());
        long offsets = prepare(alone);
        if (prepare(together) != offsets) {
            throw new IllegalArgumentException("the ways to end a transaction differ in offsets");
        }
        Waiting added =
                enqueue(alone, Optional.of(new Together(together, ending.markers())), offsets);
        submitNext();
        return added.durable();
    }

    private static ByteBuffer copy(MemoryRecords records) {
        ByteBuffer copy = ByteBuffer.allocate(records.sizeInBytes());
        return copy.put(records.buffer().duplicate()).flip();
    }

    private Waiting enqueue(ByteBuffer batches, Optional<Together> together, long offsets) {
        lock.lock();
        try {
            if (closed) {
                throw new KafkaStorageException("%s takes no appends".formatted(partition));
            }
            Waiting added =
                    new Waiting(
                            batches, together, logEndOffset + offsets, new CompletableFuture<>());
            if (waitingBytes.get() + added.bytes() > MAX_WAITING_BYTES && !waiting.isEmpty()) {
                throw new NotEnoughReplicasException(
                        "%d bytes wait to be written to %s"
                                .formatted(waitingBytes.get(), partition));
            }
            waitingBytes.addAndGet(added.bytes());
            waiting.add(added);
            logEndOffset = added.endOffset();
            return added;
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
                submit(next);
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
        while (first != null && (next.isEmpty() || bytes + first.bytes() <= MAX_REQUEST_BYTES)) {
            next.add(first);
            waiting.remove();
            bytes += first.bytes();
            first = waiting.peek();
        }
        waitingBytes.addAndGet(-bytes);
        return next;
    }

    /// With all their markers in the same append if that is possible, otherwise without any.
    private void submit(List<Waiting> appends) {
        List<EndTransaction> markers =
                appends.stream()
                        .flatMap(append -> append.together().stream())
                        .map(Together::markers)
                        .toList();
        if (!markers.isEmpty()) {
            Request request = new Request(appends, join(appends, true), true);
            Optional<CompletableFuture<AppendOutcome>> outcome =
                    wal.append(toLog(request), markers);
            if (outcome.isPresent()) {
                outcome.get().thenAccept(known -> finished(request, known));
                return;
            }
        }
        submitAlone(appends);
    }

    private void submitAlone(List<Waiting> appends) {
        Request request = new Request(appends, join(appends, false), false);
        wal.append(toLog(request)).thenAccept(outcome -> finished(request, outcome));
    }

    private AppendRequest toLog(Request request) {
        return new AppendRequest(partition, request.batches().duplicate(), FsyncMode.ALWAYS, false);
    }

    private static ByteBuffer join(List<Waiting> appends, boolean withMarkers) {
        List<ByteBuffer> parts =
                appends.stream()
                        .map(append ->
                                append.together()
                                        .filter(_ -> withMarkers)
                                        .map(Together::batches)
                                        .orElse(append.batches()))
                        .toList();
        if (parts.size() == 1) {
            return parts.getFirst();
        }
        ByteBuffer joined =
                ByteBuffer.allocate(parts.stream().mapToInt(ByteBuffer::remaining).sum());
        parts.forEach(part -> joined.put(part.duplicate()));
        return joined.flip();
    }

    private void finished(Request request, AppendOutcome outcome) {
        List<Waiting> appends = request.appends();
        long expected = appends.getLast().endOffset();
        switch (outcome) {
            case AppendOutcome.Appended appended when appended.endOffset() == expected ->
                    succeed(request);
            case AppendOutcome.Rejected rejected
                    when rejected.reason() == AppendOutcome.Reason.HOT_TIER_FULL ->
                    RETRY.execute(() -> submit(appends));
            case AppendOutcome.Rejected rejected
                    when request.withMarkers() && isOfOnePart(rejected.reason()) ->
                    submitAlone(appends);
            case AppendOutcome.Appended appended ->
                    fail(
                            appends,
                            "somebody else wrote: the end offset is %d, expected was %d"
                                    .formatted(appended.endOffset(), expected));
            case AppendOutcome.Duplicate _ -> fail(appends, "taken for a duplicate");
            case AppendOutcome.Rejected rejected -> fail(appends, rejected.message());
        }
    }

    /// Whether it may be a marker that was refused, and nothing was written on its account.
    private static boolean isOfOnePart(AppendOutcome.Reason reason) {
        return switch (reason) {
            case UNKNOWN_PARTITION,
                    OUT_OF_ORDER_SEQUENCE,
                    INVALID_PRODUCER_EPOCH,
                    INVALID_TXN_STATE,
                    TRANSACTION_COORDINATOR_FENCED,
                    TOO_LARGE ->
                    true;
            case HOT_TIER_FULL, STORAGE_ERROR, CLOSED -> false;
        };
    }

    private void succeed(Request request) {
        request.appends()
                .forEach(append ->
                        append.durable()
                                .complete(request.withMarkers() && append.together().isPresent()));
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
