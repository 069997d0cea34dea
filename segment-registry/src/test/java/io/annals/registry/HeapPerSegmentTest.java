package io.annals.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// The registry is the only thing that may grow with the size of history: it must grow slowly.
class HeapPerSegmentTest {
    private static final int SEGMENTS = 60_000;
    private static final int BYTES_PER_SEGMENT_MAX = 300;

    private final Random random = new Random(1);

    @Test
    void aCataloguedSegmentTakesLittleHeap() {
        Generation empty = Generation.EMPTY.next(RegistryChange.ofTopic(Samples.orders(1, 4)), 1);
        long before = usedBytes();

        Generation full = grow(empty);
        for (int partition = 0; partition < 4; partition++) { // so that all summaries are there
            assertThat(full.compactedToMs(Samples.ORDERS, partition)).isZero();
        }

        long perSegment = (usedBytes() - before) / SEGMENTS;
        assertThat(full.segments(Samples.ORDERS)).hasSize(SEGMENTS);
        System.out.printf("heap per record segment: %d bytes%n", perSegment);
        assertThat(perSegment).isLessThan(BYTES_PER_SEGMENT_MAX);
    }

    /// One segment at a time, of two partitions' records each, as the indexer commits them.
    private Generation grow(Generation empty) {
        Generation generation = empty;
        long base = 0;
        for (int i = 0; i < SEGMENTS; i++) {
            long end = base + 500_000 + random.nextInt(1000);
            RegistryChange change =
                    RegistryChange.ofArchived(List.of(segment(i, base, end)), List.of());
            generation = generation.next(change, i);
            base = end;
        }
        return generation;
    }

    private RecordSegment segment(int number, long base, long end) {
        List<PartitionRange> ranges = new ArrayList<>();
        for (int partition = number % 2; partition < 4; partition += 2) {
            long time = 1_700_000_000_000L + number * 30_000L;
            ranges.add(
                    new PartitionRange(
                            partition,
                            base,
                            end,
                            end - base,
                            250_000_000,
                            time,
                            time + 29_000,
                            time + 5,
                            time + 29_100));
        }
        String id = "%016x%016x".formatted(random.nextLong(), random.nextLong());
        String sha256 = "%016x".formatted(random.nextLong()).repeat(4);
        ArchiveObject object =
                new ArchiveObject(
                        ObjectKeys.recordSegment(Samples.ORDERS, id),
                        150_000_000,
                        149_000_000,
                        sha256);
        return new RecordSegment(
                id,
                Samples.ORDERS,
                object,
                ranges,
                List.of("0-%s-%020d".formatted("0193a2b3c4d5e6f7".repeat(2), number)));
    }

    private static long usedBytes() {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            ManagementFactory.getMemoryMXBean().gc();
            least =
                    Math.min(
                            least,
                            ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }
}
