package io.annals.registry;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongConsumer;
import org.apache.kafka.common.Uuid;

/// A catalogued record segment or index split as it is held on the heap: packed, because there may
/// be millions of them. Immutable.
///
/// Bytes, as [Packing] has them:
///
/// ```
/// id | object size, size - tail, sha256, key or nothing |
/// ranges: count, (partition, base, end - base, count, size, min, max - min, min, max - min)* |
/// names: count, string* | compacted to, or document count
/// ```
///
/// A key that [ObjectKeys] can tell from topic and id is an empty string here.
final class PackedEntry {
    /// Of a range, behind the partition.
    private static final int NUMBERS_PER_RANGE = 8;

    /// Of a range, behind the partition, before event and ingest times.
    private static final int NUMBERS_BEFORE_TIMES = 4;

    static final Comparator<PackedEntry> BY_ID = Comparator.comparing(PackedEntry::id);

    private final TopicKeys topic;
    private final byte[] packed;

    private PackedEntry(TopicKeys topic, byte[] packed) {
        this.topic = topic;
        this.packed = packed;
    }

    /// @param topic the instance to share
    static PackedEntry of(TopicKeys topic, RecordSegment segment) {
        Packer packer = new Packer();
        packer.head(segment.id(), segment.object(), topic.segment(segment.id()));
        packer.ranges(segment.ranges());
        packer.strings(segment.walSegments());
        packer.number(segment.compactedToMs());
        return new PackedEntry(topic, packer.bytes());
    }

    /// @param topic the instance to share
    static PackedEntry of(TopicKeys topic, IndexSplit split) {
        Packer packer = new Packer();
        packer.head(split.id(), split.object(), topic.split(split.id()));
        packer.ranges(split.ranges());
        packer.strings(split.recordSegments());
        packer.number(split.documentCount());
        return new PackedEntry(topic, packer.bytes());
    }

    /// @param topic the instance to share
    /// @param packed what [#packed] gave; taken over
    static PackedEntry unpacked(TopicKeys topic, byte[] packed) {
        return new PackedEntry(topic, packed);
    }

    Uuid topicId() {
        return topic.id();
    }

    /// The bytes described above; must not be changed.
    byte[] packed() {
        return packed;
    }

    String id() {
        return new PackedReader(packed).string();
    }

    /// The [NameHash] of the id.
    long idHash() {
        return new PackedReader(packed).stringHash();
    }

    RecordSegment segment() {
        return new RecordSegment(this);
    }

    RecordSegment.Head segmentHead() {
        PackedReader in = new PackedReader(packed);
        String id = in.string();
        return new RecordSegment.Head(id, object(in, topic.segment(id)));
    }

    /// The key of a record segment's object.
    String segmentKey() {
        return segmentHead().object().key();
    }

    /// The key of an index split's object.
    String splitKey() {
        PackedReader in = new PackedReader(packed);
        String id = in.string();
        return object(in, topic.split(id)).key();
    }

    RecordSegment.Tail segmentTail() {
        PackedReader in = afterRanges();
        return new RecordSegment.Tail(strings(in), in.number());
    }

    IndexSplit split() {
        PackedReader in = new PackedReader(packed);
        String id = in.string();
        ArchiveObject object = object(in, topic.split(id));
        List<PartitionRange> ranges = ranges(in);
        List<String> segments = strings(in);
        return new IndexSplit(id, topic.id(), object, segments, ranges, in.number());
    }

    List<PartitionRange> ranges() {
        return ranges(afterHead());
    }

    /// WAL segments of a record segment, record segments of an index split.
    List<String> names() {
        return strings(afterRanges());
    }

    /// Of a record segment.
    long compactedToMs() {
        PackedReader in = afterRanges();
        for (int left = in.count(); left > 0; left--) {
            in.skipString();
        }
        return in.number();
    }

    /// The [NameHash] of each of the names.
    void forEachNameHash(LongConsumer visitor) {
        PackedReader in = afterRanges();
        for (int left = in.count(); left > 0; left--) {
            visitor.accept(in.stringHash());
        }
    }

    private PackedReader afterRanges() {
        PackedReader in = afterHead();
        in.skipNumbers(in.count() * (1 + NUMBERS_PER_RANGE));
        return in;
    }

