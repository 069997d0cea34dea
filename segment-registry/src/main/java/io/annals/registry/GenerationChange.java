package io.annals.registry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/// Applies a change to a generation and checks that the result is sound. Confined to one thread,
/// used once.
///
/// Order: tombstones, other topics, removed splits, removed segments, added segments, added splits.
/// A split goes with the last record segment it covers.
final class GenerationChange {
    private final long baseGeneration;
    private final Map<Uuid, TopicCatalogue> topics;

    /// That of the base until a topic changes.
    private NavigableMap<String, TopicMetadata> byName;

    private LongIndex<PackedEntry> segmentsById;
    private LongIndex<PackedEntry> splitsById;

    GenerationChange(Generation base) {
        this.baseGeneration = base.generation();
        this.topics = new HashMap<>(base.catalogues());
        this.byName = base.names();
        this.segmentsById = base.segmentsById();
        this.splitsById = base.splitsById();
    }

    Generation apply(RegistryChange change, long generation, long committedAtMs) {
        Set<Uuid> seen = new HashSet<>();
        for (TopicMetadata topic : change.topics()) {
            require(seen.add(topic.id()), "topic %s is changed twice", topic.name());
        }
        if (!change.topics().isEmpty()) {
            byName = new TreeMap<>(byName);
        }
        change.topics().stream().filter(TopicMetadata::deleted).forEach(this::deleteTopic);
        change.topics().stream().filter(topic -> !topic.deleted()).forEach(this::putTopic);
        change.removedSplits().forEach(this::removeSplit);
        removeSegments(change.removedSegments());
        loadSegments(packSegments(change.addedSegments()), false);
        addSplits(packSplits(change.addedSplits()), false, false);
        return finish(generation, committedAtMs);
    }

    /// Topics of a checkpoint: they keep the versions they have there.
    void loadTopics(List<TopicMetadata> loaded) {
        byName = new TreeMap<>(byName);
        for (TopicMetadata topic : loaded) {
            require(!topic.deleted(), "topic %s is deleted", topic.name());
            require(!topics.containsKey(topic.id()), "topic %s is there twice", topic.name());
            insertTopic(topic);
        }
    }

    /// Record segments of a checkpoint, or added ones.
    ///
    /// @param trusted they were checked before, and their bytes have the hash they had then
    void loadSegments(List<PackedEntry> added, boolean trusted) {
        for (PackedEntry segment : trusted ? List.<PackedEntry>of() : added) {
            String what = "record segment " + segment.id();
            TopicMetadata topic = catalogue(segment.topicId(), what).metadata();
            requireSoundRanges(what, segment.ranges(), topic);
        }
        segmentsById = withIds(segmentsById, added, "record segment");
        byTopic(added)
                .forEach((topicId, ofTopic) -> {
                    TopicCatalogue topic = catalogue(topicId, "topic").withSegments(ofTopic);
                    if (!trusted) {
                        requireNoOverlap(topic, ofTopic);
                    }
                    topics.put(topicId, topic);
                });
    }

    /// Index splits of a checkpoint: one may cover segments that are gone, if one is left.
    void loadSplits(List<PackedEntry> added, boolean trusted) {
        addSplits(added, true, trusted);
    }

    List<PackedEntry> packSegments(List<RecordSegment> segments) {
        List<PackedEntry> packed = new ArrayList<>(segments.size());
        for (RecordSegment segment : segments) {
            TopicCatalogue topic = catalogue(segment.topicId(), "record segment " + segment.id());
            packed.add(PackedEntry.of(topic.keys(), segment));
        }
        return packed;
    }

    List<PackedEntry> packSplits(List<IndexSplit> splits) {
        List<PackedEntry> packed = new ArrayList<>(splits.size());
        for (IndexSplit split : splits) {
            TopicCatalogue topic = catalogue(split.topicId(), "index split " + split.id());
            packed.add(PackedEntry.of(topic.keys(), split));
        }
        return packed;
    }

    Generation finish(long generation, long committedAtMs) {
        return new Generation(generation, committedAtMs, topics, byName, segmentsById, splitsById);
    }

    private void deleteTopic(TopicMetadata tombstone) {
        TopicCatalogue gone = catalogue(tombstone.id(), "topic " + tombstone.name());
        requireSuccessor(gone.metadata(), tombstone);
        for (int i = 0; i < gone.segments().size(); i++) {
            segmentsById = withoutId(segmentsById, gone.segments().get(i));
        }
        for (int i = 0; i < gone.splits().size(); i++) {
            splitsById = withoutId(splitsById, gone.splits().get(i));
        }
        topics.remove(tombstone.id());
        byName.remove(tombstone.name());
    }

