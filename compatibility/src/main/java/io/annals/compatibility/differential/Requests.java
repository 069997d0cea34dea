package io.annals.compatibility.differential;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.jspecify.annotations.Nullable;

/// Sound requests about one partition, for dialogues to spoil.
final class Requests {
    private Requests() {}

    static ProduceRequestData produce(String topic, int partition, @Nullable BaseRecords records) {
        ProduceRequestData data = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(2_000);
        data.topicData()
                .add(
                        new ProduceRequestData.TopicProduceData()
                                .setName(topic)
                                .setPartitionData(
                                        List.of(
                                                new ProduceRequestData.PartitionProduceData()
                                                        .setIndex(partition)
                                                        .setRecords(records))));
        return data;
    }

    static FetchRequestData.FetchPartition fetchPartition(int partition, long offset) {
        return new FetchRequestData.FetchPartition()
                .setPartition(partition)
                .setFetchOffset(offset)
                .setPartitionMaxBytes(1 << 20);
    }

    /// Without a session, and without waiting.
    static FetchRequestData fetch(String topic, FetchRequestData.FetchPartition... partitions) {
        return fetch(
                new FetchRequestData.FetchTopic()
                        .setTopic(topic)
                        .setPartitions(List.of(partitions)));
    }

    static FetchRequestData fetch(Uuid topic, FetchRequestData.FetchPartition... partitions) {
        return fetch(
                new FetchRequestData.FetchTopic()
                        .setTopicId(topic)
                        .setPartitions(List.of(partitions)));
    }

    private static FetchRequestData fetch(FetchRequestData.FetchTopic topic) {
        return new FetchRequestData()
                .setReplicaId(-1)
                .setMaxWaitMs(0)
                .setMinBytes(0)
                .setMaxBytes(1 << 20)
                .setSessionEpoch(-1)
                .setTopics(List.of(topic));
    }

    static ListOffsetsRequestData listOffsets(String topic, int partition, long timestamp) {
        ListOffsetsRequestData data = new ListOffsetsRequestData().setReplicaId(-1);
        data.topics()
                .add(
                        new ListOffsetsRequestData.ListOffsetsTopic()
                                .setName(topic)
                                .setPartitions(
                                        new ArrayList<>(
                                                List.of(
                                                        new ListOffsetsRequestData
                                                                        .ListOffsetsPartition()
                                                                .setPartitionIndex(partition)
                                                                .setTimestamp(timestamp)))));
        return data;
    }

    static MetadataRequestData metadata(String... topics) {
        return new MetadataRequestData()
                .setAllowAutoTopicCreation(false)
                .setTopics(
                        List.of(topics).stream()
                                .map(t -> new MetadataRequestData.MetadataRequestTopic().setName(t))
                                .toList());
    }
}
