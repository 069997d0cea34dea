package io.annals.query;

import io.annals.indexer.SearchableView.OffsetRange;
import java.util.List;

/// What a search looked at, and what it could not look at.
///
/// @param generation of the registry that routed the search
/// @param tookMs from the request to the answer
public record Coverage(
        long generation,
        List<Partition> partitions,
        SplitCounts splits,
        List<Hole> holes,
        long tookMs) {

    public Coverage {
        partitions = List.copyOf(partitions);
        holes = List.copyOf(holes);
    }

    /// Whether everything there was to search was searched: no hole, and nothing at an end that was
    /// not indexed yet.
    public boolean complete() {
        return holes.isEmpty() && partitions.stream().allMatch(p -> p.to() >= p.highWatermark());
    }

    /// Offsets `[from, to)` were searched, except for the holes.
    ///
    /// @param highWatermark first offset that did not exist when the search began (when its first
    ///   page was made; at the time of `as_of`); `to` may lag behind it by what is not indexed yet
    public record Partition(String topic, int partition, long from, long to, long highWatermark) {}

    /// @param searched opened and searched, the live index not counted
    /// @param pruned cannot hold a hit by what the registry knows of them
    /// @param failed could not be read, each also a hole
    public record SplitCounts(int searched, int pruned, int failed) {}

    /// Offsets `[from, to)` that were not searched.
    public record Hole(String topic, int partition, long from, long to, String reason) {
        Hole(String topic, int partition, OffsetRange range, String reason) {
            this(topic, partition, range.from(), range.to(), reason);
        }

        @Override
        public String toString() {
            return "%s-%d offsets [%d, %d): %s".formatted(topic, partition, from, to, reason);
        }
    }
}