    private void putTopic(TopicMetadata topic) {
        TopicCatalogue present = topics.get(topic.id());
        if (present == null) {
            require(
                    topic.version() == 1,
                    "topic %s has version %d, but is not there in generation %d",
                    topic.name(),
                    topic.version(),
                    baseGeneration);
            insertTopic(topic);
            return;
        }
        TopicMetadata old = present.metadata();
        requireSuccessor(old, topic);
        require(
                topic.partitionCount() >= old.partitionCount(),
                "topic %s cannot shrink from %d to %d partitions",
                topic.name(),
                old.partitionCount(),
                topic.partitionCount());
        for (int partition = 0; partition < old.partitionCount(); partition++) {
            long before = old.logStartOffsets().get(partition);
            long after = topic.logStartOffsets().get(partition);
            require(
                    after >= before,
                    "the log start offset of %s-%d cannot go back from %d to %d",
                    topic.name(),
                    partition,
                    before,
                    after);
        }
        topics.put(topic.id(), present.with(topic));
        byName.put(topic.name(), topic);
    }

    private void insertTopic(TopicMetadata topic) {
        TopicMetadata namesake = byName.putIfAbsent(topic.name(), topic);
        require(
                namesake == null,
                "topic name %s is taken by topic %s",
                topic.name(),
                namesake == null ? "" : namesake.id());
        topics.put(topic.id(), TopicCatalogue.of(topic));
    }

    private void requireSuccessor(TopicMetadata old, TopicMetadata newer) {
        require(
                newer.version() == old.version() + 1,
                "version %d of topic %s does not follow version %d of generation %d",
                newer.version(),
                old.name(),
                old.version(),
                baseGeneration);
        require(
                newer.name().equals(old.name()),
                "topic %s cannot be renamed to %s",
                old.name(),
                newer.name());
    }

    private void removeSplit(String id) {
        drop(present(splitsById, id, "index split"));
    }

    private void drop(PackedEntry split) {
        splitsById = withoutId(splitsById, split);
        topics.computeIfPresent(split.topicId(), (_, topic) -> topic.withoutSplit(split));
    }

    private void removeSegments(List<String> ids) {
        Map<String, PackedEntry> affectedSplits = new LinkedHashMap<>();
        for (String id : ids) {
            PackedEntry segment = present(segmentsById, id, "record segment");
            TopicCatalogue topic = catalogue(segment.topicId(), "record segment " + id);
            topic.splitOf(id).ifPresent(split -> affectedSplits.put(split.id(), split));
            topics.put(segment.topicId(), topic.withoutSegment(segment));
            segmentsById = withoutId(segmentsById, segment);
        }
        for (PackedEntry split : affectedSplits.values()) {
            if (split.names().stream().allMatch(id -> Generation.find(segmentsById, id) == null)) {
                drop(split);
            }
        }
    }

    /// @param outlived whether a split may cover segments that are gone, if one is left
    private void addSplits(List<PackedEntry> added, boolean outlived, boolean trusted) {
        for (PackedEntry split : trusted ? List.<PackedEntry>of() : added) {
            String what = "index split " + split.id();
            TopicMetadata topic = catalogue(split.topicId(), what).metadata();
            requireSoundRanges(what, split.ranges(), topic);
            requireSegments(what, split, outlived);
        }
        splitsById = withIds(splitsById, added, "index split");
        byTopic(added)
                .forEach((topicId, ofTopic) -> {
                    TopicCatalogue topic = catalogue(topicId, "topic").withSplits(ofTopic);
                    if (!trusted) {
                        ofTopic.forEach(split -> requireCoversAlone(topic, split));
                    }
                    topics.put(topicId, topic);
                });
    }

    private static Map<Uuid, List<PackedEntry>> byTopic(List<PackedEntry> entries) {
        Map<Uuid, List<PackedEntry>> byTopic = new LinkedHashMap<>();
        for (PackedEntry entry : entries) {
            byTopic.computeIfAbsent(entry.topicId(), _ -> new ArrayList<>()).add(entry);
        }
        return byTopic;
    }

    private static LongIndex<PackedEntry> withIds(
            LongIndex<PackedEntry> byId, List<PackedEntry> added, String what) {
        LongEntries<PackedEntry> ids = new LongEntries<>(added.size());
        added.forEach(entry -> ids.add(entry.idHash(), entry));
        LongIndex<PackedEntry> all = byId.withAll(ids);
        if (all.size() < byId.size() + added.size()) { // equal ones took each other's place
            Set<String> seen = new HashSet<>();
            for (PackedEntry entry : added) {
                boolean isNew = seen.add(entry.id()) && Generation.find(byId, entry.id()) == null;
                require(isNew, "%s %s is there already", what, entry.id());
            }
        }
        return all;
    }

