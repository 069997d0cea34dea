package io.annals.indexer;

import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.Registry;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Uuid;

/// Ends the archived history of a topic where its settings say so: raises the log start offsets of
/// the partitions, each for itself and by whole record segments as Kafka does it, and takes out of
/// the catalogue what lies below them altogether. One commit; from then on nothing of it is found
/// or fetched, also where a segment stays for another partition's sake. Used by one thread.
final class Retention {
    private final Registry registry;

    Retention(Registry registry) {
        this.registry = registry;
    }

    /// @return how many record segments were taken out
    int run(Uuid topicId, CleanupPolicy policy, long nowMs) throws IOException {
        int[] removed = new int[1];
        registry.commit(snapshot -> {
            Optional<RegistryChange> change =
                    snapshot.topic(topicId)
                            .flatMap(topic -> change(snapshot, topic, policy, nowMs));
            removed[0] = change.map(wanted -> wanted.removedSegments().size()).orElse(0);
            return change;
        });
        return removed[0];
    }

    private static Optional<RegistryChange> change(
            RegistrySnapshot snapshot, TopicMetadata topic, CleanupPolicy policy, long nowMs) {
        List<Long> starts = new ArrayList<>();
        for (int partition = 0; partition < topic.partitionCount(); partition++) {
            long start = topic.logStartOffsets().get(partition);
            starts.add(
                    policy.delete()
                            ? start(snapshot, topic.id(), partition, start, policy, nowMs)
                            : start);
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
    private static long start(
            RegistrySnapshot snapshot,
            Uuid topicId,
            int partition,
            long logStartOffset,
            CleanupPolicy policy,
            long nowMs) {
        List<PartitionRange> ranges = new ArrayList<>();
        long bytes = 0;
        for (RecordSegment segment : snapshot.segments(topicId, partition)) {
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
