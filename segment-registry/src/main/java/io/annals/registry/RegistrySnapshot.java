package io.annals.registry;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.apache.kafka.common.Uuid;

/// One immutable generation of the registry. Hold it for as long as a read runs.
public interface RegistrySnapshot {

    /// Number of this state; 0 is empty.
    long generation();

    /// Wall clock of the commit, milliseconds.
    long committedAtMs();

    /// Topics that are not deleted, by name.
    Collection<TopicMetadata> topics();

    Optional<TopicMetadata> topic(String name);

    Optional<TopicMetadata> topic(Uuid id);

    /// The record segment that holds `offset` of the partition, or the next one above it if
    /// `offset` lies in a gap, or empty if all archived offsets are smaller.
    Optional<RecordSegment> segmentFor(Uuid topicId, int partition, long offset);

    /// The first record segment of the partition that holds an offset at or above `offset` and
    /// whose largest event time of the partition is at least `timestampMs`; empty if there is none.
    Optional<RecordSegment> segmentForTimestamp(
            Uuid topicId, int partition, long offset, long timestampMs);

    /// As [#segmentForTimestamp], by ingest time.
    Optional<RecordSegment> segmentForIngestTime(
            Uuid topicId, int partition, long offset, long ingestTimeMs);

    /// First archived offset of the partition, empty if nothing of it is archived.
    Optional<Long> archivedStartOffset(Uuid topicId, int partition);

    /// Offset after the last archived record of the partition; if nothing of it is archived (any
    /// more), its log start offset: what lies below that is deleted.
    long archivedEndOffset(Uuid topicId, int partition);

    /// Record segments of a topic, ordered by smallest base offset.
    List<RecordSegment> segments(Uuid topicId);

    /// Record segments of one partition, ordered by base offset.
    List<RecordSegment> segments(Uuid topicId, int partition);

    /// Index splits of a topic, ordered by smallest base offset.
    List<IndexSplit> splits(Uuid topicId);

    /// Index splits of a topic that hold something that `touches`, ordered by smallest base offset.
    /// Costs as much as there are, and the logarithm of how many there are in all.
    ///
    /// @param touches is asked of one partition's extent of a split, and of that of many splits
    ///   together: if it holds for one, it must hold for every one that has it in it
    List<IndexSplit> splits(Uuid topicId, Predicate<Extent> touches);

    /// Of the wanted offsets of the partition those that may hold something that `touches`: what
    /// record segments hold whose extent does, and what none holds. Ascending, joined where they
    /// meet. Costs as [#splits(Uuid, Predicate)].
    ///
    /// @param touches as there
    List<Offsets> mayHold(Uuid topicId, int partition, Offsets wanted, Predicate<Extent> touches);

    /// Record segments of the partition that hold something of these offsets and were compacted up
    /// to this time or a later one, ordered by base offset. Costs as [#splits(Uuid, Predicate)].
    ///
    /// @param reachedMs see [RecordSegment]
    List<RecordSegment> compacted(Uuid topicId, int partition, Offsets within, long reachedMs);

    /// The largest event time of the partition's record segments that hold something of these
    /// offsets, of all that is in them; empty if there is none. Costs the logarithm of how many
    /// there are.
    OptionalLong maxTimestampMs(Uuid topicId, int partition, Offsets within);

    /// The largest [RecordSegment#compactedToMs] of the topic, 0 if nothing was compacted.
    long compactedToMs(Uuid topicId);

    /// The largest [RecordSegment#compactedToMs] of the partition, 0 if nothing was compacted.
    long compactedToMs(Uuid topicId, int partition);

    Optional<RecordSegment> segment(String id);

    Optional<IndexSplit> split(String id);

    /// Whether a record segment's object has this key.
    default boolean isSegment(String key) {
        return segment(ObjectKeys.id(key))
                .filter(found -> found.object().key().equals(key))
                .isPresent();
    }

    /// Whether an index split's object has this key.
    default boolean isSplit(String key) {
        return split(ObjectKeys.id(key))
                .filter(found -> found.object().key().equals(key))
                .isPresent();
    }

    /// Whether a split covers this record segment, which need not be there itself.
    boolean isIndexed(Uuid topicId, String segmentId);

    /// With nothing ticked off.
    Checklist checklist();

    /// Whether a WAL segment's batches of this topic are archived already (crash between commit and
    /// release).
    boolean isArchived(Uuid topicId, String walSegmentId);
}
