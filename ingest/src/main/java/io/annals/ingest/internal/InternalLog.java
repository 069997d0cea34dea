package io.annals.ingest.internal;

import io.annals.wal.AppendOutcome;
import io.annals.wal.AppendRequest;
import io.annals.wal.EndTransaction;
import io.annals.wal.FsyncMode;
import io.annals.wal.PartitionState;
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
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.record.internal.MemoryRecords;

/// The one writer of a partition of an internal topic. An append knows its offsets at once and is
/// durable later, strictly in order.
///
/// One request is in the log at a time; what arrives meanwhile goes together into the next; an
/// append that is written together with another partition's ([Joint]) is a request of its own. So
/// an append that the log refuses has no successor there, and offsets that were promised stay true:
/// if the hot tier is full the same bytes are tried again, if it was a marker that the log refused
/// the same appends are tried without any markers, and any other refusal ends this writer.
/// Everything not yet durable has failed then and nothing more is taken; the log holds a prefix of
/// what was appended, and whoever keeps state from it must load it again.
///
/// A long file, because queue, request, refusal and end are one state machine over a few fields.
///
/// Thread-safe. Never blocks. Callbacks run on the log's writer thread: do not block in them.
public final class InternalLog {
    /// Waiting behind the request that is in the log, one partition.
    static final int MAX_WAITING_BYTES = 16 << 20; // 16 MiB

    /// One request to the log: far below the smallest WAL segment, unless it is one batch.
    private static final int MAX_REQUEST_BYTES = 512 << 10; // 512 KiB

    private static final Executor JOINTS = Thread.ofVirtual().name("joint-append-", 0)::start;

    private static final long RETRY_MS = 50;
    private static final Executor RETRY =
            CompletableFuture.delayedExecutor(RETRY_MS, TimeUnit.MILLISECONDS);

    private final TopicIdPartition partition;
    private final WriteAheadLog wal;
    private final FailureListener onFailure;

    /// Makes the order of offsets that of the queue; taken by who appends or ends this writer,
    /// never by the log's writer thread, which produce waits for.
    private final ReentrantLock lock = new ReentrantLock();

    private final Queue<WaitingAppend> waiting = new ConcurrentLinkedQueue<>();
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

    /// Writes an append, at its turn and where it was promised, as one with what belongs elsewhere.
    @FunctionalInterface
    public interface Joint {

        /// Runs on a thread of its own; must not wait for another append of the same log.
        ///
        /// @return true when the append is durable, false if it was not written and may be written
        ///   alone now, exceptionally if it may never be
        CompletionStage<Boolean> write();

        /// Completes when the append needs no joint any more, should it still come: it is written,
        /// or may be written alone. Never, if it may never be.
        default CompletionStage<?> decided() {
            return CompletableFuture.completedFuture(null);
        }
    }

