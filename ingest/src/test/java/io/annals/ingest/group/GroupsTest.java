package io.annals.ingest.group;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.ingest.TestNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.InvalidRegularExpression;
import org.apache.kafka.common.errors.OffsetMetadataTooLarge;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Consumer groups as stock clients use them.
@Timeout(60)
class GroupsTest {
    private static final String TOPIC = "t";
    private static final int PARTITIONS = 4;
    private static final long PATIENCE_NANOS = Duration.ofSeconds(30).toNanos();

    @TempDir private Path directory;
    private TestNode node;

    @BeforeEach
    void start() throws IOException {
        node = new TestNode(directory, TestNode.Options.defaults());
        node.createTopic(TOPIC, PARTITIONS);
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
    }

    private void restart() throws IOException {
        node.close();
        node = new TestNode(directory, TestNode.Options.defaults(), node.objects);
    }

    private KafkaConsumer<byte[], byte[]> member(
            String protocol, String group, Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(settings);
        all.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        all.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, protocol);
        if (protocol.equals("classic")) {
            all.putIfAbsent(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, 200);
            all.putIfAbsent(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, 5_000);
        }
        return node.consumer(all);
    }

    private void produce(int from, int to) {
        try (KafkaProducer<byte[], byte[]> producer = node.producer(Map.of())) {
            for (int i = from; i < to; i++) {
                byte[] value = String.valueOf(i).getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(TOPIC, i % PARTITIONS, null, value));
            }
        }
    }

    private static void take(KafkaConsumer<byte[], byte[]> consumer, Set<String> into) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
            into.add(new String(record.value(), StandardCharsets.UTF_8));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void membersShareTheirPartitionsAndTakeOverFromThoseWhoLeave(String protocol) {
        produce(0, 400);
        Set<String> seen = new HashSet<>();
        try (KafkaConsumer<byte[], byte[]> first = member(protocol, "g", Map.of())) {
            first.subscribe(List.of(TOPIC));
            try (KafkaConsumer<byte[], byte[]> second = member(protocol, "g", Map.of())) {
                second.subscribe(List.of(TOPIC));
                long deadline = System.nanoTime() + PATIENCE_NANOS;
                while ((first.assignment().size() != 2 || second.assignment().size() != 2)
                        && System.nanoTime() < deadline) {
                    take(first, seen);
                    take(second, seen);
                }
                assertThat(first.assignment())
                        .hasSize(2)
                        .doesNotContainAnyElementsOf(second.assignment());
                assertThat(second.assignment()).hasSize(2);
                second.commitSync();
            }
            long deadline = System.nanoTime() + PATIENCE_NANOS;
            produce(400, 800);
            while ((first.assignment().size() != PARTITIONS || seen.size() < 800)
                    && System.nanoTime() < deadline) {
                take(first, seen);
            }
            assertThat(first.assignment()).hasSize(PARTITIONS);
        }
        assertThat(seen).hasSize(800);
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void whatWasCommittedIsThereAfterARestart(String protocol) throws IOException {
        produce(0, 100);
        Map<TopicPartition, OffsetAndMetadata> committed = new HashMap<>();
        try (KafkaConsumer<byte[], byte[]> consumer = member(protocol, "g", Map.of())) {
            consumer.subscribe(List.of(TOPIC));
            Set<String> seen = new HashSet<>();
            while (seen.size() < 100) {
                take(consumer, seen);
            }
            for (TopicPartition partition : consumer.assignment()) {
                committed.put(partition, new OffsetAndMetadata(7 + partition.partition(), "note"));
            }
            consumer.commitSync(committed);
        }
        node.archive(); // what is loaded comes from the archive, and then from both tiers
        restart();
        try (KafkaConsumer<byte[], byte[]> consumer = member(protocol, "g", Map.of())) {
            assertThat(offsets(consumer.committed(committed.keySet())))
                    .isEqualTo(offsets(committed));
            consumer.subscribe(List.of(TOPIC));
            Set<String> seen = new TreeSet<>();
            long deadline = System.nanoTime() + PATIENCE_NANOS;
            while (seen.size() < 100 - 7 - 8 - 9 - 10 && System.nanoTime() < deadline) {
                take(consumer, seen);
            }
            assertThat(seen).hasSize(100 - 7 - 8 - 9 - 10);
            consumer.commitSync();
        }
        restart();
        try (KafkaConsumer<byte[], byte[]> consumer = member(protocol, "g", Map.of())) {
            assertThat(consumer.committed(committed.keySet()).values())
                    .allSatisfy(offset -> assertThat(offset.offset()).isEqualTo(25));
        }
    }

    private static Map<TopicPartition, Long> offsets(Map<TopicPartition, OffsetAndMetadata> all) {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        all.forEach((partition, offset) -> offsets.put(partition, offset.offset()));
        return offsets;
    }

    @Test
    void aStaticMemberComesBackWithoutARebalance() {
        produce(0, 4);
        Map<String, Object> isStatic = Map.of(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, "one");
        Map<String, Object> other =
                Map.of(
                        ConsumerConfig.GROUP_INSTANCE_ID_CONFIG,
                        "two",
                        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                        CooperativeStickyAssignor.class.getName());
        Map<String, Object> first = new HashMap<>(other);
        first.putAll(isStatic);
        try (KafkaConsumer<byte[], byte[]> stays = member("classic", "g", other)) {
            stays.subscribe(List.of(TOPIC));
            Set<TopicPartition> before;
            try (KafkaConsumer<byte[], byte[]> leaves = member("classic", "g", first)) {
                leaves.subscribe(List.of(TOPIC));
                pollUntilBalanced(stays, leaves);
                before = leaves.assignment();
            }
            int generation = stays.groupMetadata().generationId();
            try (KafkaConsumer<byte[], byte[]> back = member("classic", "g", first)) {
                back.subscribe(List.of(TOPIC));
                pollUntilBalanced(stays, back);
                assertThat(back.assignment()).isEqualTo(before);
                assertThat(stays.groupMetadata().generationId()).isEqualTo(generation);
            }
        }
    }

    private static void pollUntilBalanced(
            KafkaConsumer<byte[], byte[]> one, KafkaConsumer<byte[], byte[]> other) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while ((one.assignment().size() != 2 || other.assignment().size() != 2)
                && System.nanoTime() < deadline) {
            one.poll(Duration.ofMillis(50));
            other.poll(Duration.ofMillis(50));
        }
        assertThat(one.assignment()).hasSize(2);
        assertThat(other.assignment()).hasSize(2);
    }

    @Test
    void adminsListDescribeAndDeleteGroupsAndOffsets() throws Exception {
        produce(0, 8);
        TopicPartition partition = new TopicPartition(TOPIC, 0);
        try (Admin admin = node.admin();
                KafkaConsumer<byte[], byte[]> consumer = member("consumer", "g", Map.of())) {
            consumer.subscribe(List.of(TOPIC));
            Set<String> seen = new HashSet<>();
            while (seen.size() < 8) {
                take(consumer, seen);
            }
            consumer.commitSync();

            assertThat(admin.listGroups().all().get())
                    .extracting(GroupListing::groupId)
                    .containsExactly("g");
            assertThat(admin.describeConsumerGroups(List.of("g")).all().get().values())
                    .singleElement()
                    .returns(GroupState.STABLE, ConsumerGroupDescription::groupState)
                    .satisfies(described -> assertThat(described.members()).hasSize(1));
            assertThatThrownBy(() -> admin.deleteConsumerGroups(List.of("g")).all().get())
                    .hasCauseInstanceOf(GroupNotEmptyException.class);
            assertThat(
                            offsets(
                                    admin.listConsumerGroupOffsets("g")
                                            .partitionsToOffsetAndMetadata()
                                            .get()))
                    .hasSize(PARTITIONS)
                    .containsEntry(partition, 2L);

            consumer.unsubscribe();
            admin.alterConsumerGroupOffsets("g", Map.of(partition, new OffsetAndMetadata(1)))
                    .all()
                    .get();
            admin.deleteConsumerGroupOffsets("g", Set.of(new TopicPartition(TOPIC, 1))).all().get();
            assertThat(
                            offsets(
                                    admin.listConsumerGroupOffsets("g")
                                            .partitionsToOffsetAndMetadata()
                                            .get()))
                    .hasSize(PARTITIONS - 1)
                    .containsEntry(partition, 1L);
            admin.deleteConsumerGroups(List.of("g")).all().get();
            assertThat(admin.listGroups().all().get()).isEmpty();
            assertThatThrownBy(() -> admin.describeConsumerGroups(List.of("g")).all().get())
                    .hasCauseInstanceOf(GroupIdNotFoundException.class);
        }
    }

    @Test
    void commitsThatCannotBeAreRefusedAsKafkaDoes() {
        TopicPartition partition = new TopicPartition(TOPIC, 0);
        try (KafkaConsumer<byte[], byte[]> alone = member("classic", "alone", Map.of())) {
            alone.assign(List.of(partition));
            assertThatThrownBy(() ->
                            alone.commitSync(
                                    Map.of(partition, new OffsetAndMetadata(1, "x".repeat(5_000)))))
                    .isInstanceOf(OffsetMetadataTooLarge.class);
            try (KafkaConsumer<byte[], byte[]> member = member("classic", "alone", Map.of())) {
                member.subscribe(List.of(TOPIC));
                while (member.assignment().isEmpty()) {
                    member.poll(Duration.ofMillis(50));
                }
                // a group with members takes commits from members only
                assertThatThrownBy(
                                () -> alone.commitSync(Map.of(partition, new OffsetAndMetadata(1))))
                        .isInstanceOfAny(
                                CommitFailedException.class, UnknownMemberIdException.class);
            }
        }
    }

    @Test
    void aNewPartitionIsAssignedAndADeletedTopicIsForgotten() throws Exception {
        node.createTopic("other", 1);
        Map<String, Object> quick =
                Map.of(
                        ConsumerConfig.METADATA_MAX_AGE_CONFIG,
                        300,
                        ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                        false); // else its next metadata request makes the deleted topic again
        try (Admin admin = node.admin();
                KafkaConsumer<byte[], byte[]> consumer = member("consumer", "g", quick)) {
            consumer.subscribe(List.of("other", TOPIC));
            pollUntilAssigned(consumer, PARTITIONS + 1);
            admin.createPartitions(
                            Map.of(
                                    "other",
                                    org.apache.kafka.clients.admin.NewPartitions.increaseTo(3)))
                    .all()
                    .get();
            pollUntilAssigned(consumer, PARTITIONS + 3);
            consumer.commitSync(Map.of(new TopicPartition("other", 0), new OffsetAndMetadata(0)));
            admin.deleteTopics(List.of("other")).all().get();
            pollUntilAssigned(consumer, PARTITIONS);
            List<TopicPartition> left =
                    new ArrayList<>(
                            admin.listConsumerGroupOffsets("g")
                                    .partitionsToOffsetAndMetadata()
                                    .get()
                                    .keySet());
            assertThat(left).isEmpty();
        }
    }

    @Test
    void aGroupMovesToTheNewProtocolAndBackMemberByMember() {
        produce(0, 4);
        for (List<String> protocols :
                List.of(List.of("classic", "consumer"), List.of("consumer", "classic"))) {
            try (KafkaConsumer<byte[], byte[]> after =
                    member(protocols.getLast(), "moving", Map.of())) {
                after.subscribe(List.of(TOPIC));
                try (KafkaConsumer<byte[], byte[]> before =
                        member(protocols.getFirst(), "moving", Map.of())) {
                    before.subscribe(List.of(TOPIC));
                    pollUntilAssigned(before, PARTITIONS);
                    pollUntilBalanced(before, after);
                    before.commitSync();
                }
                pollUntilAssigned(after, PARTITIONS);
                after.commitSync();
            }
        }
    }

    @Test
    void topicsAreChosenByAPatternThatTheServerMatches() throws IOException {
        node.createTopic("other", 1);
        node.createTopic("another", 1);
        try (KafkaConsumer<byte[], byte[]> consumer = member("consumer", "g", Map.of())) {
            consumer.subscribe(new SubscriptionPattern("t|oth.*"));
            pollUntilAssigned(consumer, PARTITIONS + 1);
            assertThat(consumer.assignment()).contains(new TopicPartition("other", 0));
        }
        try (KafkaConsumer<byte[], byte[]> consumer = member("consumer", "wrong", Map.of())) {
            consumer.subscribe(new SubscriptionPattern("("));
            assertThatThrownBy(() -> pollUntilAssigned(consumer, 1))
                    .isInstanceOf(InvalidRegularExpression.class);
        }
    }

    private static void pollUntilAssigned(KafkaConsumer<byte[], byte[]> consumer, int partitions) {
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        while (consumer.assignment().size() != partitions && System.nanoTime() < deadline) {
            consumer.poll(Duration.ofMillis(100));
        }
        assertThat(consumer.assignment()).hasSize(partitions);
    }
}
