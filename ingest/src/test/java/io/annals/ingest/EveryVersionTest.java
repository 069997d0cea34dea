package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is advertised is answered, in every version.
class EveryVersionTest {
    private static final int PARTITIONS = 8;

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

    private List<ApiVersion> advertised() throws IOException {
        try (Wire wire = new Wire(node)) {
            ApiVersionsResponse response =
                    (ApiVersionsResponse)
                            wire.call(
                                    new ApiVersionsRequest(
                                            new ApiVersionsRequestData()
                                                    .setClientSoftwareName("test")
                                                    .setClientSoftwareVersion("1"),
                                            (short) 3));
            return new ArrayList<>(response.data().apiKeys());
        }
    }

    @Test
    void every_advertised_version_answers_success_and_error() throws IOException {
        for (ApiVersion api : advertised()) {
            ApiKeys key = ApiKeys.forId(api.apiKey());
            int oldest = Math.max(api.minVersion(), key.oldestVersion());
            for (int version = oldest; version <= api.maxVersion(); version++) {
                for (boolean exists : new boolean[] {true, false}) {
                    try (Wire wire = new Wire(node)) {
                        AbstractRequest request = request(key, (short) version, exists);
                        assertThat(wire.call(request))
                                .as("%s version %d, %s", key, version, exists)
                                .isNotNull();
                    }
                }
            }
        }
    }

    private AbstractRequest request(ApiKeys key, short version, boolean exists) {
        ApiMessage data = data(key, version, exists ? "t" : "none", exists);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        java.nio.ByteBuffer bytes = java.nio.ByteBuffer.allocate(data.size(cache, version));
        data.write(new org.apache.kafka.common.protocol.ByteBufferAccessor(bytes), cache, version);
        return AbstractRequest.parseRequest(
                        key,
                        version,
                        new org.apache.kafka.common.protocol.ByteBufferAccessor(bytes.flip()))
                .request;
    }

    private ApiMessage data(ApiKeys key, short version, String topic, boolean exists) {
        Uuid id = exists ? topicId : Uuid.randomUuid();
        return switch (key) {
            case API_VERSIONS ->
                    new ApiVersionsRequestData()
                            .setClientSoftwareName("test")
                            .setClientSoftwareVersion(exists ? "1" : " ");
            case METADATA ->
                    new MetadataRequestData()
                            .setTopics(
                                    List.of(
                                            new MetadataRequestData.MetadataRequestTopic()
                                                    .setName(topic)))
                            .setAllowAutoTopicCreation(version < 4);
            case PRODUCE -> produce(version, topic, id);
            case FETCH -> fetch(version, topic, id);
            case LIST_OFFSETS -> listOffsets(topic);
            case CREATE_TOPICS -> createTopics("v" + version, exists);
            case DELETE_TOPICS -> deleteTopics(version, exists);
            case CREATE_PARTITIONS -> {
                var data = new CreatePartitionsRequestData().setValidateOnly(true);
                data.topics()
                        .add(
                                new CreatePartitionsRequestData.CreatePartitionsTopic()
                                        .setName(topic)
                                        .setAssignments(null)
                                        .setCount(PARTITIONS + 1));
                yield data;
            }
            case DELETE_RECORDS -> {
                var data = new DeleteRecordsRequestData();
                data.topics()
                        .add(
                                new DeleteRecordsRequestData.DeleteRecordsTopic()
                                        .setName(topic)
                                        .setPartitions(
                                                List.of(
                                                        new DeleteRecordsRequestData
                                                                        .DeleteRecordsPartition()
                                                                .setOffset(0))));
                yield data;
            }
            case DESCRIBE_CONFIGS ->
                    new DescribeConfigsRequestData()
                            .setIncludeSynonyms(true)
                            .setIncludeDocumentation(version >= 3)
                            .setResources(
                                    List.of(
                                            new DescribeConfigsRequestData.DescribeConfigsResource()
                                                    .setResourceType(ConfigResource.Type.TOPIC.id())
                                                    .setConfigurationKeys(null)
                                                    .setResourceName(topic)));
            case INCREMENTAL_ALTER_CONFIGS -> alterConfigs(topic);
            case INIT_PRODUCER_ID ->
                    new InitProducerIdRequestData().setTransactionalId(exists ? null : "tx");
            default ->
                    TransactionRequests.of(key, version, topic)
                            .orElseGet(() ->
                                    GroupRequests.of(
                                            key, version, new TopicIdPartition(id, 0, topic)));
        };
    }

