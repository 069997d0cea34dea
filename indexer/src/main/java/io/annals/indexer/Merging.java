package io.annals.indexer;

import io.annals.registry.RecordSegment;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.AbortedTransaction;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Makes few large record segments and index splits out of many small ones, without a change to any
/// batch.
///
/// Segments have levels by size: up to [#SMALLEST_BYTES], up to `factor` times that, and so on. As
/// many neighbours as `factor` of a level, or of lower ones, become one, as long as that is not
/// larger than the target. So a batch is written again at most once per level, and a topic has
/// about `factor` segments of each level besides those that are full.
///
/// Segments that are old do not wait for so many: neighbours become one if that makes the largest
/// of them at least twice as large, so that here, too, a batch is written again a few times only.
/// Used by one thread.
final class Merging {
    static final long SMALLEST_BYTES = 16 << 10;

    private static final SegmentRewrite.Filter EVERYTHING =
            new SegmentRewrite.Filter() {
                @Override
                public Optional<ByteBuffer> batch(int partition, ByteBuffer batch, long rangeEnd) {
                    return Optional.of(batch);
                }

                @Override
                public boolean tellsOf(int partition, AbortedTransaction transaction) {
                    return true;
                }
            };

    private final SegmentRewrite.Tools tools;
    private final Limits limits;

    /// @param factor how many segments become one, at least 2
    /// @param targetBytes no merged segment is larger, in bytes of the batches
    /// @param maxSpanMs segments whose newest records (event time) lie further apart stay apart
    /// @param maxAgeMs segments that were complete (ingest time) longer ago than this do not wait
    ///   for `factor` of them
    record Limits(int factor, long targetBytes, long maxSpanMs, long maxAgeMs) {
        /// Segments are what retention deletes: one holds at most this share of what is kept.
        private static final int SHARE_OF_KEPT = 8;

        /// For a topic.
        static Limits of(int factor, long targetBytes, long maxAgeMs, CleanupPolicy policy) {
            boolean byTime = policy.delete() && policy.retentionMs() >= 0;
            boolean bySize = policy.delete() && policy.retentionBytes() >= 0;
            return new Limits(
                    factor,
                    bySize
                            ? Math.min(targetBytes, policy.retentionBytes() / SHARE_OF_KEPT)
                            : targetBytes,
                    byTime ? policy.retentionMs() / SHARE_OF_KEPT : Long.MAX_VALUE,
                    maxAgeMs);
        }

        Limits {
            if (factor < 2) {
                throw new IllegalArgumentException(
                        "factor %d must be at least 2".formatted(factor));
            }
        }
    }

    Merging(SegmentRewrite.Tools tools, Limits limits) {
        this.tools = tools;
        this.limits = limits;
    }

    /// Merges once, what is smallest.
    ///
    /// @return how many segments became one, 0 if nothing is due
    int run(RegistrySnapshot snapshot, TopicMetadata topic, long nowMs) throws IOException {
        List<RecordSegment> due = due(snapshot, topic);
        if (due.isEmpty()) {
            due = oldOnes(snapshot, topic, nowMs - limits.maxAgeMs);
        }
        if (due.isEmpty()) {
            return 0;
        }
        SegmentRewrite.Plan plan = SegmentRewrite.Plan.ofMerge(snapshot, topic, due);
        return new SegmentRewrite(tools).run(plan, EVERYTHING).isPresent() ? due.size() : 0;
    }

    private List<RecordSegment> due(RegistrySnapshot snapshot, TopicMetadata topic) {
        List<RecordSegment> best = List.of();
        int bestLevel = Integer.MAX_VALUE;
        for (List<RecordSegment> run : SegmentOrder.runs(snapshot, topic.id())) {
            for (int level = 0; level < bestLevel && level <= level(limits.targetBytes); level++) {
                List<RecordSegment> window = window(run, level);
                if (!window.isEmpty()) {
                    best = window;
                    bestLevel = level;
                }
            }
        }
        return best;
    }

    /// The first neighbours that are all complete before that time and together at least twice as
    /// large as the largest of them.
    private List<RecordSegment> oldOnes(
            RegistrySnapshot snapshot, TopicMetadata topic, long beforeMs) {
        for (List<RecordSegment> run : SegmentOrder.runs(snapshot, topic.id())) {
            for (int from = 0; from < run.size(); from++) {
                Window window = new Window();
                long largest = 0;
                int to = from;
                while (to < run.size() && to - from < limits.factor) {
                    RecordSegment next = run.get(to);
                    boolean isOld = SegmentOrder.ingestedToMs(next) < beforeMs;
                    if (!isOld || next.isCompacted() || !window.add(next)) {
                        break;
                    }
                    largest = Math.max(largest, SegmentOrder.sizeBytes(next));
                    to++;
                }
                if (window.bytes >= 2 * largest && window.segments.size() > 1) {
                    return window.segments;
                }
            }
        }
        return List.of();
    }

    /// The first neighbours that are enough, at most of a level; compacted ones are left to
    /// compaction.
    private List<RecordSegment> window(List<RecordSegment> segments, int level) {
        Window window = new Window();
        for (RecordSegment segment : segments) {
            boolean fits =
                    level(SegmentOrder.sizeBytes(segment)) <= level && !segment.isCompacted();
            if (fits && window.add(segment)) {
                continue;
            }
            if (window.segments.size() >= limits.factor) {
                return window.segments;
            }
            window = new Window();
            if (fits) {
                window.add(segment);
            }
        }
        return window.segments.size() >= limits.factor ? window.segments : List.of();
    }

    /// Neighbours that may become one.
    private final class Window {
        private final List<RecordSegment> segments = new ArrayList<>();
        private long bytes;
        private long oldestMs = Long.MAX_VALUE;
        private long newestMs = Long.MIN_VALUE;

        /// @return whether there is room
        boolean add(RecordSegment segment) {
            long size = bytes + SegmentOrder.sizeBytes(segment);
            long recordedToMs = SegmentOrder.recordedToMs(segment);
            long oldest = Math.min(oldestMs, recordedToMs);
            long newest = Math.max(newestMs, recordedToMs);
            if (size > limits.targetBytes || newest - oldest > limits.maxSpanMs) {
                return false;
            }
            bytes = size;
            oldestMs = oldest;
            newestMs = newest;
            segments.add(segment);
            return true;
        }
    }

    private int level(long bytes) {
        int level = 0;
        for (long bound = SMALLEST_BYTES; bytes > bound; bound *= limits.factor) {
            level++;
        }
        return level;
    }
}
