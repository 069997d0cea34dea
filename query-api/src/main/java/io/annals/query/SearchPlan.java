package io.annals.query;

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
}
