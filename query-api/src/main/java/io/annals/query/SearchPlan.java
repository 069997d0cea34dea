package io.annals.query;

import io.annals.indexer.SearchableView.OffsetRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;

/// What one search will look at. Close it when the search is done.
///
/// @param generation of the registry that routes the search
/// @param topics searched, by name
/// @param bounds per topic and partition the offset at which the searched log ends: the pages of
///   one search keep it, so that they see one log however much arrives between them
/// @param units to search
/// @param partitions what they cover
/// @param prunedSplits splits that cannot hold a hit
/// @param holes known before anything is read
/// @param liveViews leased for the units
record SearchPlan(
        long generation,
        Map<String, Uuid> topics,
        Map<Uuid, Map<Integer, Long>> bounds,
        List<SearchUnit> units,
        List<Coverage.Partition> partitions,
        int prunedSplits,
        List<Coverage.Hole> holes,
        List<SharedView> liveViews)
        implements AutoCloseable {

    @Override
    public void close() {
        liveViews.forEach(SharedView::close);
    }

    /// Offsets `[from, to)` of a sorted list that no range of it covers, within `wanted`.
    static List<OffsetRange> gaps(OffsetRange wanted, List<OffsetRange> sorted) {
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
