package io.annals.registry;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.RandomAccess;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/// One generation in memory. Immutable; shares all that did not change with the one before.
final class Generation implements RegistrySnapshot {
    static final Generation EMPTY =
            new Generation(
                    0,
                    0,
                    Map.of(),
                    Collections.emptyNavigableMap(),
                    LongIndex.empty(PackedEntry.BY_ID),
                    LongIndex.empty(PackedEntry.BY_ID));

    private final long generation;
    private final long committedAtMs;
    private final Map<Uuid, TopicCatalogue> topics;
    private final NavigableMap<String, TopicMetadata> byName;

    /// By hash of the id.
    private final LongIndex<PackedEntry> segmentsById;

    private final LongIndex<PackedEntry> splitsById;

    /// Takes the maps over: they must not change any more.
    Generation(
            long generation,
            long committedAtMs,
            Map<Uuid, TopicCatalogue> topics,
            NavigableMap<String, TopicMetadata> byName,
            LongIndex<PackedEntry> segmentsById,
            LongIndex<PackedEntry> splitsById) {
        this.generation = generation;
        this.committedAtMs = committedAtMs;
        this.topics = topics;
        this.byName = byName;
        this.segmentsById = segmentsById;
        this.splitsById = splitsById;
    }

    /// The generation after this one.
    ///
    /// @throws RegistryConflictException if the change cannot apply
    Generation next(RegistryChange change, long nextCommittedAtMs) {
        return new GenerationChange(this).apply(change, generation + 1, nextCommittedAtMs);
    }

    /// A generation made from a whole catalogue.
    ///
    /// @throws RegistryConflictException if it contradicts itself
    static Generation of(Checkpoint checkpoint) {
        GenerationChange change = new GenerationChange(EMPTY);
        change.loadTopics(checkpoint.topics());
        change.loadSegments(change.packSegments(checkpoint.segments()), false);
        change.loadSplits(change.packSplits(checkpoint.splits()), false);
        return change.finish(checkpoint.generation(), checkpoint.committedAtMs());
    }

    Checkpoint checkpoint() {
        List<RecordSegment> segments = new ArrayList<>(segmentsById.size());
        List<IndexSplit> splits = new ArrayList<>(splitsById.size());
        for (TopicMetadata topic : byName.values()) {
            segments.addAll(segments(topic.id()));
            splits.addAll(splits(topic.id()));
        }
        return new Checkpoint(
                generation, committedAtMs, List.copyOf(byName.values()), segments, splits);
    }

    @Override
    public long generation() {
        return generation;
    }

    @Override
    public long committedAtMs() {
        return committedAtMs;
    }

    @Override
    public Collection<TopicMetadata> topics() {
        return Collections.unmodifiableCollection(byName.values());
    }

