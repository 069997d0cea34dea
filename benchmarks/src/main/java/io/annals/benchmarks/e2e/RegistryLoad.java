package io.annals.benchmarks.e2e;

import io.annals.registry.ArchiveObject;
import io.annals.registry.IndexSplit;
import io.annals.registry.ObjectKeys;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryChange;
import io.annals.registry.TopicMetadata;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.Uuid;

/// Catalogue entries as the archiver makes them, of one topic. Confined to one thread.
final class RegistryLoad {
    static final int PARTITIONS = 4;
    private static final long START_MS = 1_700_000_000_000L;
    private static final int SEGMENT_MS = 30_000;

    private final Random random;
    private final TopicMetadata topic;
    private long base;
    private int count;

    RegistryLoad(long seed) {
        random = new Random(seed);
        topic =
                new TopicMetadata(
                        new Uuid(random.nextLong(), random.nextLong()),
                        "bench",
                        1,
                        Map.of(),
                        Collections.nCopies(PARTITIONS, 0L),
                        START_MS,
                        false);
    }

    TopicMetadata topic() {
        return topic;
    }

    /// Segments made so far.
    int count() {
        return count;
    }

    /// Offset after the last one of every partition.
    long endOffset() {
        return base;
    }

    /// After the event times of all records, milliseconds.
    long endMs() {
        return START_MS + (long) count * SEGMENT_MS;
    }

    /// Event time of some record.
    long timestampMs(Random any) {
        return START_MS + any.nextLong((long) count * SEGMENT_MS);
    }

    /// The next segments, each with its split.
    RegistryChange next(int segments) {
        List<RecordSegment> added = new ArrayList<>();
        List<IndexSplit> splits = new ArrayList<>();
        for (int i = 0; i < segments; i++) {
            RecordSegment segment = segment();
            added.add(segment);
            String id = hex(2);
            splits.add(
                    new IndexSplit(
                            id,
                            topic.id(),
                            object(ObjectKeys.split(topic.id(), id), 90_000_000),
                            List.of(segment.id()),
                            segment.ranges(),
                            500_000));
        }
        return RegistryChange.ofArchived(added, splits);
    }

    private RecordSegment segment() {
        long end = base + 500_000 + random.nextInt(1000);
        List<PartitionRange> ranges = new ArrayList<>();
        for (int partition = count % 2; partition < PARTITIONS; partition += 2) {
            long time = START_MS + (long) count * SEGMENT_MS;
            ranges.add(
                    new PartitionRange(
                            partition,
                            base,
                            end,
                            end - base,
                            250_000_000,
                            time,
                            time + SEGMENT_MS - 1000,
                            time + 5,
                            time + SEGMENT_MS - 900));
        }
        base = end;
        String id = hex(2);
        String wal = "0-%s-%020d".formatted("0193a2b3c4d5e6f7".repeat(2), count++);
        ArchiveObject object = object(ObjectKeys.recordSegment(topic.id(), id), 150_000_000);
        return new RecordSegment(id, topic.id(), object, ranges, List.of(wal));
    }

    private ArchiveObject object(String key, long size) {
        return new ArchiveObject(key, size, size - 1_000_000, hex(4));
    }

    private String hex(int longs) {
        StringBuilder hex = new StringBuilder();
        for (int i = 0; i < longs; i++) {
            hex.append("%016x".formatted(random.nextLong()));
        }
        return hex.toString();
    }
}
