package io.annals.ingest.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.ingest.TestNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.coordinator.group.api.assignor.ConsumerGroupPartitionAssignor;
import org.apache.kafka.coordinator.group.api.assignor.GroupAssignment;
import org.apache.kafka.coordinator.group.api.assignor.GroupSpec;
import org.apache.kafka.coordinator.group.api.assignor.SubscribedTopicDescriber;
import org.apache.kafka.coordinator.group.assignor.RangeAssignor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// FRONT-24: a group operation that stands still, holding whatever locks it holds, keeps no produce
/// and no fetch waiting.
@Timeout(60)
class StuckGroupsTest {
    private static final String TOPIC = "t";
    private static final TopicPartition P0 = new TopicPartition(TOPIC, 0);
    private static final int RECORDS = 500;

    @TempDir private Path directory;

    /// Kafka's range assignor, which stands still in the coordinator's thread until it may go on.
    public static final class StandingStill implements ConsumerGroupPartitionAssignor {
        static final CountDownLatch ASKED = new CountDownLatch(1);
        static final CountDownLatch GO_ON = new CountDownLatch(1);
        private final RangeAssignor range = new RangeAssignor();

        @Override
        public String name() {
            return "standing-still";
        }

        @Override
        public GroupAssignment assign(GroupSpec group, SubscribedTopicDescriber topics) {
            ASKED.countDown();
            boolean interrupted = false;
            while (GO_ON.getCount() > 0) {
                try {
                    GO_ON.await();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            return range.assign(group, topics);
        }
    }

    private static TestNode.Options options() {
        Map<String, Object> settings = new HashMap<>(TestNode.QUICK_GROUPS.values());
        settings.put("group.consumer.assignors", List.of(StandingStill.class.getName()));
        settings.put("group.coordinator.threads", 1);
        return TestNode.Options.defaults().withGroups(new GroupSettings(settings));
    }

    @Test
    void producersAndReadersDoNotNoticeThatAllGroupsStandStill() throws Exception {
        try (TestNode node = new TestNode(directory, options());
                Admin admin = node.admin()) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
            AtomicInteger delivered = new AtomicInteger();
            Thread member = Thread.ofPlatform().start(() -> read(node, delivered));
            try {
                assertThat(StandingStill.ASKED.await(30, TimeUnit.SECONDS)).isTrue();
                assertThatThrownBy(() ->
                                admin.listConsumerGroupOffsets("another")
                                        .partitionsToOffsetAndMetadata()
                                        .get(500, TimeUnit.MILLISECONDS))
                        .isInstanceOf(TimeoutException.class);

                produce(node, Map.of());
                produce(node, Map.of("transactional.id", "id"));

                try (KafkaConsumer<byte[], byte[]> reader =
                        node.consumer(Map.of("isolation.level", "read_committed"))) {
                    reader.assign(Set.of(P0));
                    reader.seekToBeginning(Set.of(P0));
                    int found = 0;
                    while (found < 2 * RECORDS) {
                        found += reader.poll(Duration.ofMillis(100)).count();
                    }
                    assertThat(found).isEqualTo(2 * RECORDS);
                }
                assertThat(delivered).hasValue(0);
            } finally {
                StandingStill.GO_ON.countDown();
            }
            member.join();
            assertThat(delivered).hasValue(2 * RECORDS);
        }
    }

    private static void read(TestNode node, AtomicInteger delivered) {
        try (KafkaConsumer<byte[], byte[]> consumer =
                node.consumer(Map.of("group.id", "g", "group.protocol", "consumer"))) {
            consumer.subscribe(List.of(TOPIC));
            while (delivered.get() < 2 * RECORDS) {
                delivered.addAndGet(consumer.poll(Duration.ofMillis(100)).count());
            }
        }
    }

    private static void produce(TestNode node, Map<String, Object> settings) {
        try (KafkaProducer<byte[], byte[]> producer = node.producer(settings)) {
            boolean transactional = !settings.isEmpty();
            if (transactional) {
                producer.initTransactions();
                producer.beginTransaction();
            }
            for (int i = 0; i < RECORDS; i++) {
                byte[] value = Integer.toString(i).getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(TOPIC, 0, null, value));
            }
            if (transactional) {
                producer.commitTransaction();
            }
        }
    }
}
