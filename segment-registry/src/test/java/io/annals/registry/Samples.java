package io.annals.registry;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;

/// Topics, segments and splits for tests.
final class Samples {
    static final Clock CLOCK =
            Clock.fixed(Instant.ofEpochMilli(1_700_000_000_000L), ZoneOffset.UTC);
    static final Uuid ORDERS = new Uuid(1, 2);
    static final Uuid PAYMENTS = new Uuid(3, 4);

    private Samples() {}

    static TopicMetadata orders(long version, int partitions) {
        return topic(ORDERS, "orders", version, partitions);
    }

    static TopicMetadata topic(Uuid id, String name, long version, int partitions) {
        return new TopicMetadata(
                id,
                name,
                version,
                Map.of("annals.fsync", "batch", "retention.ms", "-1"),
                Collections.nCopies(partitions, 0L),
                5,
                false);
    }

    static TopicMetadata tombstone(TopicMetadata topic) {
        return new TopicMetadata(
                topic.id(),
                topic.name(),
                topic.version() + 1,
                topic.configs(),
                topic.logStartOffsets(),
                topic.createdAtMs(),
                true);
    }

    static PartitionRange range(int partition, long base, long end) {
        return new PartitionRange(
                partition, base, end, end - base, 100, base * 10, end * 10, base * 9, end * 9);
    }

    /// Of the topic "orders".
    static RecordSegment segment(String id, PartitionRange... ranges) {
        return segment(ORDERS, id, ranges);
    }

    static RecordSegment segment(Uuid topicId, String id, PartitionRange... ranges) {
        return new RecordSegment(
                id,
                topicId,
                object(ObjectKeys.recordSegment(topicId, id)),
                List.of(ranges),
                wal(id));
    }

    static IndexSplit split(String id, RecordSegment... covered) {
        return new IndexSplit(
                id,
                covered[0].topicId(),
                object(ObjectKeys.split(covered[0].topicId(), id)),
                Stream.of(covered).map(RecordSegment::id).toList(),
                covered[0].ranges(),
                17);
    }

    static RegistryChange archived(RecordSegment... segments) {
        return RegistryChange.ofArchived(List.of(segments), List.of());
    }

    static RegistryChange indexed(IndexSplit... splits) {
        return RegistryChange.ofArchived(List.of(), List.of(splits));
    }

    static RegistryChange removed(List<String> segments, List<String> splits) {
        return new RegistryChange(List.of(), List.of(), segments, List.of(), splits);
    }

    static RegistrySettings settings(String writer) {
        return new RegistrySettings(writer, 3, 4);
    }

    private static List<String> wal(String id) {
        return List.of("0-wal-" + id, "1-wal-" + id);
    }

    private static ArchiveObject object(String key) {
        return new ArchiveObject(key, 1000 + key.length(), 60, "ab".repeat(32));
    }
}
