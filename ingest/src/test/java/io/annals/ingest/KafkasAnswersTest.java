package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.FetchResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Answers of Apache Kafka that a reading of the protocol does not suggest: what is looked at
/// first, what is null, what is left out. Each was seen there, by `bin/annals-compat differential`.
class KafkasAnswersTest {
    private static final int PRODUCER_EPOCH_AT = 51;

    @TempDir private Path directory;
    private TestNode node;
    private Wire wire;

    @BeforeEach
    void start() throws IOException {
        node = new TestNode(directory, TestNode.Options.defaults());
        node.ingest.topics().create(NewTopic.named("t"), false);
        wire = new Wire(node);
    }

    @AfterEach
    void stop() throws IOException {
        wire.close();
        node.close();
    }

    private ProduceResponseData produce(String topic, int partition, int acks, ByteBuffer batch)
            throws IOException {
        return (ProduceResponseData)
                wire.call(Wire.produceRequest(topic, partition, acks, batch)).data();
    }

    private short produceError(String topic, int partition, int acks, ByteBuffer batch)
            throws IOException {
        return produce(topic, partition, acks, batch)
                .responses()
                .iterator()
                .next()
                .partitionResponses()
                .getFirst()
                .errorCode();
    }

    private static ByteBuffer sound() {
        return Batches.of(CompressionType.NONE, new SimpleRecord(1L, new byte[] {1}));
    }

    @Test
    void where_a_batch_shall_go_is_looked_at_first_then_whether_it_is_one_then_the_acks()
            throws IOException {
        ByteBuffer two = ByteBuffer.allocate(200).put(sound()).put(sound()).flip();
        assertThat(produceError("none", 0, 7, two.duplicate()))
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(produceError("t", 9, 7, two.duplicate()))
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(produceError("t", 0, 7, two.duplicate()))
                .isEqualTo(Errors.INVALID_RECORD.code());
        assertThat(produceError("t", 0, 7, sound())).isEqualTo(Errors.INVALID_REQUIRED_ACKS.code());
    }

    @Test
    void a_producer_without_an_epoch_is_behind_every_epoch() throws IOException {
        ByteBuffer batch = Batches.ofProducer(7, 0, 0, new SimpleRecord(1L, new byte[1]));
        batch.putShort(PRODUCER_EPOCH_AT, (short) -1);
        assertThat(produceError("t", 0, -1, Batches.sealed(batch)))
                .isEqualTo(Errors.INVALID_PRODUCER_EPOCH.code());
    }

    @Test
    void topics_without_partitions_are_left_out() throws IOException {
        ProduceRequestData produce = new ProduceRequestData().setAcks((short) -1);
        produce.topicData().add(new ProduceRequestData.TopicProduceData().setName("t"));
        assertThat(wire.ask(produce, 9, ProduceResponseData.class).responses()).isEmpty();
        assertThat(
                        wire.ask(
                                        new ListOffsetsRequestData()
                                                .setTopics(
                                                        List.of(
                                                                new ListOffsetsRequestData
                                                                                .ListOffsetsTopic()
                                                                        .setName("t"))),
                                        ListOffsetsResponseData.class)
                                .topics())
                .isEmpty();
        assertThat(
                        wire.ask(
                                        new DeleteRecordsRequestData()
                                                .setTopics(
                                                        List.of(
                                                                new DeleteRecordsRequestData
                                                                                .DeleteRecordsTopic()
                                                                        .setName("t"))),
                                        DeleteRecordsResponseData.class)
                                .topics())
                .isEmpty();
        assertThat(
                        wire.ask(
                                        new WriteTxnMarkersRequestData()
                                                .setMarkers(
                                                        List.of(
                                                                new WriteTxnMarkersRequestData
                                                                        .WritableTxnMarker())),
                                        WriteTxnMarkersResponseData.class)
                                .markers())
                .isEmpty();
    }

    @Test
    void a_special_time_that_a_version_does_not_know_is_refused_before_the_partition_is_looked_at()
            throws IOException {
        assertThat(timeError(1, -3)).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
        assertThat(timeError(7, -3)).isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(timeError(7, -7)).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
    }

    private short timeError(int version, long timestamp) throws IOException {
        return wire.ask(
                        new ListOffsetsRequestData()
                                .setReplicaId(-1)
                                .setTopics(
                                        List.of(
                                                new ListOffsetsRequestData.ListOffsetsTopic()
                                                        .setName("none")
                                                        .setPartitions(
                                                                List.of(
                                                                        new ListOffsetsRequestData
                                                                                        .ListOffsetsPartition()
                                                                                .setTimestamp(
                                                                                        timestamp))))),
                        version,
                        ListOffsetsResponseData.class)
                .topics()
                .getFirst()
                .partitions()
                .getFirst()
                .errorCode();
    }

