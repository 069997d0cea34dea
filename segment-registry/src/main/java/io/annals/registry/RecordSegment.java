package io.annals.registry;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/// A catalogued record segment: original batches of one topic, or what a compaction kept of them.
///
/// A value: two are equal if all of their parts are. One that comes out of the registry unpacks a
/// part when it is asked for, and keeps it: a lookup, or a look at one part of very many, makes
/// none of the others. Thread-safe: parts are immutable, and whoever unpacks one twice gets equal
/// ones.
@JsonPropertyOrder({"id", "topicId", "object", "ranges", "walSegments", "compactedToMs"})
public final class RecordSegment {
    /// Null if all parts are there.
    private final @Nullable PackedEntry packed;

    private @Nullable Uuid topicId;
    private @Nullable Head head;
    private @Nullable List<PartitionRange> ranges;
    private @Nullable Tail tail;

    /// What stands before the ranges.
    record Head(String id, ArchiveObject object) {}

    /// What stands behind the ranges.
    record Tail(List<String> walSegments, long compactedToMs) {
        Tail {
            walSegments = List.copyOf(walSegments);
        }
    }

    /// @param id unique, also part of the object key
    /// @param ranges one per partition that has batches in it, ordered by partition
    /// @param walSegments what it was made of, see [WalRun]; makes archiving idempotent
    /// @param compactedToMs 0 if it holds every record of its ranges; else records may be gone
    ///   whose key got a newer one by this ingest time: who asks for an earlier state does not find
    ///   it here
    public RecordSegment(
            String id,
            Uuid topicId,
            ArchiveObject object,
            List<PartitionRange> ranges,
            List<String> walSegments,
            long compactedToMs) {
        this.packed = null;
        this.topicId = topicId;
        this.head = new Head(id, object);
        this.ranges = List.copyOf(ranges);
        this.tail = new Tail(walSegments, compactedToMs);
    }

    /// One that holds every record of its ranges.
    public RecordSegment(
            String id,
            Uuid topicId,
            ArchiveObject object,
            List<PartitionRange> ranges,
            List<String> walSegments) {
        this(id, topicId, object, ranges, walSegments, 0);
    }

    RecordSegment(PackedEntry packed) {
        this.packed = packed;
    }

    @JsonProperty
    public String id() {
        return head().id;
    }

    @JsonProperty
    public Uuid topicId() {
        Uuid known = topicId;
        if (known == null) {
            known = packed().topicId();
            topicId = known;
        }
        return known;
    }

    @JsonProperty
    public ArchiveObject object() {
        return head().object;
    }

    @JsonProperty
    public List<PartitionRange> ranges() {
        List<PartitionRange> known = ranges;
        if (known == null) {
            known = List.copyOf(packed().ranges());
            ranges = known;
        }
        return known;
    }

    @JsonProperty
    public List<String> walSegments() {
        return tail().walSegments;
    }

    @JsonProperty
    @JsonInclude(JsonInclude.Include.NON_DEFAULT)
    public long compactedToMs() {
        return tail().compactedToMs;
    }

    /// Whether a compaction took records out.
    public boolean isCompacted() {
        return compactedToMs() > 0;
    }

    private Head head() {
        Head known = head;
        if (known == null) {
            known = packed().segmentHead();
            head = known;
        }
        return known;
    }

    private Tail tail() {
        Tail known = tail;
        if (known == null) {
            known = packed().segmentTail();
            tail = known;
        }
        return known;
    }

    private PackedEntry packed() {
        return Objects.requireNonNull(packed);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof RecordSegment that
                        && topicId().equals(that.topicId())
                        && head().equals(that.head())
                        && ranges().equals(that.ranges())
                        && tail().equals(that.tail()));
    }

    @Override
    public int hashCode() {
        return Objects.hash(topicId(), head());
    }

    @Override
    public String toString() {
        return "RecordSegment[id=%s, topicId=%s, object=%s, ranges=%s, walSegments=%s, compactedToMs=%d]"
                .formatted(id(), topicId, object(), ranges(), walSegments(), compactedToMs());
    }
}
