package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.protocol.FrontDoorLimits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Topics that are made when a client first asks for them (`auto.create.topics.enable`).
class AutoCreationTest {
    @TempDir private Path directory;

    private TestNode node(boolean autoCreate) throws Exception {
        IngestConfig defaults = IngestConfig.of("test-cluster", 1);
        IngestConfig ingest =
                new IngestConfig(
                        defaults.clusterId(),
                        defaults.nodeId(),
                        autoCreate,
                        3,
                        defaults.topicDefaults(),
                        defaults.maxDecompressedBatchBytes(),
                        defaults.throttleFrom(),
                        defaults.throttleMax(),
                        defaults.broker());
        return new TestNode(
                directory,
                new TestNode.Options(ingest, FrontDoorLimits.DEFAULTS, 64L << 20, 512L << 20));
    }

    private static void send(TestNode node) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer = node.producer(Map.of("max.block.ms", 700))) {
            producer.send(new ProducerRecord<>("t", new byte[1])).get();
        }
    }

    @Test
    void a_producer_has_its_topic_made_with_the_default_number_of_partitions() throws Exception {
        try (TestNode node = node(true);
                Admin admin = node.admin()) {
            send(node);
            assertThat(admin.describeTopics(List.of("t")).allTopicNames().get().get("t"))
                    .satisfies(made -> assertThat(made.partitions()).hasSize(3));
        }
    }

    @Test
    void a_consumer_that_wants_none_made_makes_none() throws Exception {
        try (TestNode node = node(true);
                Admin admin = node.admin();
                KafkaConsumer<byte[], byte[]> consumer =
                        node.consumer(Map.of("allow.auto.create.topics", false))) {
            consumer.assign(List.of(new TopicPartition("t", 0)));
            assertThat(consumer.poll(Duration.ofMillis(300)).isEmpty()).isTrue();
            assertThat(admin.listTopics().names().get()).isEmpty();
        }
    }

    @Test
    void nobody_makes_a_topic_by_asking_where_that_is_off() throws Exception {
        try (TestNode node = node(false);
                Admin admin = node.admin()) {
            assertThatThrownBy(() -> send(node)).hasCauseInstanceOf(TimeoutException.class);
            assertThat(admin.listTopics().names().get()).isEmpty();
            node.createTopic("t", 1);
            send(node);
        }
    }
}
