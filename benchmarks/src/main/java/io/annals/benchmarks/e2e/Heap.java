package io.annals.benchmarks.e2e;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import javax.management.JMException;
import javax.management.ObjectName;

/// What this process' heap holds, and what this thread used. No state.
final class Heap {
    private static final int COLLECTIONS = 4;

    private Heap() {}

    /// Bytes that are still referenced.
    static long used() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < COLLECTIONS; i++) {
            ManagementFactory.getMemoryMXBean().gc();
            least =
                    Math.min(
                            least,
                            ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }

    /// Bytes that this thread allocated since its start.
    static long allocated() {
        try {
            return (Long)
                    ManagementFactory.getPlatformMBeanServer()
                            .getAttribute(
                                    ObjectName.getInstance(ManagementFactory.THREAD_MXBEAN_NAME),
                                    "CurrentThreadAllocatedBytes");
        } catch (JMException e) {
            throw new IllegalStateException("this JVM does not count allocations", e);
        }
    }

    /// Processor time of this thread: what the machine does beside does not count.
    static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    /// Watches from now on. Garbage counts until it is collected, so with a heap that is much
    /// larger than needed the peak says little.
    static Peak peak() {
        long before = used();
        heapPools().forEach(MemoryPoolMXBean::resetPeakUsage);
        return new Peak(before);
    }

    private static java.util.List<MemoryPoolMXBean> heapPools() {
        return ManagementFactory.getMemoryPoolMXBeans().stream()
                .filter(pool -> pool.getType() == MemoryType.HEAP)
                .toList();
    }

    /// The most that was used above what was used at first.
    record Peak(long before) implements AutoCloseable {
        long bytes() {
            long peak = heapPools().stream().mapToLong(pool -> pool.getPeakUsage().getUsed()).sum();
            return peak - before;
        }

        @Override
        public void close() {}
    }
}