    /// Offset after the last record of the partition.
    long endOffset(int partition) {
        PackedReader in = rangeOf(partition);
        return in.number() + in.number();
    }

    /// Of the partition's records: the offset after the last one, the largest event time, and the
    /// largest ingest time (milliseconds).
    ///
    /// @param into one array each
    void peaks(int partition, long[][] into, int at) {
        PackedReader in = rangeOf(partition);
        into[0][at] = in.number() + in.number();
        in.skipNumbers(NUMBERS_BEFORE_TIMES - 2);
        into[1][at] = in.number() + in.number();
        into[2][at] = in.number() + in.number();
    }

    PartitionRange range(int partition) {
        return readRange(rangeOf(partition), partition);
    }

    /// The range of the partition, behind its number.
    private PackedReader rangeOf(int partition) {
        PackedReader in = afterHead();
        for (int left = in.count(); left > 0; left--) {
            if (in.count() == partition) {
                return in;
            }
            in.skipNumbers(NUMBERS_PER_RANGE);
        }
        throw new IllegalStateException("%s holds nothing of %d".formatted(id(), partition));
    }

    @FunctionalInterface
    interface RangeVisitor {
        void range(int partition, long baseOffset);
    }

    void forEachRange(RangeVisitor visitor) {
        PackedReader in = afterHead();
        for (int left = in.count(); left > 0; left--) {
            visitor.range(in.count(), in.number());
            in.skipNumbers(NUMBERS_PER_RANGE - 1);
        }
    }

    long smallestBaseOffset() {
        PackedReader in = afterHead();
        long smallest = Long.MAX_VALUE;
        for (int left = in.count(); left > 0; left--) {
            in.count();
            smallest = Math.min(smallest, in.number());
            in.skipNumbers(NUMBERS_PER_RANGE - 1);
        }
        return smallest;
    }

    private PackedReader afterHead() {
        PackedReader in = new PackedReader(packed);
        in.skipString();
        in.skipNumbers(2);
        in.skipString();
        in.skipString();
        return in;
    }

    private static ArchiveObject object(PackedReader in, String usualKey) {
        long size = in.number();
        long tail = size - in.number();
        String sha256 = in.string();
        String key = in.string();
        return new ArchiveObject(key.isEmpty() ? usualKey : key, size, tail, sha256);
    }

    private static List<PartitionRange> ranges(PackedReader in) {
        int count = in.count();
        List<PartitionRange> ranges = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ranges.add(readRange(in, in.count()));
        }
        return ranges;
    }

    private static PartitionRange readRange(PackedReader in, int partition) {
        long base = in.number();
        long end = base + in.number();
        long records = in.number();
        long size = in.number();
        long minTimestamp = in.number();
        long maxTimestamp = minTimestamp + in.number();
        long minIngestTime = in.number();
        long maxIngestTime = minIngestTime + in.number();
        return new PartitionRange(
                partition,
                base,
                end,
                records,
                size,
                minTimestamp,
                maxTimestamp,
                minIngestTime,
                maxIngestTime);
    }

    private static List<String> strings(PackedReader in) {
        int count = in.count();
        List<String> strings = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            strings.add(in.string());
        }
        return strings;
    }

    /// Writes the parts in order.
    private static final class Packer {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(192);

        void head(String id, ArchiveObject object, String usualKey) {
            string(id);
            number(object.sizeBytes());
            number(object.sizeBytes() - object.tailPosition());
            string(object.sha256());
            string(object.key().equals(usualKey) ? "" : object.key());
        }

        void ranges(List<PartitionRange> ranges) {
            number(ranges.size());
            for (PartitionRange range : ranges) {
                number(range.partition());
                number(range.baseOffset());
                number(range.endOffset() - range.baseOffset());
                number(range.recordCount());
                number(range.sizeBytes());
                number(range.minTimestampMs());
                number(range.maxTimestampMs() - range.minTimestampMs());
                number(range.minIngestTimeMs());
                number(range.maxIngestTimeMs() - range.minIngestTimeMs());
            }
        }

        void strings(List<String> strings) {
            number(strings.size());
            strings.forEach(this::string);
        }

        void string(String string) {
            Packing.putString(bytes, string);
        }

        void number(long number) {
            Packing.putNumber(bytes, number);
        }

        byte[] bytes() {
            return bytes.toByteArray();
        }
    }
}
