package io.annals.wal;

import io.annals.wal.AppendOutcome.Reason;
import io.annals.wal.AppendOutcome.Rejected;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What waits for the writer of one shard: appends, bounded by bytes, and commands. Any thread
/// puts, one takes.
final class AppendQueue {
    /// 256 MiB: more than the largest single request, well below what the callers may hold.
    static final long MAX_BYTES = 256L << 20;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<QueuedAppend> appends = new ArrayDeque<>();
    private final ArrayDeque<Runnable> commands = new ArrayDeque<>();
    private final AtomicLong waitingBytes = new AtomicLong();
    private @Nullable Rejected refusal;
    private boolean stopped;

    /// @param appends in order of arrival
    /// @param last the queue was stopped, and nothing will come after this
    record Taken(List<Runnable> commands, List<QueuedAppend> appends, boolean last) {}

    /// Queues an append, or completes it at once if that cannot be.
    void put(QueuedAppend append) {
        Rejected rejected;
        lock.lock();
        try {
            rejected = refusal;
            if (rejected == null
                    && !appends.isEmpty()
                    && waitingBytes.get() + append.framedBytes() > MAX_BYTES) {
                rejected =
                        new Rejected(
                                Reason.HOT_TIER_FULL,
                                "%d bytes wait to be written".formatted(waitingBytes.get()));
            }
            if (rejected == null) {
                appends.add(append);
                waitingBytes.addAndGet(append.framedBytes());
                changed.signal();
            }
        } finally {
            lock.unlock();
        }
        if (rejected != null) {
            append.complete(rejected);
        }
    }

    /// Runs `command` on the writer, before appends that come later.
    ///
    /// @return false if the queue was stopped
    boolean execute(Runnable command) {
        lock.lock();
        try {
            if (!stopped) {
                commands.add(command);
                changed.signal();
            }
            return !stopped;
        } finally {
            lock.unlock();
        }
    }

    /// Answers every later append with `rejected`.
    void refuse(Rejected rejected) {
        lock.lock();
        try {
            refusal = rejected;
        } finally {
            lock.unlock();
        }
    }

    /// Ends the writer once everything that waits is done.
    void stop() {
        lock.lock();
        try {
            if (refusal == null) {
                refusal = new Rejected(Reason.CLOSED, "the log is closed");
            }
            stopped = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    long waitingBytes() {
        return waitingBytes.get();
    }

    /// Waits until there is something, or until `deadlineNanos` on the clock of [System#nanoTime];
    /// then takes it, appends up to `maxBytes` (at least one).
    Taken take(long deadlineNanos, long maxBytes) throws InterruptedException {
        lock.lock();
        try {
            long wait = deadlineNanos - System.nanoTime();
            while (appends.isEmpty() && commands.isEmpty() && !stopped && wait > 0) {
                wait = changed.awaitNanos(wait);
            }
            List<Runnable> takenCommands = new ArrayList<>(commands);
            commands.clear();
            List<QueuedAppend> taken = new ArrayList<>(Math.min(appends.size(), 256));
            long bytes = 0;
            QueuedAppend next = appends.peek();
            while (next != null && (taken.isEmpty() || bytes + next.framedBytes() <= maxBytes)) {
                taken.add(appends.remove());
                bytes += next.framedBytes();
                next = appends.peek();
            }
            waitingBytes.addAndGet(-bytes);
            return new Taken(takenCommands, taken, stopped && appends.isEmpty());
        } finally {
            lock.unlock();
        }
    }
}
