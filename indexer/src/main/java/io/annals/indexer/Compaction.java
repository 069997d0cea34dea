package io.annals.indexer;

import io.annals.registry.RecordSegment;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Compacts the archived history of one topic: of each key only the latest record stays, the way
/// Kafka's log cleaner does it. What is not archived yet is not touched, as Kafka's active segment
/// is not.
///
/// Segments that were compacted before come first, then the new ones. When these are a large enough
/// share, their keys are learned, and then all is rewritten, several segments into one. So the size
/// follows from what is live and not from the history. Used by one thread.
final class Compaction {
    /// Producers that appended nothing for so long have no state that must be kept; Kafka's
    /// `producer.id.expiration.ms`.
    private static final long PRODUCER_EXPIRATION_MS = 86_400_000;

    private final SegmentRewrite.Tools tools;
    private final Limits limits;

    /// @param keyBytes memory for the keys of one compaction
    /// @param targetBytes record segments grow to about this size, in bytes of the batches
    record Limits(long keyBytes, long targetBytes) {}

    /// @param segmentsBefore record segments replaced
    /// @param segmentsAfter record segments in their place
    record Result(int segmentsBefore, int segmentsAfter, long removedRecords) {
        static final Result NOTHING = new Result(0, 0, 0);
    }

    Compaction(SegmentRewrite.Tools tools, Limits limits) {
        this.tools = tools;
        this.limits = limits;
    }

    /// Compacts the topic if it is due.
    Result run(RegistrySnapshot snapshot, TopicMetadata topic, CleanupPolicy policy, long nowMs)
            throws IOException {
        Result sum = Result.NOTHING;
        for (List<RecordSegment> run : SegmentOrder.runs(snapshot, topic.id())) {
            List<RecordSegment> cleanable = cleanable(run, policy, nowMs);
            if (isDue(cleanable, policy, nowMs)) {
                Result one =
                        compact(
                                topic,
                                policy,
                                SegmentUnit.of(snapshot, topic.id(), cleanable),
                                nowMs);
                sum =
                        new Result(
                                sum.segmentsBefore + one.segmentsBefore,
                                sum.segmentsAfter + one.segmentsAfter,
                                sum.removedRecords + one.removedRecords);
            }
        }
        return sum;
    }

    /// Up to the first segment with a record that is too young.
    private static List<RecordSegment> cleanable(
            List<RecordSegment> segments, CleanupPolicy policy, long nowMs) {
        List<RecordSegment> cleanable = new ArrayList<>();
        for (RecordSegment segment : segments) {
            boolean isYoung =
                    policy.minCompactionLagMs() > 0
                            && SegmentOrder.recordedToMs(segment)
                                    > nowMs - policy.minCompactionLagMs();
            if (isYoung && !segment.isCompacted()) {
                break;
            }
            cleanable.add(segment);
        }
        return cleanable;
    }

    private static boolean isDue(List<RecordSegment> cleanable, CleanupPolicy policy, long nowMs) {
        long clean = 0;
        long dirty = 0;
        long oldestDirtyMs = Long.MAX_VALUE;
        for (RecordSegment segment : cleanable) {
            if (segment.isCompacted()) {
                clean += SegmentOrder.sizeBytes(segment);
            } else {
                dirty += SegmentOrder.sizeBytes(segment);
                oldestDirtyMs = Math.min(oldestDirtyMs, SegmentOrder.ingestedFromMs(segment));
            }
        }
        if (dirty == 0) {
            return false;
        }
        boolean isOld =
                policy.maxCompactionLagMs() < Long.MAX_VALUE
                        && nowMs - oldestDirtyMs > policy.maxCompactionLagMs();
        return isOld || (double) dirty / (clean + dirty) > policy.minCleanableDirtyRatio();
    }

    private Result compact(
            TopicMetadata topic, CleanupPolicy policy, List<SegmentUnit> units, long nowMs)
            throws IOException {
        KeyOffsets keys = new KeyOffsets(limits.keyBytes);
        int maxBatchBytes = tools.options().maxBatchBytes();
        CompactionScan scan =
                new CompactionScan(
                        tools.tars(),
                        keys,
                        maxBatchBytes,
                        nowMs - PRODUCER_EXPIRATION_MS,
                        tools.closing());
        List<SegmentUnit> whole = whole(units, scan.read(SegmentUnit.segments(units)));
        List<RecordSegment> usable = SegmentUnit.segments(whole);
        if (usable.stream().allMatch(RecordSegment::isCompacted)) {
            requireRoom(topic, keys);
            return Result.NOTHING; // a transaction is open since the first new segment
        }
        int after = 0;
        try (CompactionFilter filter =
                new CompactionFilter(
                        scan, keys, maxBatchBytes, nowMs, policy.deleteRetentionMs())) {
            for (List<RecordSegment> group : groups(whole)) {
                Optional<RecordSegment> written =
                        new SegmentRewrite(tools)
                                .run(
                                        new SegmentRewrite.Plan(
                                                topic,
                                                group,
                                                compactedToMs(group, scan),
                                                List.of()),
                                        filter);
                if (written.isEmpty()) {
                    break; // deleted meanwhile
                }
                after++;
            }
            return new Result(usable.size(), after, filter.removedRecords());
        }
    }

    private static void requireRoom(TopicMetadata topic, KeyOffsets keys) throws IOException {
        if (keys.isFull()) {
            throw new IOException(
                    "the keys of one record segment of %s do not fit: raise %s"
                            .formatted(topic.name(), "log.cleaner.dedupe.buffer.size"));
        }
    }

    private static long compactedToMs(List<RecordSegment> group, CompactionScan scan) {
        long before = group.stream().mapToLong(RecordSegment::compactedToMs).max().orElse(0);
        return Math.max(1, Math.max(before, scan.seenToMs()));
    }

    /// The first units that lie within so many segments.
    private static List<SegmentUnit> whole(List<SegmentUnit> units, int segments) {
        int left = segments;
        int end = 0;
        while (end < units.size()
                && units.get(end).isWhole()
                && units.get(end).segments().size() <= left) {
            left -= units.get(end).segments().size();
            end++;
        }
        return units.subList(0, end);
    }

    /// Consecutive segments that together are not larger than the target, if several units.
    private List<List<RecordSegment>> groups(List<SegmentUnit> units) {
        List<List<RecordSegment>> groups = new ArrayList<>();
        long bytes = 0;
        for (SegmentUnit unit : units) {
            long size = unit.sizeBytes();
            if (groups.isEmpty() || bytes + size > limits.targetBytes) {
                groups.add(new ArrayList<>());
                bytes = 0;
            }
            groups.getLast().addAll(unit.segments());
            bytes += size;
        }
        return groups;
    }
}
