package io.annals.ingest.group;

import io.annals.ingest.Topic;
import io.annals.ingest.TopicCatalog;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;

/// The topics as Kafka's metadata image, which the coordinator assigns partitions from. Follows the
/// catalog: told that a topic changed, it looks the topic up and publishes the difference, so calls
/// in any order end with what the catalog has.
///
/// Thread-safe; one publication at a time.
final class TopicImages {
    private final TopicCatalog topics;
    private final int nodeId;
    private final InstantSource clock;
    private final BiConsumer<MetadataDelta, MetadataImage> publish;
    private final Map<Uuid, Integer> partitionCounts = new HashMap<>();
    private MetadataImage image = MetadataImage.EMPTY;
    private long version;

    TopicImages(
            TopicCatalog topics,
            int nodeId,
            InstantSource clock,
            BiConsumer<MetadataDelta, MetadataImage> publish) {
        this.topics = topics;
        this.nodeId = nodeId;
        this.clock = clock;
        this.publish = publish;
    }

    /// Publishes every topic there is.
    synchronized void publishAll() {
        MetadataDelta delta = delta();
        topics.topics().forEach(topic -> grow(delta, topic));
        publish(delta);
    }

    /// Publishes what is new since the last publication, if anything is.
    synchronized void publishChanges() {
        MetadataDelta delta = delta();
        List<Topic> all = topics.topics();
        Set<Uuid> gone = new HashSet<>(partitionCounts.keySet());
        all.forEach(topic -> gone.remove(topic.id()));
        boolean isNews = false;
        for (Topic topic : all) {
            isNews |= grow(delta, topic);
        }
        for (Uuid id : gone) {
            isNews |= remove(delta, id);
        }
        if (isNews) {
            publish(delta);
        }
    }

    /// Publishes what is new about one topic, if anything is.
    synchronized void changed(Uuid id) {
        Optional<Topic> topic = topics.topic(id).filter(found -> !found.metadata().deleted());
        MetadataDelta delta = delta();
        boolean isNews = topic.map(found -> grow(delta, found)).orElseGet(() -> remove(delta, id));
        if (isNews) {
            publish(delta);
        }
    }

    private MetadataDelta delta() {
        return new MetadataDelta.Builder().setImage(image).build();
    }

    private boolean grow(MetadataDelta delta, Topic topic) {
        int known = partitionCounts.getOrDefault(topic.id(), 0);
        if (known >= topic.partitionCount()) {
            return false;
        }
        if (known == 0) {
            delta.replay(new TopicRecord().setName(topic.name()).setTopicId(topic.id()));
        }
        for (int i = known; i < topic.partitionCount(); i++) {
            delta.replay(
                    new PartitionRecord()
                            .setTopicId(topic.id())
                            .setPartitionId(i)
                            .setReplicas(List.of(nodeId))
                            .setIsr(List.of(nodeId))
                            .setLeader(nodeId)
                            .setLeaderEpoch(0)
                            .setPartitionEpoch(0));
        }
        partitionCounts.put(topic.id(), topic.partitionCount());
        return true;
    }

    private boolean remove(MetadataDelta delta, Uuid id) {
        if (partitionCounts.remove(id) == null) {
            return false;
        }
        delta.replay(new RemoveTopicRecord().setTopicId(id));
        return true;
    }

    private void publish(MetadataDelta delta) {
        image = delta.apply(new MetadataProvenance(++version, 0, clock.millis(), true));
        publish.accept(delta, image);
    }
}
