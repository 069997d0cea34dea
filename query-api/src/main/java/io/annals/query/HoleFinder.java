package io.annals.query;

import io.annals.indexer.SearchableView.OffsetRange;
import io.annals.registry.IndexSplit;
import io.annals.registry.Offsets;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Tells what of a topic a search cannot look at, before anything is read (SEARCH-2). Asks the
/// registry only about offsets that none of the searched indexes holds: what they hold costs
/// nothing, however much it is. Confined to one thread.
///
/// @param visible per partition the offsets that are searched
record HoleFinder(
        RegistrySnapshot snapshot,
        TopicMetadata topic,
        Constraints constraints,
        Map<Integer, OffsetRange> visible) {

    /// Whoever asks for an earlier time is told where records may be gone that were there then.
    List<Coverage.Hole> compacted() {
        List<Coverage.Hole> holes = new ArrayList<>();
        long endMs = constraints.ingestTime().to();
        visible.forEach((partition, wanted) -> {
            Offsets within = new Offsets(wanted.from(), wanted.to());
            for (RecordSegment segment : snapshot.compacted(topic.id(), partition, within, endMs)) {
                holes.add(
                        new Coverage.Hole(
                                topic.name(),
                                partition,
                                gone(segment, partition, wanted),
                                "history was compacted up to " + segment.compactedToMs()));
            }
        });
        return holes;
    }

    private static OffsetRange gone(RecordSegment segment, int partition, OffsetRange wanted) {
        PartitionRange range =
                segment.ranges().stream()
                        .filter(each -> each.partition() == partition)
                        .findFirst()
                        .orElseThrow();
        return new OffsetRange(
                Math.max(range.baseOffset(), wanted.from()),
                Math.min(range.endOffset(), wanted.to()));
    }

    /// What may hold a hit, and lies in no index.
    ///
    /// @param live per partition the offsets that the live index answers for
    /// @param searched the splits that are searched
    List<Coverage.Hole> unindexed(Map<Integer, OffsetRange> live, List<IndexSplit> searched) {
        List<Coverage.Hole> holes = new ArrayList<>();
        Map<Integer, List<OffsetRange>> known = ranges(searched);
        live.forEach((partition, range) -> add(known, partition, range));
        visible.forEach((partition, wanted) -> {
            for (OffsetRange rest : gaps(wanted, known.get(partition))) {
                Offsets offsets = new Offsets(rest.from(), rest.to());
                snapshot.mayHold(topic.id(), partition, offsets, constraints::touches)
                        .forEach(left -> addUnindexed(partition, left, holes));
            }
        });
        return holes;
    }

    /// Splits that are not searched hold no hit of their offsets.
    private void addUnindexed(int partition, Offsets left, List<Coverage.Hole> holes) {
        List<IndexSplit> others =
                snapshot.splits(
                        topic.id(),
                        extent -> extent.partition() == partition && extent.overlaps(left));
        OffsetRange wanted = new OffsetRange(left.from(), left.to());
        for (OffsetRange gap : gaps(wanted, ranges(others).get(partition))) {
            holes.add(new Coverage.Hole(topic.name(), partition, gap, "no index holds them"));
        }
    }

    /// What the splits hold of each partition.
    private static Map<Integer, List<OffsetRange>> ranges(List<IndexSplit> splits) {
        Map<Integer, List<OffsetRange>> ranges = new HashMap<>();
        for (IndexSplit split : splits) {
            for (PartitionRange range : split.ranges()) {
                OffsetRange offsets = new OffsetRange(range.baseOffset(), range.endOffset());
                add(ranges, range.partition(), offsets);
            }
        }
        return ranges;
    }

    private static void add(
            Map<Integer, List<OffsetRange>> ranges, int partition, OffsetRange range) {
        ranges.computeIfAbsent(partition, _ -> new ArrayList<>()).add(range);
    }

    /// What of `wanted` no range covers, ascending.
    ///
    /// @param known null if there is none
    private static List<OffsetRange> gaps(OffsetRange wanted, @Nullable List<OffsetRange> known) {
        List<OffsetRange> sorted = known == null ? new ArrayList<>() : known;
        sorted.sort(Comparator.comparingLong(OffsetRange::from));
        List<OffsetRange> gaps = new ArrayList<>();
        long at = wanted.from();
        for (OffsetRange range : sorted) {
            if (range.from() > at && at < wanted.to()) {
                gaps.add(new OffsetRange(at, Math.min(range.from(), wanted.to())));
            }
            at = Math.max(at, range.to());
        }
        if (at < wanted.to()) {
            gaps.add(new OffsetRange(at, wanted.to()));
        }
        return gaps;
    }
}
