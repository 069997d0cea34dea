package io.annals.archive;

import io.annals.archive.ArchiveFinding.Kind;
import io.annals.archive.RebuildObjects.FoundSegment;
import io.annals.registry.IndexSplit;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryRestore;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.WalRun;
import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicIdPartition;

/// Makes the registry again out of the objects that it catalogued: topics, record segments, index
/// splits (REG-10). Nothing local and nothing under `registry/` is needed.
///
/// Objects that a crash left over may hold the same records as catalogued ones. Of objects that
/// overlap those are taken that stand for the most records together, and of equal choices the one
/// with more of its segments indexed: a set that was catalogued holds everything, so nothing is
/// lost.
///
/// No registry may be open on the store meanwhile. Confined to one thread, which starts others.
public final class RegistryRebuild {
    private static final long RECORD_VALUE = 1_000_000;
    private static final long REWRITTEN_VALUE = 10_000;

    private final ObjectStore store;
    private final SeekableTars tars;
    private final InstantSource clock;
    private final int parallelism;
    private final Hashes hashes;

    /// Where the hash of each object comes from.
    public enum Hashes {
        /// From what is left of the old registry, if size and tail still fit; else it is unknown.
        /// Only the objects' tails are read.
        KNOWN,
        /// From the objects, which are read in full.
        COMPUTED
    }

    /// @param parallelism objects that are read at the same time
    public RegistryRebuild(
            ObjectStore store,
            SeekableTars tars,
            InstantSource clock,
            int parallelism,
            Hashes hashes) {
        this.store = store;
        this.tars = tars;
        this.clock = clock;
        this.parallelism = parallelism;
        this.hashes = hashes;
    }

    /// @param generation what was written
    /// @param objects record segments and index splits in it
    /// @param unhashed those of them whose hash is not known
    /// @param findings objects that could not be read, and choices that had to be made; sorted
    public record Report(
            RegistrySnapshot generation,
            long objects,
            long unhashed,
            List<ArchiveFinding> findings) {
        public Report {
            findings = List.copyOf(findings);
        }

        /// Whether something may be missing in the registry that was there before.
        public boolean hasProblems() {
            return findings.stream().anyMatch(ArchiveFinding::isProblem);
        }
    }

    /// Reads every archive object, or the tail of each, and writes the registry.
    public Report run(ArchiveProgress progress) throws IOException {
        List<ArchiveFinding> findings = new ArrayList<>();
        ObjectWalk walk = new ObjectWalk(parallelism, progress);
        RebuildObjects objects = new RebuildObjects(store, tars, walk, hashes, findings);
        Map<String, Long> newestVersions = new TreeMap<>();
        RebuildTopics topics =
                new RebuildTopics(objects.topics(newestVersions), newestVersions, findings);
        List<FoundSegment> foundSegments = objects.segments();
        List<IndexSplit> foundSplits = objects.splits();
        topics.cover(foundSegments);

        List<RecordSegment> candidates = new ArrayList<>();
        for (FoundSegment found : foundSegments) {
            if (topics.isDeleted(found.segment().topicId())) {
                findings.add(leftover(found.segment().object().key(), "its topic is deleted"));
            } else {
                candidates.add(found.segment());
            }
        }
        List<RecordSegment> segments = chooseSegments(candidates, foundSplits, findings);
        List<IndexSplit> splits = chooseSplits(candidates, segments, foundSplits, findings);
        RegistrySnapshot written =
                RegistryRestore.write(
                        new ObjectRegistryStore(store),
                        clock.millis(),
                        List.copyOf(topics.topics()),
                        segments,
                        splits);
        findings.sort(Comparator.naturalOrder());
        long unhashed =
                Stream.concat(
                                segments.stream().map(RecordSegment::object),
                                splits.stream().map(IndexSplit::object))
                        .filter(object -> object.sha256().isEmpty())
                        .count();
        return new Report(written, segments.size() + (long) splits.size(), unhashed, findings);
    }

    private static List<RecordSegment> chooseSegments(
            List<RecordSegment> candidates,
            List<IndexSplit> splits,
            List<ArchiveFinding> findings) {
        Set<String> indexed = new HashSet<>();
        splits.forEach(split -> indexed.addAll(split.recordSegments()));
        Selection<RecordSegment> selection =
                new Selection<>(
                        candidates,
                        segment ->
                                records(segment) * RECORD_VALUE
                                        + (indexed.contains(segment.id())
                                                ? indexValue(segment)
                                                : 0));
        overlaps(candidates).forEach(pair -> selection.exclude(pair[0], pair[1]));
        boolean[] chosen = selection.choose();
        List<RecordSegment> segments = new ArrayList<>();
        for (int i = 0; i < chosen.length; i++) {
            if (chosen[i]) {
                segments.add(candidates.get(i));
            } else {
                findings.add(
                        leftover(
                                candidates.get(i).object().key(),
                                "its records are in other record segments"));
            }
        }
        return segments;
    }