    private static ApiMessage produce(short version, String topic, Uuid id) {
        ProduceRequestData data = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(1000);
        ProduceRequestData.TopicProduceData topicData = new ProduceRequestData.TopicProduceData();
        if (version >= 13) {
            topicData.setTopicId(id);
        } else {
            topicData.setName(topic);
        }
        topicData.setPartitionData(
                List.of(
                        new ProduceRequestData.PartitionProduceData()
                                .setRecords(
                                        MemoryRecords.readableRecords(
                                                Batches.of(
                                                        CompressionType.GZIP,
                                                        new SimpleRecord(
                                                                1_700_000_000_000L,
                                                                new byte[9]))))));
        data.topicData().add(topicData);
        return data;
    }

    private static ApiMessage fetch(short version, String topic, Uuid id) {
        FetchRequestData data =
                new FetchRequestData()
                        .setMaxWaitMs(10)
                        .setMinBytes(1)
                        .setSessionEpoch(version >= 7 ? 0 : -1);
        FetchRequestData.FetchTopic fetchTopic = new FetchRequestData.FetchTopic();
        if (version >= 13) {
            fetchTopic.setTopicId(id);
        } else {
            fetchTopic.setTopic(topic);
        }
        fetchTopic.setPartitions(
                List.of(new FetchRequestData.FetchPartition().setPartitionMaxBytes(1000)));
        data.topics().add(fetchTopic);
        return data;
    }

    private static ApiMessage listOffsets(String topic) {
        List<ListOffsetsRequestData.ListOffsetsPartition> partitions = new ArrayList<>();
        for (int i = 0; i < PARTITIONS; i++) { // every special timestamp, and 0 and 1
            partitions.add(
                    new ListOffsetsRequestData.ListOffsetsPartition()
                            .setPartitionIndex(i)
                            .setTimestamp(i - 6));
        }
        ListOffsetsRequestData data = new ListOffsetsRequestData().setReplicaId(-1);
        data.topics()
                .add(
                        new ListOffsetsRequestData.ListOffsetsTopic()
                                .setName(topic)
                                .setPartitions(partitions));
        return data;
    }

    private static ApiMessage createTopics(String name, boolean valid) {
        CreateTopicsRequestData data = new CreateTopicsRequestData().setTimeoutMs(1000);
        data.topics()
                .add(
                        new CreateTopicsRequestData.CreatableTopic()
                                .setName(valid ? name : "..")
                                .setNumPartitions(1)
                                .setReplicationFactor((short) 1));
        return data;
    }

    private ApiMessage deleteTopics(short version, boolean exists) {
        String name = exists ? "d" + version : "none";
        node.ingest.topics().create(NewTopic.named("d" + version), false);
        return version >= 6
                ? new DeleteTopicsRequestData()
                        .setTopics(
                                List.of(
                                        new DeleteTopicsRequestData.DeleteTopicState()
                                                .setName(name)))
                : new DeleteTopicsRequestData().setTopicNames(List.of(name));
    }

    private static ApiMessage alterConfigs(String topic) {
        IncrementalAlterConfigsRequestData data = new IncrementalAlterConfigsRequestData();
        IncrementalAlterConfigsRequestData.AlterConfigsResource resource =
                new IncrementalAlterConfigsRequestData.AlterConfigsResource()
                        .setResourceType(ConfigResource.Type.TOPIC.id())
                        .setResourceName(topic);
        resource.configs()
                .add(
                        new IncrementalAlterConfigsRequestData.AlterableConfig()
                                .setName("annals.fsync")
                                .setConfigOperation(AlterConfigOp.OpType.SET.id())
                                .setValue("batch"));
        data.resources().add(resource);
        return data;
    }
}