    /// Appends that are one request to the log.
    private record Request(List<WaitingAppend> appends, ByteBuffer batches, boolean withMarkers) {}

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
        return append(records, Optional.empty(), taken);
    }

    /// As above, written by `joint`.
    public Appending appendJointly(MemoryRecords records, Joint joint) {
        return append(records, Optional.of(joint), () -> {});
    }

    private Appending append(MemoryRecords records, Optional<Joint> joint, Runnable taken) {
        ByteBuffer copy = SequenceFree.copy(records);
        long offsets = SequenceFree.offsets(copy);
        WaitingAppend added = enqueue(copy, Optional.empty(), joint, offsets);
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

    /// Whether an append would be submitted at once.
    public boolean isIdle() {
        return waiting.isEmpty() && !inFlight.get();
    }

    /// Appends the end of a transaction.
    ///
    /// @return completes when it is durable: true if the markers are, too, false if only
    ///   [Ending#decided] was written; exceptionally as [Appending#durable]
    /// @throws KafkaStorageException as [#append]
    /// @throws NotEnoughReplicasException as [#append]
    public CompletionStage<Boolean> end(Ending ending) {
        ByteBuffer alone = SequenceFree.copy(ending.decided());
        ByteBuffer together = SequenceFree.copy(ending.completed());
        long offsets = SequenceFree.offsets(alone);
        if (SequenceFree.offsets(together) != offsets) {
            throw new IllegalArgumentException("the ways to end a transaction differ in offsets");
        }
        WaitingAppend added =
                enqueue(
                        alone,
                        Optional.of(new WaitingAppend.Together(together, ending.markers())),
                        Optional.empty(),
                        offsets);
        submitNext();
        return added.durable();
    }

    private WaitingAppend enqueue(
            ByteBuffer batches,
            Optional<WaitingAppend.Together> together,
            Optional<Joint> joint,
            long offsets) {
        lock.lock();
        try {
            if (closed) {
                throw new KafkaStorageException("%s takes no appends".formatted(partition));
            }
            WaitingAppend added =
                    new WaitingAppend(
                            batches,
                            together,
                            joint,
                            logEndOffset + offsets,
                            new CompletableFuture<>());
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
            List<WaitingAppend> next = takeNext();
            if (!next.isEmpty()) {
                submit(next);
                return;
            }
            inFlight.set(false); // another thread was faster; look again for what came meanwhile
        }
    }

    /// By whoever has set [#inFlight].
    private List<WaitingAppend> takeNext() {
        List<WaitingAppend> next = new ArrayList<>();
        int bytes = 0;
        WaitingAppend first = waiting.peek();
        while (first != null && (next.isEmpty() || goesWith(next, bytes, first))) {
            next.add(first);
            waiting.remove();
            bytes += first.bytes();
            first = waiting.peek();
        }
        waitingBytes.addAndGet(-bytes);
        return next;
    }

    private static boolean goesWith(List<WaitingAppend> before, int bytes, WaitingAppend append) {
        return before.getFirst().joint().isEmpty()
                && append.joint().isEmpty()
                && bytes + append.bytes() <= MAX_REQUEST_BYTES;
    }

    private void submit(List<WaitingAppend> appends) {
        appends.getFirst()
                .joint()
                .ifPresentOrElse(joint -> submit(appends, joint), () -> submitHere(appends));
    }

    private void submit(List<WaitingAppend> appends, Joint joint) {
        CompletableFuture.supplyAsync(joint::write, JOINTS)
                .thenCompose(written -> written)
                .whenComplete((written, failure) -> {
                    if (failure != null) {
                        fail(appends, failure.toString());
                    } else if (written) {
                        finishedElsewhere(appends);
                    } else {
                        submitHere(appends);
                    }
                });
    }

    private void finishedElsewhere(List<WaitingAppend> appends) {
        long expected = appends.getLast().endOffset();
        long end = wal.partition(partition).map(PartitionState::logEndOffset).orElse(-1L);
        if (end == expected) {
            succeed(appends, false);
        } else {
            fail(appends, "the end offset is %d, expected was %d".formatted(end, expected));
        }
    }

    /// With all their markers in the same append if that is possible, otherwise without any.
    private void submitHere(List<WaitingAppend> appends) {
        List<EndTransaction> markers =
                appends.stream()
                        .flatMap(append -> append.together().stream())
                        .map(WaitingAppend.Together::markers)
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

    private void submitAlone(List<WaitingAppend> appends) {
        Request request = new Request(appends, join(appends, false), false);
        wal.append(toLog(request)).thenAccept(outcome -> finished(request, outcome));
    }

    private AppendRequest toLog(Request request) {
        return new AppendRequest(partition, request.batches().duplicate(), FsyncMode.ALWAYS, false);
    }

    private static ByteBuffer join(List<WaitingAppend> appends, boolean withMarkers) {
        List<ByteBuffer> parts =
                appends.stream()
                        .map(append ->
                                append.together()
                                        .filter(_ -> withMarkers)
                                        .map(WaitingAppend.Together::batches)
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
        List<WaitingAppend> appends = request.appends();
        long expected = appends.getLast().endOffset();
        switch (outcome) {
            case AppendOutcome.Appended appended when appended.endOffset() == expected ->
                    succeed(appends, request.withMarkers());
            case AppendOutcome.Rejected rejected
                    when rejected.reason() == AppendOutcome.Reason.HOT_TIER_FULL ->
                    RETRY.execute(() -> submitHere(appends));
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

    private void succeed(List<WaitingAppend> appends, boolean withMarkers) {
        appends.forEach(
                append -> append.durable().complete(withMarkers && append.together().isPresent()));
        inFlight.set(false);
        submitNext();
    }

    /// Callbacks get a thread of their own: a refusal can arrive inside [#append].
    private void fail(List<WaitingAppend> appends, String reason) {
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
    private List<WaitingAppend> takeAll() {
        lock.lock();
        try {
            List<WaitingAppend> all = new ArrayList<>(waiting);
            waiting.clear();
            waitingBytes.set(0);
            return all;
        } finally {
            lock.unlock();
        }
    }
}
