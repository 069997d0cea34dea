package io.annals.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.Predicate;

/// Questions about all that is archived of one partition: the answer costs as much as there is to
/// tell, and the logarithm of what there is. Immutable.
///
/// @param segments those of the partition, by base offset
record PartitionSurvey(LongIndex<PackedEntry> segments, int partition)
        implements Summaries<PackedEntry, Stretch> {

    @Override
    public Stretch of(PackedEntry segment) {
        return new Stretch(segment.range(partition).extent(), true, segment.compactedToMs());
    }

    @Override
    public Stretch and(Stretch before, Stretch behind) {
        return before.and(behind);
    }

    /// See [RegistrySnapshot#compactedToMs].
    long compactedToMs() {
        Stretch all = segments.summary(this);
        return all == null ? 0 : all.compactedToMs();
    }

    /// See [RegistrySnapshot#compacted].
    List<RecordSegment> compacted(Offsets within, long reachedMs) {
        List<RecordSegment> found = new ArrayList<>();
        segments.walk(
                this,
                new Walk<>() {
                    @Override
                    public boolean enters(Stretch stretch) {
                        return stretch.compactedToMs() >= reachedMs
                                && stretch.extent().overlaps(within);
                    }

                    @Override
                    public void visit(PackedEntry segment) {
                        if (enters(of(segment))) {
                            found.add(segment.segment());
                        }
                    }
                });
        return found;
    }

    /// See [RegistrySnapshot#maxTimestampMs].
    OptionalLong maxTimestampMs(Offsets within) {
        Largest largest = new Largest(within);
        segments.walk(this, largest);
        return largest.timestampMs;
    }

    /// Enters only what lies across an end of the offsets.
    private final class Largest implements Walk<PackedEntry, Stretch> {
        private final Offsets within;
        private OptionalLong timestampMs = OptionalLong.empty();

        Largest(Offsets within) {
            this.within = within;
        }

        @Override
        public boolean enters(Stretch stretch) {
            Extent extent = stretch.extent();
            if (!extent.overlaps(within)) {
                return false;
            }
            boolean isWhole =
                    extent.baseOffset() >= within.from() && extent.endOffset() <= within.to();
            if (isWhole) {
                add(extent);
            }
            return !isWhole;
        }

        @Override
        public void visit(PackedEntry segment) {
            Extent extent = of(segment).extent();
            if (extent.overlaps(within)) {
                add(extent);
            }
        }

        private void add(Extent extent) {
            long largest = Math.max(timestampMs.orElse(Long.MIN_VALUE), extent.maxTimestampMs());
            timestampMs = OptionalLong.of(largest);
        }
    }

    /// See [RegistrySnapshot#mayHold].
    List<Offsets> mayHold(Offsets wanted, Predicate<Extent> touches) {
        Candidates candidates = new Candidates(wanted, touches);
        segments.walk(this, candidates);
        candidates.tellUpTo(wanted.to());
        return candidates.found;
    }

    /// Goes from one stretch that holds nothing of what is looked for to the next one, and tells
    /// what lies between them.
    private final class Candidates implements Walk<PackedEntry, Stretch> {
        private final Offsets wanted;
        private final Predicate<Extent> touches;
        private final List<Offsets> found = new ArrayList<>();

        /// Everything before is told, or holds nothing.
        private long at;

        Candidates(Offsets wanted, Predicate<Extent> touches) {
            this.wanted = wanted;
            this.touches = touches;
            this.at = wanted.from();
        }

        @Override
        public boolean enters(Stretch stretch) {
            if (!stretch.extent().overlaps(wanted)) {
                return false;
            }
            if (!stretch.isGapless() || touches.test(stretch.extent())) {
                return true;
            }
            tellUpTo(stretch.extent().baseOffset());
            at = Math.max(at, stretch.extent().endOffset());
            return false;
        }

        @Override
        public void visit(PackedEntry segment) {
            enters(of(segment)); // what touches is told with what lies before the next that
            // does not
        }

        void tellUpTo(long offset) {
            long end = Math.min(offset, wanted.to());
            if (at < end) {
                found.add(new Offsets(at, end));
            }
        }
    }
}
