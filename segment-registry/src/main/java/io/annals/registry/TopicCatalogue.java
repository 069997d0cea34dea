package io.annals.registry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;

/// One topic of one generation: its metadata, and what is archived of it, ordered and indexed.
/// Immutable; a change copies only what it touches.
final class TopicCatalogue {
    private static final LongIndex<PackedEntry> NOTHING = LongIndex.empty(PackedEntry.BY_ID);

    private final TopicMetadata metadata;
    private final TopicKeys keys;

    /// By smallest base offset.
    private final LongIndex<PackedEntry> segments;

    private final LongIndex<PackedEntry> splits;

    /// Per partition, by base offset. Ranges do not overlap (REG-2).
    private final List<LongIndex<PackedEntry>> partitions;

    /// By [WalRun#key] of each run in the entry.
    private final LongIndex<PackedEntry> byWalSegment;

    /// By hash of the id of each segment that the split covers.
    private final LongIndex<PackedEntry> byCoveredSegment;

    private TopicCatalogue(
            TopicMetadata metadata,
            TopicKeys keys,
            List<LongIndex<PackedEntry>> partitions,
            Indexes indexes) {
        this.metadata = metadata;
        this.keys = keys;
        this.partitions = partitions;
        this.segments = indexes.segments;
        this.splits = indexes.splits;
        this.byWalSegment = indexes.byWalSegment;
        this.byCoveredSegment = indexes.byCoveredSegment;
    }

    static TopicCatalogue of(TopicMetadata metadata) {
        return new TopicCatalogue(
                metadata,
                TopicKeys.of(metadata.id()),
                IntStream.range(0, metadata.partitionCount())
                        .mapToObj(TopicCatalogue::noPartition)
                        .toList(),
                new Indexes(NOTHING, NOTHING, NOTHING, NOTHING));
    }

    TopicMetadata metadata() {
        return metadata;
    }

    TopicKeys keys() {
        return keys;
    }

    LongIndex<PackedEntry> segments() {
        return segments;
    }

    LongIndex<PackedEntry> splits() {
        return splits;
    }

    /// What is archived of a partition, by base offset; nothing if there is no such partition.
    LongIndex<PackedEntry> partition(int partition) {
        return partition >= 0 && partition < partitions.size()
                ? partitions.get(partition)
                : NOTHING;
    }

    boolean isArchived(String walSegmentId) {
        WalRun wanted = WalRun.parse(walSegmentId);
        int at = byWalSegment.floor(wanted.lastKey());
        for (; at >= 0 && wanted.mayFollow(byWalSegment.key(at)); at--) {
            boolean isShard = false;
            for (String name : byWalSegment.get(at).names()) {
                WalRun run = WalRun.parse(name);
                if (run.holdsLastOf(wanted)) {
                    return true;
                }
                isShard |= run.shard().equals(wanted.shard());
            }
            if (isShard) {
                return false; // runs of a shard do not overlap: none before it comes this far
            }
        }
        return false;
    }

    /// The split that covers a record segment.
    Optional<PackedEntry> splitOf(String segmentId) {
        return byName(byCoveredSegment, segmentId);
    }

    /// How many splits cover a record segment.
    long splitsOf(String segmentId) {
        return byCoveredSegment.all(NameHash.of(segmentId)).stream()
                .filter(entry -> entry.names().contains(segmentId))
                .count();
    }

    TopicCatalogue with(TopicMetadata newer) {
        List<LongIndex<PackedEntry>> grown = new ArrayList<>(partitions);
        while (grown.size() < newer.partitionCount()) {
            grown.add(noPartition(grown.size()));
        }
        return new TopicCatalogue(newer, keys, grown, indexes());
    }

    TopicCatalogue withSegments(List<PackedEntry> added) {
        Map<Integer, LongEntries<PackedEntry>> byPartition = new HashMap<>();
        for (PackedEntry segment : added) {
            segment.forEachRange((partition, baseOffset) ->
                    byPartition
                            .computeIfAbsent(partition, _ -> new LongEntries<>(1))
                            .add(baseOffset, segment));
        }
        List<LongIndex<PackedEntry>> newPartitions = new ArrayList<>(partitions);
        byPartition.forEach((partition, entries) ->
                newPartitions.set(partition, partitions.get(partition).withAll(entries)));
        return new TopicCatalogue(
                metadata,
                keys,
                newPartitions,
                new Indexes(
                        segments.withAll(byOffset(added)),
                        splits,
                        byWalSegment.withAll(byNames(added, TopicCatalogue::walKeys)),
                        byCoveredSegment));
    }