    /// Pairs of indexes of segments that have offsets in common.
    private static List<int[]> overlaps(List<RecordSegment> segments) {
        Map<TopicIdPartition, List<Interval>> byPartition = new HashMap<>();
        for (int i = 0; i < segments.size(); i++) {
            RecordSegment segment = segments.get(i);
            for (PartitionRange range : segment.ranges()) {
                byPartition
                        .computeIfAbsent(
                                new TopicIdPartition(segment.topicId(), range.partition(), ""),
                                _ -> new ArrayList<>())
                        .add(new Interval(range.baseOffset(), range.endOffset(), i));
            }
        }
        List<int[]> pairs = new ArrayList<>();
        for (List<Interval> intervals : byPartition.values()) {
            intervals.sort(Comparator.comparingLong(Interval::base));
            List<Interval> open = new ArrayList<>();
            for (Interval interval : intervals) {
                open.removeIf(before -> before.end <= interval.base);
                open.forEach(before -> pairs.add(new int[] {before.segment, interval.segment}));
                open.add(interval);
            }
        }
        return pairs;
    }

    /// A split is taken if it covers a chosen segment and none that was left out: what it says of
    /// such a one is said by others too.
    private static List<IndexSplit> chooseSplits(
            List<RecordSegment> candidates,
            List<RecordSegment> segments,
            List<IndexSplit> splits,
            List<ArchiveFinding> findings) {
        Set<String> chosenIds = new HashSet<>();
        segments.forEach(segment -> chosenIds.add(segment.id()));
        Set<String> leftOut = new HashSet<>();
        candidates.forEach(segment -> leftOut.add(segment.id()));
        leftOut.removeAll(chosenIds);
        List<IndexSplit> usable = new ArrayList<>();
        for (IndexSplit split : splits) {
            List<String> covered = split.recordSegments();
            if (covered.stream().noneMatch(chosenIds::contains)) {
                findings.add(leftover(split.object().key(), "its record segments are not there"));
            } else if (covered.stream().anyMatch(leftOut::contains)) {
                findings.add(leftover(split.object().key(), "it covers a segment left over"));
            } else {
                usable.add(split);
            }
        }
        Selection<IndexSplit> selection =
                new Selection<>(
                        usable,
                        split ->
                                split.recordSegments().stream()
                                        .filter(chosenIds::contains)
                                        .count());
        Map<String, List<Integer>> covering = new HashMap<>();
        for (int i = 0; i < usable.size(); i++) {
            for (String id : usable.get(i).recordSegments()) {
                List<Integer> others = covering.computeIfAbsent(id, _ -> new ArrayList<>(1));
                for (int other : others) {
                    selection.exclude(other, i);
                }
                others.add(i);
            }
        }
        boolean[] chosen = selection.choose();
        List<IndexSplit> taken = new ArrayList<>();
        for (int i = 0; i < chosen.length; i++) {
            if (chosen[i]) {
                taken.add(usable.get(i));
            } else {
                findings.add(leftover(usable.get(i).object().key(), "other splits cover the same"));
            }
        }
        return taken;
    }

    /// What took the place of others is preferred to them.
    private static long indexValue(RecordSegment segment) {
        boolean tookPlace =
                segment.walSegments().stream()
                        .map(WalRun::parse)
                        .anyMatch(run -> run.first() < run.last());
        return tookPlace ? REWRITTEN_VALUE : 1;
    }

    /// Records it stands for: a compacted one for all that it took the place of, however few it
    /// kept.
    private static long records(RecordSegment segment) {
        return segment.ranges().stream()
                .mapToLong(range ->
                        segment.isCompacted()
                                ? range.endOffset() - range.baseOffset()
                                : range.recordCount())
                .sum();
    }

    private static ArchiveFinding leftover(String key, String why) {
        return new ArchiveFinding(Kind.LEFTOVER, key, why);
    }

    /// @param segment index of the segment it belongs to
    private record Interval(long base, long end, int segment) {}
}
