package io.annals.protocol;

import java.util.ArrayDeque;
import java.util.Queue;

/// A number of bytes shared by all connections: who gets none waits for its turn without blocking.
///
/// Thread-safe. A reservation larger than the whole budget is granted when nothing else is
/// reserved, so that a small budget slows large requests down but never locks them out.
final class ByteBudget {
    private final long capacityBytes;
    private long reservedBytes;
    private final Queue<Runnable> waiting = new ArrayDeque<>();

    ByteBudget(long capacityBytes) {
        this.capacityBytes = capacityBytes;
    }

    /// @param whenFreed called once, on some releasing thread, if the answer is false
    synchronized boolean tryReserve(long bytes, Runnable whenFreed) {
        if (reservedBytes > 0 && reservedBytes + bytes > capacityBytes) {
            waiting.add(whenFreed);
            return false;
        }
        reservedBytes += bytes;
        return true;
    }

    /// Gives bytes back and wakes everyone who waits: each tries again.
    void release(long bytes) {
        Runnable[] woken;
        synchronized (this) {
            reservedBytes -= bytes;
            if (waiting.isEmpty()) {
                return;
            }
            woken = waiting.toArray(Runnable[]::new);
            waiting.clear();
        }
        for (Runnable waiter : woken) {
            waiter.run();
        }
    }

    synchronized long reservedBytes() {
        return reservedBytes;
    }
}
