package io.annals.indexer;

import io.annals.wal.SealedSegment;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.apache.kafka.common.TopicIdPartition;

/// The sealed WAL segments that the live index of one topic leaves to the archive.
///
/// A live index that is far behind and an archiver would index the same records side by side, each
/// with half of the processor. Of a segment that is being archived, and of which the live index has
/// most still to do, the archive is going to be searchable first. It gets a bounded time for that:
/// then, or as soon as archiving fails, the live index does the segment itself.
///
/// Confined to one thread at a time.
final class LeftToArchive {
    private final Supplier<List<SealedSegment>> beingArchived;
    private final long minBytes;
    private final long maxNanos;
    private final LongSupplier nanoTime;

    /// When each segment was left, by id.
    private final Map<String, Long> since = new HashMap<>();

    /// @param beingArchived sealed segments that are not archived yet; none while archiving fails
    /// @param minBytes less than this is indexed sooner than a segment is archived
    /// @param maxTime that a segment is left
    LeftToArchive(
            Supplier<List<SealedSegment>> beingArchived,
            long minBytes,
            Duration maxTime,
            LongSupplier nanoTime) {
        this.beingArchived = beingArchived;
        this.minBytes = minBytes;
        this.maxNanos = maxTime.toNanos();
        this.nanoTime = nanoTime;
    }

    /// Those that come next, of each partition.
    ///
    /// @param unread partitions of the topic that the live index is not through with
    /// @param reached offset up to which the live index has a partition
    List<SealedSegment> segments(
            Collection<TopicIdPartition> unread, ToLongFunction<TopicIdPartition> reached) {
        List<SealedSegment> waiting = beingArchived.get();
        since.keySet().retainAll(waiting.stream().map(SealedSegment::id).toList());
        return waiting.stream().filter(segment -> isLeft(segment, unread, reached)).toList();
    }

    private boolean isLeft(
            SealedSegment segment,
            Collection<TopicIdPartition> unread,
            ToLongFunction<TopicIdPartition> reached) {
        long all = 0;
        long behind = 0;
        boolean isNext = false; // the archive's time for those after it has not begun
        Map<TopicIdPartition, SealedSegment.Contents> held = segment.contents();
        for (TopicIdPartition partition : unread) {
            SealedSegment.Contents contents = held.get(partition);
            if (contents != null) {
                long offset = reached.applyAsLong(partition);
                all += contents.sizeBytes();
                behind += behind(contents, offset);
                isNext |= holds(contents, offset);
            }
        }
        if (!isNext || behind < minBytes || behind <= all / 2) {
            return false;
        }
        long now = nanoTime.getAsLong();
        return now - since.computeIfAbsent(segment.id(), _ -> now) < maxNanos;
    }

    /// Bytes, as if all records were of the same size.
    private static long behind(SealedSegment.Contents contents, long reached) {
        long records = contents.endOffset() - contents.baseOffset();
        long left = Math.clamp(contents.endOffset() - reached, 0, records);
        return records == 0 ? 0 : (long) (contents.sizeBytes() * ((double) left / records));
    }

    /// Whether the record at `offset` is in one of them.
    static boolean holds(List<SealedSegment> left, TopicIdPartition partition, long offset) {
        for (SealedSegment segment : left) {
            SealedSegment.Contents contents = segment.contents().get(partition);
            if (contents != null && holds(contents, offset)) {
                return true;
            }
        }
        return false;
    }

    private static boolean holds(SealedSegment.Contents contents, long offset) {
        return contents.baseOffset() <= offset && offset < contents.endOffset();
    }
}
