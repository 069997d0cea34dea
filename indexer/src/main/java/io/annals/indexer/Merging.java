package io.annals.indexer;

import io.annals.registry.IndexSplit;
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
///
/// Where record segments are under a lock, they stay as they are, and splits alone become one: the
/// same rules for the batches that they cover. Used by one thread.
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
    private final boolean withRecords;

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

    /// @param withRecords whether record segments become one, and not only the splits over them
    Merging(SegmentRewrite.Tools tools, Limits limits, boolean withRecords) {
        this.tools = tools;
        this.limits = limits;
        this.withRecords = withRecords;
    }

    /// Merges once, what is smallest.
    ///
    /// @return nothing if nothing is due
    UpkeepResult run(RegistrySnapshot snapshot, TopicMetadata topic, long nowMs)
            throws IOException {
        List<List<SegmentUnit>> runs =
                SegmentOrder.runs(snapshot, topic.id()).stream()
                        .map(run -> SegmentUnit.of(snapshot, topic.id(), run))
                        .toList();
        List<SegmentUnit> due = due(runs);
        if (due.isEmpty()) {
            due = oldOnes(runs, nowMs - limits.maxAgeMs);
        }
        return due.isEmpty() ? UpkeepResult.NOTHING : merge(snapshot, topic, due);
    }

    private UpkeepResult merge(
            RegistrySnapshot snapshot, TopicMetadata topic, List<SegmentUnit> due)
            throws IOException {
        if (!withRecords) {
            List<IndexSplit> splits = due.stream().flatMap(unit -> unit.split().stream()).toList();
            return new SplitMerge(tools).run(topic, splits, SegmentUnit.segments(due))
                    ? UpkeepResult.ofSplitMerge()
                    : UpkeepResult.NOTHING;
        }
        List<RecordSegment> inputs = SegmentUnit.segments(due);
        SegmentRewrite.Plan plan = SegmentRewrite.Plan.ofMerge(snapshot, topic, inputs);
        return new SegmentRewrite(tools).run(plan, EVERYTHING).isPresent()
                ? UpkeepResult.ofMerge(inputs.size())
                : UpkeepResult.NOTHING;
    }

    private List<SegmentUnit> due(List<List<SegmentUnit>> runs) {
        List<SegmentUnit> best = List.of();
        int bestLevel = Integer.MAX_VALUE;
        for (List<SegmentUnit> run : runs) {
            for (int level = 0; level < bestLevel && level <= level(limits.targetBytes); level++) {
                List<SegmentUnit> window = window(run, level);
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
    private List<SegmentUnit> oldOnes(List<List<SegmentUnit>> runs, long beforeMs) {
        for (List<SegmentUnit> run : runs) {
            for (int from = 0; from < run.size(); from++) {
                Window window = new Window();
                long largest = 0;
                int to = from;
                while (to < run.size() && to - from < limits.factor) {
                    SegmentUnit next = run.get(to);
                    boolean isOld = next.ingestedToMs() < beforeMs;
                    if (!isOld || !isMergeable(next) || !window.add(next)) {
                        break;
                    }
                    largest = Math.max(largest, next.sizeBytes());
                    to++;
                }
                if (window.bytes >= 2 * largest && window.units.size() > 1) {
                    return window.units;
                }
            }
        }
        return List.of();
    }

    /// Compacted ones are left to compaction.
    private boolean isMergeable(SegmentUnit unit) {
        return !unit.isCompacted() && unit.isWhole() && (withRecords || unit.split().isPresent());
    }

    /// The first neighbours that are enough, at most of a level.
    private List<SegmentUnit> window(List<SegmentUnit> run, int level) {
        Window window = new Window();
        for (SegmentUnit unit : run) {
            boolean fits = level(unit.sizeBytes()) <= level && isMergeable(unit);
            if (fits && window.add(unit)) {
                continue;
            }
            if (window.units.size() >= limits.factor) {
                return window.units;
            }
            window = new Window();
            if (fits) {
                window.add(unit);
            }
        }
        return window.units.size() >= limits.factor ? window.units : List.of();
    }

    /// Neighbours that may become one.
    private final class Window {
        private final List<SegmentUnit> units = new ArrayList<>();
        private long bytes;
        private long oldestMs = Long.MAX_VALUE;
        private long newestMs = Long.MIN_VALUE;

        /// @return whether there is room
        boolean add(SegmentUnit unit) {
            long size = bytes + unit.sizeBytes();
            long oldest = oldestMs;
            long newest = newestMs;
            for (RecordSegment segment : unit.segments()) {
                long recordedToMs = SegmentOrder.recordedToMs(segment);
                oldest = Math.min(oldest, recordedToMs);
                newest = Math.max(newest, recordedToMs);
            }
            if (size > limits.targetBytes || newest - oldest > limits.maxSpanMs) {
                return false;
            }
            bytes = size;
            oldestMs = oldest;
            newestMs = newest;
            units.add(unit);
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
