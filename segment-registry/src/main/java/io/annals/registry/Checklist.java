package io.annals.registry;

import java.util.BitSet;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Ticks off the record segments and index splits of a generation while somebody meets their
/// objects, in any order. A bit for each. Confined to one thread.
public final class Checklist {
    private final Ticks segments;
    private final Ticks splits;

    Checklist(Generation generation) {
        this.segments = new Ticks(generation.segmentsById(), PackedEntry::segmentKey);
        this.splits = new Ticks(generation.splitsById(), PackedEntry::splitKey);
    }

    /// The record segment with the object of this key, which is ticked off; empty if there is none.
    public Optional<RecordSegment> segment(String key) {
        return Optional.ofNullable(segments.tick(key)).map(PackedEntry::segment);
    }

    /// The index split with the object of this key, which is ticked off; empty if there is none.
    public Optional<IndexSplit> split(String key) {
        return Optional.ofNullable(splits.tick(key)).map(PackedEntry::split);
    }

    /// How many there are, ticked off or not.
    public long size() {
        return (long) segments.byId.size() + splits.byId.size();
    }

    /// Feeds the keys of the objects that were not ticked off.
    public void forEachLeft(Consumer<String> keys) {
        segments.forEachLeft(keys);
        splits.forEachLeft(keys);
    }

    private static final class Ticks {
        private final LongIndex<PackedEntry> byId;
        private final Function<PackedEntry, String> keyOf;

        /// Positions in the index.
        private final BitSet ticked;

        Ticks(LongIndex<PackedEntry> byId, Function<PackedEntry, String> keyOf) {
            this.byId = byId;
            this.keyOf = keyOf;
            this.ticked = new BitSet(byId.size());
        }

        @Nullable PackedEntry tick(String key) {
            int at = Generation.position(byId, ObjectKeys.id(key));
            if (at < 0 || !keyOf.apply(byId.get(at)).equals(key)) {
                return null;
            }
            ticked.set(at);
            return byId.get(at);
        }

        void forEachLeft(Consumer<String> keys) {
            int next = ticked.nextClearBit(0);
            for (; next < byId.size(); next = ticked.nextClearBit(next + 1)) {
                keys.accept(keyOf.apply(byId.get(next)));
            }
        }
    }
}
