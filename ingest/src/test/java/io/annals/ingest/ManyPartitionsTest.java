package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Thousands of partitions in one fetch.
class ManyPartitionsTest {
    private static final int PARTITIONS = 5_000;
    private static final short BY_ID = 17;

    @TempDir private Path directory;
    private TestNode node;
    private Uuid topicId;

    @BeforeEach
    void start() throws IOException {
        node = new TestNode(directory, TestNode.Options.defaults());
        topicId = node.createTopic("t", PARTITIONS);
    }

    @AfterEach
    void stop() throws IOException {
        node.close();
    }

    private void produceTo(Set<Integer> partitions) {
        try (KafkaProducer<byte[], byte[]> producer = node.producer(Map.of())) {
            partitions.forEach(partition ->
                    producer.send(new ProducerRecord<>("t", partition, null, new byte[10])));
        }
    }

    @Test
    void a_stock_consumer_of_all_of_them_hears_of_each_record_once_through_one_session() {
        Set<Integer> written = new HashSet<>();
        for (int i = 0; i < PARTITIONS; i += 97) {
            written.add(i);
        }
        try (KafkaConsumer<byte[], byte[]> consumer = node.consumer(Map.of())) {
            List<TopicPartition> all = new ArrayList<>();
            for (int i = 0; i < PARTITIONS; i++) {
                all.add(new TopicPartition("t", i));
            }
            consumer.assign(all);
            consumer.poll(Duration.ofSeconds(2));
            produceTo(written);
            List<Integer> read = new ArrayList<>();
            while (read.size() < written.size()) {
                for (ConsumerRecord<byte[], byte[]> one : consumer.poll(Duration.ofSeconds(20))) {
                    read.add(one.partition());
                }
            }
            assertThat(read).containsExactlyInAnyOrderElementsOf(written);
            assertThat(node.sessions.size()).isOne();
            assertThat(node.sessions.partitions()).isEqualTo(PARTITIONS);
        }
    }

    @Test
    void what_follows_the_first_request_names_only_what_is_new() throws IOException {
        try (Wire wire = new Wire(node)) {
            FetchResponseData full = fetch(wire, 0, 0, allPartitions(), 0);
            assertThat(full.responses().getFirst().partitions()).hasSize(PARTITIONS);

            FetchResponseData nothing = fetch(wire, full.sessionId(), 1, List.of(), 0);
            assertThat(nothing.responses()).isEmpty();
            assertThat(nothing.sessionId()).isEqualTo(full.sessionId());

            produceTo(Set.of(4_999));
            FetchResponseData one = fetch(wire, full.sessionId(), 2, List.of(), 20_000);
            assertThat(one.responses())
                    .singleElement()
                    .satisfies(topic ->
                            assertThat(topic.partitions())
                                    .singleElement()
                                    .satisfies(partition ->
                                            assertThat(partition.partitionIndex())
                                                    .isEqualTo(4_999)));

            FetchResponseData repeated = fetch(wire, full.sessionId(), 2, List.of(), 0);
            assertThat(repeated.errorCode()).isEqualTo(Errors.INVALID_FETCH_SESSION_EPOCH.code());
        }
    }

    @Test
    void a_limit_below_a_batch_gives_one_batch_at_a_time_and_every_partition_its_turn()
            throws IOException {
        List<Integer> full = List.of(3, 5, 7);
        produceTo(Set.copyOf(full));
        List<FetchRequestData.FetchPartition> partitions = new ArrayList<>();
        full.forEach(index -> partitions.add(partition(index).setPartitionMaxBytes(1)));
        try (Wire wire = new Wire(node)) {
            FetchResponseData first = fetch(wire, 0, 0, List.of(topic(partitions)), 0);
            Set<Integer> served = new HashSet<>(withRecords(first));
            assertThat(served).hasSize(1);
            for (int epoch = 1; epoch <= 3; epoch++) { // the first one once more
                List<Integer> next =
                        withRecords(fetch(wire, first.sessionId(), epoch, List.of(), 0));
                assertThat(next).hasSize(1);
                served.addAll(next);
            }
            assertThat(served).containsExactlyInAnyOrderElementsOf(full);
        }
    }

    private static List<Integer> withRecords(FetchResponseData response) {
        return response.responses().stream()
                .flatMap(topic -> topic.partitions().stream())
                .filter(partition -> FetchResponse.recordsSize(partition) > 0)
                .map(FetchResponseData.PartitionData::partitionIndex)
                .toList();
    }

    @Test
    void a_topic_that_is_deleted_is_an_error_of_its_partitions_alone() throws IOException {
        Uuid gone = node.createTopic("gone", 1);
        try (Wire wire = new Wire(node)) {
            FetchRequestData.FetchTopic other =
                    new FetchRequestData.FetchTopic()
                            .setTopicId(gone)
                            .setPartitions(List.of(partition(0)));
            FetchResponseData full =
                    fetch(wire, 0, 0, List.of(topic(List.of(partition(0))), other), 0);
            node.ingest.topics().delete(gone);
            assertFails(wire, full.sessionId(), 1, gone, Errors.UNKNOWN_TOPIC_OR_PARTITION);
            node.createTopic("gone", 1);
            assertFails(wire, full.sessionId(), 2, gone, Errors.INCONSISTENT_TOPIC_ID);
            FetchResponseData again = fetch(wire, 0, 0, List.of(other), 0);
            assertThat(again.responses().getFirst().partitions().getFirst().errorCode())
                    .as("who never read it")
                    .isEqualTo(Errors.UNKNOWN_TOPIC_ID.code());
        }
    }

    private static void assertFails(Wire wire, int session, int epoch, Uuid topic, Errors error)
            throws IOException {
        FetchResponseData next = fetch(wire, session, epoch, List.of(), 0);
        assertThat(next.errorCode()).isZero();
        assertThat(next.responses())
                .singleElement()
                .satisfies(failed -> {
                    assertThat(failed.topicId()).isEqualTo(topic);
                    assertThat(failed.partitions().getFirst().errorCode()).isEqualTo(error.code());
                });
    }

    private List<FetchRequestData.FetchTopic> allPartitions() {
        List<FetchRequestData.FetchPartition> partitions = new ArrayList<>();
        for (int i = 0; i < PARTITIONS; i++) {
            partitions.add(partition(i));
        }
        return List.of(topic(partitions));
    }

    private FetchRequestData.FetchTopic topic(List<FetchRequestData.FetchPartition> partitions) {
        return new FetchRequestData.FetchTopic().setTopicId(topicId).setPartitions(partitions);
    }

    private static FetchRequestData.FetchPartition partition(int index) {
        return new FetchRequestData.FetchPartition()
                .setPartition(index)
                .setPartitionMaxBytes(1 << 20);
    }

    private static FetchResponseData fetch(
            Wire wire,
            int sessionId,
            int epoch,
            List<FetchRequestData.FetchTopic> topics,
            int waitMs)
            throws IOException {
        FetchRequestData data =
                new FetchRequestData()
                        .setMaxWaitMs(waitMs)
                        .setMinBytes(1)
                        .setMaxBytes(50 << 20)
                        .setSessionId(sessionId)
                        .setSessionEpoch(epoch)
                        .setTopics(topics);
        return ((FetchResponse) wire.call(new FetchRequest(data, BY_ID))).data();
    }
}
