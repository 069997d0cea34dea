package io.annals.registry;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.Uuid;

/// A catalogued record segment or index split as it is held on the heap: packed, because there may
/// be millions of them. Immutable.
///
/// Bytes, numbers as zigzag varints, strings as length and UTF-8:
///
/// ```
/// id | object size, size - tail, flags, [sha256 32 bytes | string], [key] |
/// ranges: count, (partition, base, end - base, count, size, min, max - min, min, max - min)* |
/// names: count, string* | document count
/// ```
///
/// A key that [ObjectKeys] can tell from topic and id is left out.
final class PackedEntry {
    static final Comparator<PackedEntry> BY_ID = Comparator.comparing(PackedEntry::id);

    private static final int PLAIN_SHA256 = 1;
    private static final int USUAL_KEY = 2;
    private static final int SHA256_BYTES = 32;

    private final Uuid topicId;
    private final byte[] packed;

    private PackedEntry(Uuid topicId, byte[] packed) {
        this.topicId = topicId;
        this.packed = packed;
    }

    /// @param topicId the instance to share
    static PackedEntry of(Uuid topicId, RecordSegment segment) {
        String usualKey = ObjectKeys.recordSegment(topicId, segment.id());
        Packer packer = new Packer();
        packer.head(segment.id(), segment.object(), usualKey);
        packer.ranges(segment.ranges());
        packer.strings(segment.walSegments());
        return new PackedEntry(topicId, packer.bytes());
    }

    /// @param topicId the instance to share
    static PackedEntry of(Uuid topicId, IndexSplit split) {
        Packer packer = new Packer();
        packer.head(split.id(), split.object(), ObjectKeys.split(topicId, split.id()));
        packer.ranges(split.ranges());
        packer.strings(split.recordSegments());
        packer.number(split.documentCount());
        return new PackedEntry(topicId, packer.bytes());
    }

    Uuid topicId() {
        return topicId;
    }

    String id() {
        return string(ByteBuffer.wrap(packed));
    }

    RecordSegment segment() {
        ByteBuffer in = ByteBuffer.wrap(packed);
        String id = string(in);
        ArchiveObject object = object(in, ObjectKeys.recordSegment(topicId, id));
        return new RecordSegment(id, topicId, object, ranges(in), strings(in));
    }

    IndexSplit split() {
        ByteBuffer in = ByteBuffer.wrap(packed);
        String id = string(in);
        ArchiveObject object = object(in, ObjectKeys.split(topicId, id));
        List<PartitionRange> ranges = ranges(in);
        List<String> segments = strings(in);
        return new IndexSplit(id, topicId, object, segments, ranges, readNumber(in));
    }

    List<PartitionRange> ranges() {
        return ranges(afterHead());
    }

    /// WAL segments of a record segment, record segments of an index split.
    List<String> names() {
        ByteBuffer in = afterHead();
        ranges(in);
        return strings(in);
    }

    /// Offset after the last record of the partition.
    long endOffset(int partition) {
        return range(partition).endOffset();
    }

    PartitionRange range(int partition) {
        ByteBuffer in = afterHead();
        int count = readCount(in);
        for (int i = 0; i < count; i++) {
            PartitionRange range = readRange(in);
            if (range.partition() == partition) {
                return range;
            }
        }
        throw new IllegalStateException("%s holds nothing of %d".formatted(id(), partition));
    }

    long smallestBaseOffset() {
        ByteBuffer in = afterHead();
        int count = readCount(in);
        long smallest = Long.MAX_VALUE;
        for (int i = 0; i < count; i++) {
            smallest = Math.min(smallest, readRange(in).baseOffset());
        }
        return smallest;
    }

    private ByteBuffer afterHead() {
        ByteBuffer in = ByteBuffer.wrap(packed);
        skipString(in);
        readNumber(in);
        readNumber(in);
        int flags = readCount(in);
        if ((flags & PLAIN_SHA256) != 0) {
            in.position(in.position() + SHA256_BYTES);
        } else {
            skipString(in);
        }
        if ((flags & USUAL_KEY) == 0) {
            skipString(in);
        }
        return in;
    }

    private static ArchiveObject object(ByteBuffer in, String usualKey) {
        long size = readNumber(in);
        long tail = size - readNumber(in);
        int flags = readCount(in);
        String sha256;
        if ((flags & PLAIN_SHA256) != 0) {
            byte[] raw = new byte[SHA256_BYTES];
            in.get(raw);
            sha256 = HexFormat.of().formatHex(raw);
        } else {
            sha256 = string(in);
        }
        String key = (flags & USUAL_KEY) != 0 ? usualKey : string(in);
        return new ArchiveObject(key, size, tail, sha256);
    }

    private static List<PartitionRange> ranges(ByteBuffer in) {
        int count = readCount(in);
        List<PartitionRange> ranges = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            ranges.add(readRange(in));
        }
        return ranges;
    }

    private static PartitionRange readRange(ByteBuffer in) {
        int partition = readCount(in);
        long base = readNumber(in);
        long end = base + readNumber(in);
        long records = readNumber(in);
        long size = readNumber(in);
        long minTimestamp = readNumber(in);
        long maxTimestamp = minTimestamp + readNumber(in);
        long minIngestTime = readNumber(in);
        long maxIngestTime = minIngestTime + readNumber(in);
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

    private static List<String> strings(ByteBuffer in) {
        int count = readCount(in);
        List<String> strings = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            strings.add(string(in));
        }
        return strings;
    }

    private static String string(ByteBuffer in) {
        int length = readCount(in);
        byte[] utf8 = new byte[length];
        in.get(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    private static void skipString(ByteBuffer in) {
        int length = readCount(in);
        in.position(in.position() + length);
    }

    private static int readCount(ByteBuffer in) {
        return (int) readNumber(in);
    }

    private static long readNumber(ByteBuffer in) {
        long coded = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.get();
            coded |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return (coded >>> 1) ^ -(coded & 1);
            }
        }
    }

    /// Writes the parts in order.
    private static final class Packer {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(192);

        void head(String id, ArchiveObject object, String usualKey) {
            string(id);
            number(object.sizeBytes());
            number(object.sizeBytes() - object.tailPosition());
            boolean plainSha256 = isSha256(object.sha256());
            boolean usual = object.key().equals(usualKey);
            count((plainSha256 ? PLAIN_SHA256 : 0) | (usual ? USUAL_KEY : 0));
            if (plainSha256) {
                bytes.writeBytes(HexFormat.of().parseHex(object.sha256()));
            } else {
                string(object.sha256());
            }
            if (!usual) {
                string(object.key());
            }
        }

        void ranges(List<PartitionRange> ranges) {
            count(ranges.size());
            for (PartitionRange range : ranges) {
                count(range.partition());
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
            count(strings.size());
            strings.forEach(this::string);
        }

        void string(String string) {
            byte[] utf8 = string.getBytes(StandardCharsets.UTF_8);
            count(utf8.length);
            bytes.writeBytes(utf8);
        }

        void count(int count) {
            number(count);
        }

        void number(long number) {
            long rest = (number << 1) ^ (number >> 63); // small for small negative numbers too
            while ((rest & ~0x7FL) != 0) {
                bytes.write((int) ((rest & 0x7F) | 0x80));
                rest >>>= 7;
            }
            bytes.write((int) rest);
        }

        byte[] bytes() {
            return bytes.toByteArray();
        }

        private static boolean isSha256(String text) {
            return text.length() == 2 * SHA256_BYTES
                    && text.chars().allMatch(c -> "0123456789abcdef".indexOf(c) >= 0);
        }
    }
}