    private void requireSegments(String what, PackedEntry split, boolean outlived) {
        int found = 0;
        List<String> covered = split.names();
        for (String id : covered) {
            PackedEntry segment = Generation.find(segmentsById, id);
            boolean isThere = segment != null && segment.topicId().equals(split.topicId());
            require(
                    isThere || outlived,
                    "%s covers record segment %s, which is not there",
                    what,
                    id);
            found += isThere ? 1 : 0;
        }
        require(found > 0, "%s covers no record segment", what);
        require(
                covered.size() == 1 || new HashSet<>(covered).size() == covered.size(),
                "%s covers a record segment twice",
                what);
    }

    /// REG-3, for a split that was just added.
    private static void requireCoversAlone(TopicCatalogue topic, PackedEntry added) {
        for (String id : added.names()) {
            require(
                    topic.splitsOf(id) == 1,
                    "index split %s covers record segment %s, which another split covers",
                    added.id(),
                    id);
        }
    }

    private static void requireSoundRanges(
            String what, List<PartitionRange> ranges, TopicMetadata topic) {
        require(!ranges.isEmpty(), "%s holds nothing", what);
        int previous = -1;
        for (PartitionRange range : ranges) {
            require(
                    range.partition() > previous,
                    "%s names partition %d after partition %d",
                    what,
                    range.partition(),
                    previous);
            require(
                    range.partition() < topic.partitionCount(),
                    "%s holds partition %d, but topic %s has %d partitions",
                    what,
                    range.partition(),
                    topic.name(),
                    topic.partitionCount());
            require(
                    range.baseOffset() >= 0 && range.baseOffset() < range.endOffset(),
                    "%s has offsets [%d, %d) of partition %d",
                    what,
                    range.baseOffset(),
                    range.endOffset(),
                    range.partition());
            previous = range.partition();
        }
    }

    /// REG-2, for segments that were just added.
    private static void requireNoOverlap(TopicCatalogue topic, List<PackedEntry> added) {
        if (added.size() < topic.segments().size()) {
            added.forEach(segment -> requireNoOverlap(topic, segment));
            return;
        }
        for (int partition = 0; partition < topic.metadata().partitionCount(); partition++) {
            LongIndex<PackedEntry> archived = topic.partition(partition);
            for (int i = 1; i < archived.size(); i++) {
                PackedEntry before = archived.get(i - 1);
                if (before.endOffset(partition) > archived.key(i)) {
                    PackedEntry entry = archived.get(i);
                    requireSame(topic, before, entry, entry.range(partition));
                }
            }
        }
    }

    /// REG-2, for a segment that was just added.
    private static void requireNoOverlap(TopicCatalogue topic, PackedEntry added) {
        for (PartitionRange range : added.ranges()) {
            LongIndex<PackedEntry> archived = topic.partition(range.partition());
            for (int i = archived.ceiling(range.baseOffset());
                    i < archived.size() && archived.key(i) < range.endOffset();
                    i++) {
                requireSame(topic, archived.get(i), added, range);
            }
            int before = archived.ceiling(range.baseOffset()) - 1;
            if (before >= 0
                    && archived.get(before).endOffset(range.partition()) > range.baseOffset()) {
                requireSame(topic, archived.get(before), added, range);
            }
        }
    }

    private static void requireSame(
            TopicCatalogue topic, PackedEntry found, PackedEntry added, PartitionRange range) {
        if (found != added) {
            PartitionRange other = found.range(range.partition());
            throw new RegistryConflictException(
                    "record segment %s [%d, %d) overlaps record segment %s [%d, %d) of %s-%d"
                            .formatted(
                                    added.id(),
                                    range.baseOffset(),
                                    range.endOffset(),
                                    found.id(),
                                    other.baseOffset(),
                                    other.endOffset(),
                                    topic.metadata().name(),
                                    range.partition()));
        }
    }

    private TopicCatalogue catalogue(Uuid topicId, String what) {
        TopicCatalogue topic = topics.get(topicId);
        if (topic == null) {
            throw new RegistryConflictException(
                    "%s: topic %s is not in generation %d"
                            .formatted(what, topicId, baseGeneration));
        }
        return topic;
    }

    private PackedEntry present(LongIndex<PackedEntry> byId, String id, String what) {
        PackedEntry entry = Generation.find(byId, id);
        if (entry == null) {
            throw new RegistryConflictException(
                    "%s %s is not in generation %d".formatted(what, id, baseGeneration));
        }
        return entry;
    }

    private static LongIndex<PackedEntry> withoutId(LongIndex<PackedEntry> byId, PackedEntry gone) {
        return byId.without(gone.idHash(), gone);
    }

    @SuppressWarnings("AnnotateFormatMethod") // the annotation alone is not worth a dependency
    private static void require(boolean holds, String message, Object... arguments) {
        if (!holds) {
            throw new RegistryConflictException(message.formatted(arguments));
        }
    }
}
