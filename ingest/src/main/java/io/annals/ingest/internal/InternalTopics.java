package io.annals.ingest.internal;

import io.annals.ingest.Topic;
import io.annals.ingest.TopicCatalog;
import io.annals.ingest.TopicOutcome;
import io.annals.wal.PartitionState;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.utils.Utils;

/// The internal topics of this server. Each is made when it is first needed, with the number of
/// partitions that is set then; that number is kept from then on, because keys hash over it.
///
/// Thread-safe.
public final class InternalTopics {
    private final TopicCatalog topics;
    private final WriteAheadLog wal;
    private final Map<InternalTopic, Integer> partitionCounts;

    /// @param partitionCounts of each topic that does not exist yet and whose keys hash
    public InternalTopics(
            TopicCatalog topics, WriteAheadLog wal, Map<InternalTopic, Integer> partitionCounts) {
        this.topics = topics;
        this.wal = wal;
        this.partitionCounts = Map.copyOf(partitionCounts);
    }

    /// The topic, empty if nobody needed it yet. Does not block.
    public Optional<Topic> find(InternalTopic topic) {
        return topics.topic(topic.topicName());
    }

    /// The topic, made now if it is not there. Blocks on the registry.
    ///
    /// @throws IOException if it cannot be made
    public Topic ensure(InternalTopic topic) throws IOException {
        Optional<Topic> found = find(topic);
        if (found.isPresent()) {
            return found.get();
        }
        TopicOutcome outcome = topics.createInternal(topic, partitionCount(topic));
        return find(topic) // made now, or by somebody else meanwhile
                .orElseThrow(() ->
                        new IOException(
                                "cannot create %s: %s"
                                        .formatted(topic.topicName(), outcome.error().message())));
    }

    /// Of the topic that exists, or of the one that would be made.
    public int partitionCount(InternalTopic topic) {
        return find(topic).map(Topic::partitionCount).orElseGet(() -> preset(topic));
    }

    private int preset(InternalTopic topic) {
        Integer count =
                topic == InternalTopic.SETTINGS ? Integer.valueOf(1) : partitionCounts.get(topic);
        if (count == null) {
            throw new IllegalStateException("no partition count for " + topic.topicName());
        }
        return count;
    }

    /// The partition that keeps the state of `key` (a group, a transactional id): Kafka's hash.
    public int partitionFor(InternalTopic topic, String key) {
        return Utils.abs(key.hashCode()) % partitionCount(topic);
    }

    /// Opens one partition for writing, behind its last record. There may be one writer at a time.
    ///
    /// @throws IOException if the topic cannot be made, or the log does not know the partition
    public InternalLog open(
            InternalTopic topic, int partition, InternalLog.FailureListener onFailure)
            throws IOException {
        TopicIdPartition id = ensure(topic).partition(partition);
        PartitionState state =
                wal.partition(id).orElseThrow(() -> new IOException("the log does not know " + id));
        return new InternalLog(id, wal, state.logEndOffset(), onFailure);
    }
}
