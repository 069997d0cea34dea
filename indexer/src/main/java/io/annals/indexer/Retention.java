package io.annals.indexer;

import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.Registry;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.SealedSegment;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/// Ends the archived history of a topic where its settings say so: raises the log start offsets of
/// the partitions, each for itself and by whole record segments as Kafka does it, and takes out of
/// the catalogue what lies below them altogether. One commit; from then on nothing of it is found
/// or fetched, also where a segment stays for another partition's sake, or is in the hot tier, too.
///
/// Only what is archived ends so; what is hot and not archived counts where size matters. One is
/// for one pass, used by one thread.
final class Retention {
    private final WriteAheadLog wal;
    private final Registry registry;

    /// What time and size are looked at in. What is archived later is in neither sum, so nothing is
    /// counted twice.
    private final RegistrySnapshot before;

    /// Bytes of archived batches in the hot tier.
    private final Map<TopicIdPartition, Long> archivedHotBytes = new HashMap<>();

    Retention(WriteAheadLog wal, Registry registry) {
        this.wal = wal;
        this.registry = registry;
        this.before = registry.snapshot();
        for (SealedSegment segment : wal.sealedSegments()) {
            segment.contents().forEach(this::addIfArchived);
        }
    }

    private void addIfArchived(TopicIdPartition partition, SealedSegment.Contents held) {
        long archivedEnd = before.archivedEndOffset(partition.topicId(), partition.partition());
        if (held.endOffset() <= archivedEnd) {
            archivedHotBytes.merge(partition, held.sizeBytes(), Long::sum);
        }
    }

    /// @return how many record segments were taken out
    int run(Uuid topicId, CleanupPolicy policy, long nowMs) throws IOException {
        int[] removed = new int[1];
        RegistrySnapshot after =
                registry.commit(snapshot -> {
                    Optional<RegistryChange> change =
                            snapshot.topic(topicId)
                                    .flatMap(topic -> change(snapshot, topic, policy, nowMs));
                    removed[0] = change.map(wanted -> wanted.removedSegments().size()).orElse(0);
                    return change;
                });
        after.topic(topicId).ifPresent(this::endHotTier);
        return removed[0];
    }

    /// What is archived may still be in the hot tier: it is not to be found there, either.
    private void endHotTier(TopicMetadata topic) {
        for (int i = 0; i < topic.partitionCount(); i++) {
            TopicIdPartition partition = new TopicIdPartition(topic.id(), i, topic.name());
            long start = topic.logStartOffsets().get(i);
            wal.partition(partition)
                    .filter(state -> state.localLogStartOffset() < start)
                    .ifPresent(_ -> wal.deleteRecordsBefore(partition, start));
        }
    }

    private Optional<RegistryChange> change(
            RegistrySnapshot snapshot, TopicMetadata topic, CleanupPolicy policy, long nowMs) {
        List<Long> starts = new ArrayList<>();
        for (int partition = 0; partition < topic.partitionCount(); partition++) {
            long start = topic.logStartOffsets().get(partition);
            starts.add(policy.delete() ? start(topic, partition, policy, nowMs) : start);
        }
        List<String> gone = gone(snapshot, topic.id(), starts);
        if (gone.isEmpty() && starts.equals(topic.logStartOffsets())) {
            return Optional.empty();
        }
        List<TopicMetadata> topics =
                starts.equals(topic.logStartOffsets())
                        ? List.of()
                        : List.of(
                                new TopicMetadata(
                                        topic.id(),
                                        topic.name(),
                                        topic.version() + 1,
                                        topic.configs(),
                                        starts,
                                        topic.createdAtMs(),
                                        false));
        return Optional.of(new RegistryChange(topics, List.of(), gone, List.of(), List.of()));
    }

    /// Where a partition is to begin: behind its oldest segments, as far as each is past its time
    /// or the rest is still as large as allowed.
    private long start(TopicMetadata topic, int partition, CleanupPolicy policy, long nowMs) {
        long logStartOffset = topic.logStartOffsets().get(partition);
        List<PartitionRange> ranges = new ArrayList<>();
        TopicIdPartition id = new TopicIdPartition(topic.id(), partition, topic.name());
        long bytes = Math.max(0, wal.sizeBytes(id) - archivedHotBytes.getOrDefault(id, 0L));
        for (RecordSegment segment : before.segments(topic.id(), partition)) {
            for (PartitionRange range : segment.ranges()) {
                if (range.partition() == partition && range.endOffset() > logStartOffset) {
                    ranges.add(range);
                    bytes += range.sizeBytes();
                }
            }
        }
        long start = logStartOffset;
        for (PartitionRange range : ranges) {
            boolean isOld =
                    policy.retentionMs() >= 0
                            && nowMs - range.maxTimestampMs() > policy.retentionMs();
            boolean isTooMuch =
                    policy.retentionBytes() >= 0
                            && bytes - range.sizeBytes() >= policy.retentionBytes();
            if (!isOld && !isTooMuch) {
                break;
            }
            start = range.endOffset();
            bytes -= range.sizeBytes();
        }
        return start;
    }

    private static List<String> gone(RegistrySnapshot snapshot, Uuid topicId, List<Long> starts) {
        List<String> gone = new ArrayList<>();
        for (RecordSegment segment : snapshot.segments(topicId)) {
            boolean isBelow =
                    segment.ranges().stream()
                            .allMatch(range -> range.endOffset() <= starts.get(range.partition()));
            if (isBelow) {
                gone.add(segment.id());
            }
        }
        return gone;
    }
}