    TopicCatalogue withoutSegment(PackedEntry removed) {
        List<LongIndex<PackedEntry>> newPartitions = new ArrayList<>(partitions);
        for (PartitionRange range : removed.ranges()) {
            newPartitions.set(
                    range.partition(),
                    newPartitions.get(range.partition()).without(range.baseOffset(), removed));
        }
        return new TopicCatalogue(
                metadata,
                keys,
                newPartitions,
                new Indexes(
                        segments.without(removed.smallestBaseOffset(), removed),
                        splits,
                        withoutNames(byWalSegment, removed, TopicCatalogue::walKeys),
                        byCoveredSegment));
    }

    TopicCatalogue withSplits(List<PackedEntry> added) {
        return new TopicCatalogue(
                metadata,
                keys,
                partitions,
                new Indexes(
                        segments,
                        splits.withAll(byOffset(added)),
                        byWalSegment,
                        byCoveredSegment.withAll(byNames(added, PackedEntry::forEachNameHash))));
    }

    TopicCatalogue withoutSplit(PackedEntry removed) {
        return new TopicCatalogue(
                metadata,
                keys,
                partitions,
                new Indexes(
                        segments,
                        splits.without(removed.smallestBaseOffset(), removed),
                        byWalSegment,
                        withoutNames(byCoveredSegment, removed, PackedEntry::forEachNameHash)));
    }

    private static LongIndex<PackedEntry> noPartition(int partition) {
        return LongIndex.empty(PackedEntry.BY_ID, new PartitionPeaks(partition));
    }

    /// What a partition's segments are found by.
    private record PartitionPeaks(int partition) implements LongIndex.Peaks<PackedEntry> {
        @Override
        public void read(PackedEntry segment, long[][] into, int at) {
            segment.peaks(partition, into, at);
        }
    }

    private Indexes indexes() {
        return new Indexes(segments, splits, byWalSegment, byCoveredSegment);
    }

    private static Optional<PackedEntry> byName(LongIndex<PackedEntry> index, String name) {
        return index.all(NameHash.of(name)).stream()
                .filter(entry -> entry.names().contains(name))
                .findFirst();
    }

    private static LongEntries<PackedEntry> byOffset(List<PackedEntry> added) {
        LongEntries<PackedEntry> entries = new LongEntries<>(added.size());
        added.forEach(entry -> entries.add(entry.smallestBaseOffset(), entry));
        return entries;
    }

    /// The keys of the names in an entry.
    @FunctionalInterface
    private interface NameKeys {
        void feed(PackedEntry entry, LongConsumer keys);
    }

    private static void walKeys(PackedEntry segment, LongConsumer keys) {
        for (String name : segment.names()) {
            keys.accept(WalRun.parse(name).key());
        }
    }

    private static LongEntries<PackedEntry> byNames(List<PackedEntry> added, NameKeys keys) {
        LongEntries<PackedEntry> entries = new LongEntries<>(added.size());
        for (PackedEntry entry : added) {
            keys.feed(entry, key -> entries.add(key, entry));
        }
        return entries;
    }

    private static LongIndex<PackedEntry> withoutNames(
            LongIndex<PackedEntry> index, PackedEntry removed, NameKeys keys) {
        LongEntries<PackedEntry> gone = byNames(List.of(removed), keys);
        LongIndex<PackedEntry> result = index;
        for (int i = 0; i < gone.size(); i++) {
            result = result.without(gone.key(i), removed);
        }
        return result;
    }

    private record Indexes(
            LongIndex<PackedEntry> segments,
            LongIndex<PackedEntry> splits,
            LongIndex<PackedEntry> byWalSegment,
            LongIndex<PackedEntry> byCoveredSegment) {}
}
