package io.annals.query.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.annals.archive.CachedTars;
import io.annals.indexer.LocalRetention;
import io.annals.query.RefusedException;
import io.annals.query.http.SegmentCursor.Place;
import io.annals.registry.IndexSplit;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.SealedSegment;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;

/// A page of what lies in which tier, as JSON: the archive's objects, and of a running server its
/// WAL segments and what it read from the store. Confined to one thread.
///
/// The order is: sealed WAL segments by id, which within a shard is by age; then topic by topic, by
/// name, record segments and index splits. A page ends after its number of segments, and after a
/// number of *entries*: ranges, and names of what an object is made of. What does not fit goes on
/// on the next page. All pages show the archive as one generation has it. WAL segments are sealed
/// and released meanwhile; one that is there from the first page to the last is listed.
public final class SegmentListing {
    private static final int MAX_ENTRIES = 5_000;

    private static final Comparator<TopicIdPartition> PARTITIONS =
            Comparator.comparing(TopicIdPartition::topic)
                    .thenComparingInt(TopicIdPartition::partition);

    private final RegistrySnapshot snapshot;
    private final Optional<TopicMetadata> only;
    private final SegmentJson json;
    private int segmentsLeft;
    private int entriesLeft = MAX_ENTRIES;

    private SegmentListing(
            RegistrySnapshot snapshot, Optional<TopicMetadata> only, SegmentJson json, int limit) {
        this.snapshot = snapshot;
        this.only = only;
        this.json = json;
        this.segmentsLeft = limit;
    }

    /// What only a running server has.
    ///
    /// @param kept tells which WAL segments are archived
    /// @param reads of the object store since the start
    public record Local(WriteAheadLog wal, LocalRetention kept, CachedTars reads) {}

    /// @param snapshot the newest generation; from the second page on that of the first one
    /// @throws RefusedException if there is no such topic
    public static byte[] page(
            RegistrySnapshot snapshot, SegmentRequest request, Optional<Local> local)
            throws RefusedException {
        Optional<TopicMetadata> only = topic(snapshot, request.topic());
        return Json.bytes(json ->
                new SegmentListing(snapshot, only, new SegmentJson(json), request.limit())
                        .write(json, request, local));
    }

    private static Optional<TopicMetadata> topic(RegistrySnapshot snapshot, Optional<String> name)
            throws RefusedException {
        if (name.isEmpty()) {
            return Optional.empty();
        }
        Optional<TopicMetadata> topic = snapshot.topic(name.get());
        if (topic.isEmpty()) {
            throw Refusals.unknownTopic(name.get());
        }
        return topic;
    }

    private void write(JsonGenerator out, SegmentRequest request, Optional<Local> local)
            throws IOException {
        Optional<Place> next = Optional.empty();
        out.writeStartObject();
        out.writeNumberField("generation", snapshot.generation());
        if (local.isPresent()) {
            out.writeObjectFieldStart("hot");
            json.use(local.get());
            out.writeArrayFieldStart("segments");
            next = writeHot(local.get(), request.place());
            out.writeEndArray();
            out.writeEndObject();
        }
        out.writeArrayFieldStart("segments");
        if (next.isEmpty()) {
            next = writeWarm(request.place());
        }
        out.writeEndArray();
        if (local.isPresent()) {
            json.requests(local.get().reads());
        }
        out.writeStringField(
                "cursor",
                next.map(place -> request.cursor(snapshot.generation(), place)).orElse(null));
        out.writeEndObject();
    }

    /// @return where the next page begins; empty if nothing hot is left for it
    private Optional<Place> writeHot(Local local, Place from) throws IOException {
        if (!(from instanceof Place.Hot start)) {
            return Optional.empty();
        }
        List<SealedSegment> rest =
                local.wal().sealedSegments().stream()
                        .filter(segment -> segment.id().compareTo(start.segment()) >= 0)
                        .sorted(Comparator.comparing(SealedSegment::id))
                        .toList();
        for (SealedSegment segment : rest) {
            Place.Hot begin =
                    segment.id().equals(start.segment())
                            ? start
                            : new Place.Hot(segment.id(), "", 0);
            Optional<Place> left =
                    isFull()
                            ? Optional.of(begin)
                            : writeSealed(segment, begin, local.kept().keeps(segment));
            if (left.isPresent()) {
                return left;
            }
        }
        return Optional.empty();
    }

    /// @return where the rest of it begins; empty if there is none
    private Optional<Place> writeSealed(SealedSegment segment, Place.Hot begin, boolean isArchived)
            throws IOException {
        List<Map.Entry<TopicIdPartition, SealedSegment.Contents>> rest =
                segment.contents().entrySet().stream()
                        .filter(held -> isListed(held.getKey()) && !isBefore(held.getKey(), begin))
                        .sorted(Map.Entry.comparingByKey(PARTITIONS))
                        .toList();
        int count = Math.min(entriesLeft, rest.size());
        json.sealed(
                segment,
                rest.subList(0, count),
                new SegmentJson.State(isArchived, !begin.topic().isEmpty()));
        wrote(count);
        if (count == rest.size()) {
            return Optional.empty();
        }
        TopicIdPartition next = rest.get(count).getKey();
        return Optional.of(new Place.Hot(segment.id(), next.topic(), next.partition()));
    }

    private boolean isListed(TopicIdPartition partition) {
        return only.isPresent()
                ? only.get().id().equals(partition.topicId())
                : snapshot.topic(partition.topicId()).isPresent();
    }

    private static boolean isBefore(TopicIdPartition partition, Place.Hot place) {
        int byTopic = partition.topic().compareTo(place.topic());
        return byTopic < 0 || (byTopic == 0 && partition.partition() < place.partition());
    }

    /// @return where the next page begins; empty if nothing is left for it
    private Optional<Place> writeWarm(Place from) throws IOException {
        Place.Warm start = from instanceof Place.Warm warm ? warm : new Place.Warm("", 0, 0);
        Collection<TopicMetadata> topics =
                only.isPresent() ? List.of(only.get()) : snapshot.topics(); // by name
        for (TopicMetadata topic : topics) {
            int order = topic.name().compareTo(start.topic());
            if (order >= 0) {
                Place.Warm begin = order == 0 ? start : new Place.Warm(topic.name(), 0, 0);
                Optional<Place> left = writeTopic(topic, begin);
                if (left.isPresent()) {
                    return left;
                }
            }
        }
        return Optional.empty();
    }

    private Optional<Place> writeTopic(TopicMetadata topic, Place.Warm begin) throws IOException {
        List<RecordSegment> segments = snapshot.segments(topic.id());
        List<IndexSplit> splits = snapshot.splits(topic.id());
        int index = begin.index();
        int entry = begin.entry();
        while (index < segments.size() + splits.size()) {
            if (isFull()) {
                return Optional.of(new Place.Warm(topic.name(), index, entry));
            }
            ListedObject object =
                    index < segments.size()
                            ? ListedObject.of(topic, segments.get(index))
                            : ListedObject.of(topic, splits.get(index - segments.size()));
            int left = Math.max(0, object.entries() - entry);
            int count = Math.min(left, entriesLeft);
            json.object(object, entry, count);
            wrote(count);
            boolean isWhole = count == left;
            index = isWhole ? index + 1 : index;
            entry = isWhole ? 0 : entry + count;
        }
        return Optional.empty();
    }

    private boolean isFull() {
        return segmentsLeft == 0 || entriesLeft == 0;
    }

    private void wrote(int entries) {
        segmentsLeft--;
        entriesLeft -= entries;
    }
}
