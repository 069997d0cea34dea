package io.annals.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/// Questions about all index splits of a topic, as [PartitionSurvey]. Immutable.
///
/// A summary is what the splits hold of each partition, ordered by partition.
record SplitSurvey(LongIndex<PackedEntry> splits) implements Summaries<PackedEntry, List<Extent>> {

    @Override
    public List<Extent> of(PackedEntry split) {
        return split.ranges().stream().map(PartitionRange::extent).toList();
    }

    @Override
    public List<Extent> and(List<Extent> before, List<Extent> behind) {
        List<Extent> both = new ArrayList<>(before.size());
        int at = 0;
        for (Extent extent : before) {
            while (at < behind.size() && behind.get(at).partition() < extent.partition()) {
                both.add(behind.get(at++));
            }
            boolean isInBoth =
                    at < behind.size() && behind.get(at).partition() == extent.partition();
            both.add(isInBoth ? extent.and(behind.get(at++)) : extent);
        }
        both.addAll(behind.subList(at, behind.size()));
        return List.copyOf(both);
    }

    /// See [RegistrySnapshot#splits].
    List<IndexSplit> touching(Predicate<Extent> touches) {
        List<IndexSplit> found = new ArrayList<>();
        splits.walk(
                this,
                new Walk<>() {
                    @Override
                    public boolean enters(List<Extent> extents) {
                        return extents.stream().anyMatch(touches);
                    }

                    @Override
                    public void visit(PackedEntry entry) {
                        IndexSplit split = entry.split();
                        if (split.ranges().stream().map(PartitionRange::extent).anyMatch(touches)) {
                            found.add(split);
                        }
                    }
                });
        return found;
    }
}