    @Override
    public Optional<TopicMetadata> topic(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    @Override
    public Optional<TopicMetadata> topic(Uuid id) {
        return Optional.ofNullable(topics.get(id)).map(TopicCatalogue::metadata);
    }

    @Override
    public Optional<RecordSegment> segmentFor(Uuid topicId, int partition, long offset) {
        return segment(partition(topicId, partition).holding(offset));
    }

    @Override
    public Optional<RecordSegment> segmentForTimestamp(
            Uuid topicId, int partition, long offset, long timestampMs) {
        return segment(partition(topicId, partition).firstEvent(offset, timestampMs));
    }

    @Override
    public Optional<RecordSegment> segmentForIngestTime(
            Uuid topicId, int partition, long offset, long ingestTimeMs) {
        return segment(partition(topicId, partition).firstIngest(offset, ingestTimeMs));
    }

    private static Optional<RecordSegment> segment(@Nullable PackedEntry entry) {
        return entry == null ? Optional.empty() : Optional.of(entry.segment());
    }

    @Override
    public Optional<Long> archivedStartOffset(Uuid topicId, int partition) {
        LongIndex<PackedEntry> archived = partition(topicId, partition);
        return archived.size() == 0 ? Optional.empty() : Optional.of(archived.key(0));
    }

    @Override
    public long archivedEndOffset(Uuid topicId, int partition) {
        LongIndex<PackedEntry> archived = partition(topicId, partition);
        if (archived.size() > 0) {
            return archived.get(archived.size() - 1).endOffset(partition);
        }
        TopicCatalogue topic = topics.get(topicId);
        return topic == null || partition < 0 || partition >= topic.metadata().partitionCount()
                ? 0
                : topic.metadata().logStartOffsets().get(partition);
    }

    @Override
    public List<RecordSegment> segments(Uuid topicId) {
        TopicCatalogue topic = topics.get(topicId);
        return topic == null ? List.of() : new View<>(topic.segments(), PackedEntry::segment);
    }

    @Override
    public List<RecordSegment> segments(Uuid topicId, int partition) {
        return new View<>(partition(topicId, partition), PackedEntry::segment);
    }

    @Override
    public List<IndexSplit> splits(Uuid topicId) {
        TopicCatalogue topic = topics.get(topicId);
        return topic == null ? List.of() : new View<>(topic.splits(), PackedEntry::split);
    }

    @Override
    public List<IndexSplit> splits(Uuid topicId, Predicate<Extent> touches) {
        TopicCatalogue topic = topics.get(topicId);
        return topic == null ? List.of() : new SplitSurvey(topic.splits()).touching(touches);
    }

    @Override
    public List<Offsets> mayHold(
            Uuid topicId, int partition, Offsets wanted, Predicate<Extent> touches) {
        return survey(topicId, partition).mayHold(wanted, touches);
    }

    @Override
    public List<RecordSegment> compacted(
            Uuid topicId, int partition, Offsets within, long reachedMs) {
        return survey(topicId, partition).compacted(within, reachedMs);
    }

    @Override
    public OptionalLong maxTimestampMs(Uuid topicId, int partition, Offsets within) {
        return survey(topicId, partition).maxTimestampMs(within);
    }

    @Override
    public long compactedToMs(Uuid topicId) {
        TopicCatalogue topic = topics.get(topicId);
        int partitions = topic == null ? 0 : topic.metadata().partitionCount();
        return IntStream.range(0, partitions)
                .mapToLong(partition -> compactedToMs(topicId, partition))
                .max()
                .orElse(0);
    }

    @Override
    public long compactedToMs(Uuid topicId, int partition) {
        return survey(topicId, partition).compactedToMs();
    }

    private PartitionSurvey survey(Uuid topicId, int partition) {
        return new PartitionSurvey(partition(topicId, partition), partition);
    }

    @Override
    public Optional<RecordSegment> segment(String id) {
        return Optional.ofNullable(find(segmentsById, id)).map(PackedEntry::segment);
    }

    @Override
    public Optional<IndexSplit> split(String id) {
        return Optional.ofNullable(find(splitsById, id)).map(PackedEntry::split);
    }

    @Override
    public boolean isIndexed(Uuid topicId, String segmentId) {
        TopicCatalogue topic = topics.get(topicId);
        return topic != null && topic.splitOf(segmentId).isPresent();
    }

    @Override
    public Checklist checklist() {
        return new Checklist(this);
    }

    @Override
    public boolean isArchived(Uuid topicId, String walSegmentId) {
        TopicCatalogue topic = topics.get(topicId);
        return topic != null && topic.isArchived(walSegmentId);
    }

    TopicCatalogue catalogue(Uuid topicId) {
        return Objects.requireNonNull(topics.get(topicId));
    }

    Map<Uuid, TopicCatalogue> catalogues() {
        return topics;
    }

    NavigableMap<String, TopicMetadata> names() {
        return byName;
    }

    LongIndex<PackedEntry> segmentsById() {
        return segmentsById;
    }

    LongIndex<PackedEntry> splitsById() {
        return splitsById;
    }

    static @Nullable PackedEntry find(LongIndex<PackedEntry> byId, String id) {
        int at = position(byId, id);
        return at < 0 ? null : byId.get(at);
    }

    /// Where the entry of this id is; -1 if there is none.
    static int position(LongIndex<PackedEntry> byId, String id) {
        long hash = NameHash.of(id);
        for (int at = byId.ceiling(hash); at < byId.size() && byId.key(at) == hash; at++) {
            if (byId.get(at).id().equals(id)) {
                return at;
            }
        }
        return -1;
    }

    private LongIndex<PackedEntry> partition(Uuid topicId, int partition) {
        TopicCatalogue topic = topics.get(topicId);
        return topic == null ? LongIndex.empty(PackedEntry.BY_ID) : topic.partition(partition);
    }

    /// Unpacks an entry only when it is asked for.
    private static final class View<T> extends AbstractList<T> implements RandomAccess {
        private final LongIndex<PackedEntry> entries;
        private final Function<PackedEntry, T> unpack;

        View(LongIndex<PackedEntry> entries, Function<PackedEntry, T> unpack) {
            this.entries = entries;
            this.unpack = unpack;
        }

        @Override
        public T get(int i) {
            return unpack.apply(entries.get(Objects.checkIndex(i, entries.size())));
        }

        @Override
        public int size() {
            return entries.size();
        }
    }
}