    private FetchResponseData.PartitionData fetch(
            int replica, FetchRequestData.FetchPartition partition) throws IOException {
        FetchRequestData request =
                new FetchRequestData()
                        .setReplicaId(replica)
                        .setSessionEpoch(-1)
                        .setMaxWaitMs(10_000)
                        .setMinBytes(1)
                        .setMaxBytes(1000)
                        .setTopics(
                                List.of(
                                        new FetchRequestData.FetchTopic()
                                                .setTopic("t")
                                                .setPartitions(
                                                        List.of(
                                                                partition.setPartitionMaxBytes(
                                                                        1000)))));
        return wire.ask(request, 12, FetchResponseData.class)
                .responses()
                .getFirst()
                .partitions()
                .getFirst();
    }

    private static FetchRequestData.FetchPartition at(long offset) {
        return new FetchRequestData.FetchPartition().setFetchOffset(offset);
    }

    @Test
    void a_reader_whose_past_the_log_does_not_have_is_told_where_they_part() throws IOException {
        produce("t", 0, -1, sound());
        FetchResponseData.PartitionData parted = fetch(-1, at(5).setLastFetchedEpoch(0));
        assertThat(parted.errorCode()).isZero();
        assertThat(FetchResponse.isDivergingEpoch(parted)).isTrue();
        assertThat(parted.divergingEpoch().epoch()).isZero();
        assertThat(parted.divergingEpoch().endOffset()).isEqualTo(1);
        assertThat(fetch(-1, at(0).setLastFetchedEpoch(1)).errorCode())
                .isEqualTo(Errors.OFFSET_OUT_OF_RANGE.code());
        FetchResponseData.PartitionData read = fetch(-1, at(0).setLastFetchedEpoch(0));
        assertThat(FetchResponse.isDivergingEpoch(read)).isFalse();
        assertThat(FetchResponse.recordsSize(read)).isPositive();
    }

    @Test
    void every_negative_epoch_of_a_reader_is_none() throws IOException {
        produce("t", 0, -1, sound());
        assertThat(fetch(-1, at(0).setCurrentLeaderEpoch(-2)).errorCode()).isZero();
        assertThat(fetch(-1, at(0).setCurrentLeaderEpoch(1)).errorCode())
                .isEqualTo(Errors.UNKNOWN_LEADER_EPOCH.code());
    }

    @Test
    void a_broker_that_wants_to_follow_is_in_no_replica_set() throws IOException {
        produce("t", 0, -1, sound());
        for (int replica : new int[] {0, 1, 2}) {
            assertThat(fetch(replica, at(0)).errorCode())
                    .isEqualTo(Errors.NOT_LEADER_OR_FOLLOWER.code());
            assertThat(fetch(replica, at(0).setCurrentLeaderEpoch(0)).errorCode())
                    .isEqualTo(Errors.UNKNOWN_LEADER_EPOCH.code());
        }
    }

    @Test
    void only_of_a_partition_that_can_be_read_is_told_what_was_aborted() throws IOException {
        assertThat(fetch(-1, at(9)).abortedTransactions()).isNull();
        assertThat(fetch(-1, at(0).setPartition(7)).abortedTransactions()).isEmpty();
    }

    @Test
    void a_marker_of_no_producer_is_refused_where_there_is_a_partition() throws IOException {
        WriteTxnMarkersRequestData request =
                new WriteTxnMarkersRequestData()
                        .setMarkers(
                                List.of(
                                        new WriteTxnMarkersRequestData.WritableTxnMarker()
                                                .setProducerId(-1)
                                                .setTopics(
                                                        List.of(
                                                                new WriteTxnMarkersRequestData
                                                                                .WritableTxnMarkerTopic()
                                                                        .setName("t")
                                                                        .setPartitionIndexes(
                                                                                List.of(0, 9))))));
        assertThat(
                        wire.ask(request, WriteTxnMarkersResponseData.class)
                                .markers()
                                .getFirst()
                                .topics()
                                .getFirst()
                                .partitions())
                .extracting(WriteTxnMarkersResponseData.WritableTxnMarkerPartitionResult::errorCode)
                .containsExactlyInAnyOrder(
                        Errors.INVALID_REQUEST.code(), Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }
}
