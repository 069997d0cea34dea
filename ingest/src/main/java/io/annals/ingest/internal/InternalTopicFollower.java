package io.annals.ingest.internal;

import io.annals.ingest.Topic;
import io.annals.ingest.TopicCatalog;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.RecordBatch;

/// Replays an internal topic that somebody else writes: what is new each time it is asked, and all
/// of it anew where the topic is another one. Confined to one thread at a time; blocks.
public final class InternalTopicFollower {
    private final TopicCatalog topics;
    private final InternalLogReader reader;
    private final InternalTopic topic;

    /// The id of the topic that was read, zero if there is none; the next offset of each partition.
    private Uuid followed = Uuid.ZERO_UUID;

    private final Map<Integer, Long> positions = new HashMap<>();

    public InternalTopicFollower(
            TopicCatalog topics, InternalLogReader reader, InternalTopic topic) {
        this.topics = topics;
        this.reader = reader;
        this.topic = topic;
    }

    /// Hears what is in the topic.
    public interface Replay {
        /// All that was replayed before is of a topic that is gone.
        ///
        /// @param partitionCount of the topic that is replayed from now on, 0 if there is none
        void begin(int partitionCount);

        /// A batch, in offset order within its partition, valid only during this call.
        void batch(int partition, RecordBatch batch);

        /// The partition was replayed as far as there is something for now.
        void end(int partition, long position);
    }

    /// Replays what came since it was called before.
    ///
    /// @throws IOException if that cannot be read: the rest is replayed next time
    public void follow(Replay replay) throws IOException {
        Optional<Topic> found = topics.topic(topic.topicName());
        Uuid id = found.map(Topic::id).orElse(Uuid.ZERO_UUID);
        if (!id.equals(followed)) {
            followed = id;
            positions.clear();
            replay.begin(found.map(Topic::partitionCount).orElse(0));
        }
        if (found.isEmpty()) {
            return;
        }
        for (int i = 0; i < found.get().partitionCount(); i++) {
            int partition = i;
            long from = positions.getOrDefault(partition, 0L);
            InternalLogScan scan =
                    new InternalLogScan(reader, found.get().partition(partition), from);
            boolean more = true;
            while (more) {
                more =
                        scan.next(batch -> {
                            replay.batch(partition, batch);
                            positions.put(partition, batch.nextOffset());
                        });
                positions.put(partition, scan.position());
            }
            if (scan.position() > from) {
                replay.end(partition, scan.position());
            }
        }
    }
}
