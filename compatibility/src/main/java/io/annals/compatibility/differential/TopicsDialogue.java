package io.annals.compatibility.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.DeleteRecordsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/// Topics and their settings: created, changed and deleted rightly and wrongly.
final class TopicsDialogue implements Dialogue {
    private static final String TOPIC = "topics";
    private static final int MOST_PAGES = 10;

    /// Settings whose description every Kafka tool shows.
    private static final List<String> SETTINGS =
            List.of("retention.ms", "max.message.bytes", "message.timestamp.type", "nonsense");

    @Override
    public String name() {
        return TOPIC;
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(
                ApiKeys.CREATE_TOPICS,
                ApiKeys.DELETE_TOPICS,
                ApiKeys.CREATE_PARTITIONS,
                ApiKeys.DELETE_RECORDS,
                ApiKeys.DESCRIBE_TOPIC_PARTITIONS,
                ApiKeys.DESCRIBE_CONFIGS,
                ApiKeys.INCREMENTAL_ALTER_CONFIGS);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        conversation.stage(TOPIC, 2);
        create(conversation);
        metadata(conversation);
        partitions(conversation);
        pages(conversation);
        settings(conversation);
        deleteRecords(conversation);
        delete(conversation);
        conversation.askInEveryVersion(new DescribeClusterRequestData());
        conversation.askInEveryVersion(new DescribeClusterRequestData().setEndpointType((byte) 2));
    }

    private static CreateTopicsRequestData.CreatableTopic topic(String name) {
        return new CreateTopicsRequestData.CreatableTopic()
                .setName(name)
                .setNumPartitions(1)
                .setReplicationFactor((short) 1);
    }

    private static CreateTopicsRequestData creating(
            CreateTopicsRequestData.CreatableTopic... topics) {
        CreateTopicsRequestData data = new CreateTopicsRequestData().setTimeoutMs(2_000);
        data.topics().addAll(List.of(topics));
        return data;
    }

    private static CreateTopicsRequestData.CreatableTopic with(
            String name, String setting, @Nullable String value) {
        CreateTopicsRequestData.CreatableTopic topic = topic(name);
        topic.configs()
                .add(
                        new CreateTopicsRequestData.CreatableTopicConfig()
                                .setName(setting)
                                .setValue(value));
        return topic;
    }

    private static void create(Conversation conversation) throws IOException {
        for (String name :
                List.of(TOPIC, "", ".", "..", "a b", "ü", "x".repeat(249), "x".repeat(250))) {
            conversation.ask(creating(topic(name)).setValidateOnly(true));
        }
        for (int partitions : new int[] {0, -1, -2, 3}) {
            conversation.ask(
                    creating(topic("new").setNumPartitions(partitions)).setValidateOnly(true));
        }
        for (int factor : new int[] {0, -1, -2, 2, Short.MAX_VALUE}) {
            conversation.ask(
                    creating(topic("new").setReplicationFactor((short) factor))
                            .setValidateOnly(true));
        }
        List<List<String>> settings =
                List.of(
                        List.of("retention.ms", "1000"),
                        List.of("retention.ms", "x"),
                        List.of("retention.ms", "-2"),
                        List.of("cleanup.policy", "compact"),
                        List.of("cleanup.policy", "nonsense"),
                        List.of("nonsense", "1"),
                        List.of("segment.bytes", "1"),
                        List.of("max.message.bytes", "-1"),
                        List.of("compression.type", "gzip"),
                        List.of("min.insync.replicas", "2"),
                        List.of("", ""));
        for (List<String> setting : settings) {
            conversation.ask(
                    creating(with("new", setting.getFirst(), setting.getLast()))
                            .setValidateOnly(true));
        }
        conversation.ask(creating(with("new", "retention.ms", null)).setValidateOnly(true));
        conversation.askInEveryVersion(
                creating(topic("topics.dotted"), topic("..")).setValidateOnly(true));
        conversation.ask(creating());
    }

    private static void metadata(Conversation conversation) throws IOException {
        for (String name : List.of(TOPIC, "none", "", "..", "a b", "x".repeat(250))) {
            conversation.askInEveryVersion(Requests.metadata(name));
        }
        conversation.askInEveryVersion(Requests.metadata());
        for (Uuid id : List.of(SeededRequests.NO_TOPIC, Uuid.ZERO_UUID)) {
            conversation.ask(
                    new MetadataRequestData()
                            .setTopics(
                                    List.of(
                                            new MetadataRequestData.MetadataRequestTopic()
                                                    .setName(null)
                                                    .setTopicId(id))));
        }
        conversation.ask(Requests.metadata(TOPIC).setIncludeTopicAuthorizedOperations(true));
    }

    private static void partitions(Conversation conversation)
            throws IOException, InterruptedException {
        for (int count : new int[] {3, 2, 1, 0, -1}) {
            for (String name : List.of(TOPIC, "none")) {
                CreatePartitionsRequestData data =
                        new CreatePartitionsRequestData().setTimeoutMs(2_000);
                data.topics()
                        .add(
                                new CreatePartitionsRequestData.CreatePartitionsTopic()
                                        .setName(name)
                                        .setCount(count)
                                        .setAssignments(null));
                conversation.ask(data.duplicate().setValidateOnly(true));
                conversation.ask(data);
                conversation.settle();
            }
        }
    }

    /// Partitions, page by page (KIP-966), and cursors that lead nowhere.
    private static void pages(Conversation conversation) throws IOException {
        List<String> names = List.of(TOPIC, "a-none", "z-none");
        for (int limit : new int[] {1, 2, 3, 1_000, 0, -1}) {
            JsonNode next = conversation.ask(described(names, limit)).path("next_cursor");
            for (int page = 1; next.isObject() && page < MOST_PAGES; page++) {
                next =
                        conversation
                                .ask(
                                        described(names, limit)
                                                .setCursor(
                                                        cursor(
                                                                next.path("topic_name").asText(),
                                                                next.path("partition_index")
                                                                        .asInt())))
                                .path("next_cursor");
            }
        }
        for (String name : List.of(TOPIC, "b-none", "zz", "", "..")) {
            for (int partition : new int[] {0, 2, 3, -1, Integer.MAX_VALUE}) {
                conversation.ask(described(names, 2).setCursor(cursor(name, partition)));
            }
        }
    }

    private static DescribeTopicPartitionsRequestData described(List<String> names, int limit) {
        DescribeTopicPartitionsRequestData data =
                new DescribeTopicPartitionsRequestData().setResponsePartitionLimit(limit);
        for (String name : names) {
            data.topics().add(new DescribeTopicPartitionsRequestData.TopicRequest().setName(name));
        }
        return data;
    }

    private static DescribeTopicPartitionsRequestData.Cursor cursor(String name, int partition) {
        return new DescribeTopicPartitionsRequestData.Cursor()
                .setTopicName(name)
                .setPartitionIndex(partition);
    }

    private static void settings(Conversation conversation)
            throws IOException, InterruptedException {
        for (String name : List.of(TOPIC, "none", "")) {
            describe(conversation, (byte) 2, name);
        }
        for (String name : List.of("1", "7", "", "x")) {
            describe(conversation, (byte) 4, name);
        }
        for (String name : List.of("1", "7", "", "x")) {
            describe(conversation, (byte) 8, name); // loggers
            alterLogger(conversation, name, "root", 0, "INFO");
        }
        alterLogger(conversation, "1", "root", 0, "LOUD");
        alterLogger(conversation, "1", "root", 1, "INFO");
        alterLogger(conversation, "1", "root", 2, "INFO");
        alterLogger(conversation, "1", "nobody", 0, "INFO");
        describe(conversation, (byte) 0, TOPIC);
        describe(conversation, (byte) 99, TOPIC);
        for (int operation : new int[] {0, 1, 2, 3, 4, -1}) {
            for (String setting : SETTINGS) {
                alter(conversation, TOPIC, setting, operation);
            }
            alter(conversation, "none", "retention.ms", operation);
        }
        describe(conversation, (byte) 2, TOPIC);
    }

    private static void alterLogger(
            Conversation conversation, String broker, String logger, int operation, String level)
            throws IOException {
        IncrementalAlterConfigsRequestData data = new IncrementalAlterConfigsRequestData();
        IncrementalAlterConfigsRequestData.AlterConfigsResource resource =
                new IncrementalAlterConfigsRequestData.AlterConfigsResource()
                        .setResourceType((byte) 8)
                        .setResourceName(broker);
        resource.configs()
                .add(
                        new IncrementalAlterConfigsRequestData.AlterableConfig()
                                .setName(logger)
                                .setConfigOperation((byte) operation)
                                .setValue(level));
        data.resources().add(resource);
        conversation.ask(data);
    }

    private static void alter(
            Conversation conversation, String topic, String setting, int operation)
            throws IOException, InterruptedException {
        IncrementalAlterConfigsRequestData data = new IncrementalAlterConfigsRequestData();
        IncrementalAlterConfigsRequestData.AlterConfigsResource resource =
                new IncrementalAlterConfigsRequestData.AlterConfigsResource()
                        .setResourceType((byte) 2)
                        .setResourceName(topic);
        resource.configs()
                .add(
                        new IncrementalAlterConfigsRequestData.AlterableConfig()
                                .setName(setting)
                                .setConfigOperation((byte) operation)
                                .setValue("123456"));
        data.resources().add(resource);
        conversation.ask(data);
        conversation.settle();
    }

    private static void describe(Conversation conversation, byte type, String name)
            throws IOException {
        conversation.askInEveryVersion(
                new DescribeConfigsRequestData()
                        .setIncludeSynonyms(true)
                        .setResources(
                                List.of(
                                        new DescribeConfigsRequestData.DescribeConfigsResource()
                                                .setResourceType(type)
                                                .setResourceName(name)
                                                .setConfigurationKeys(SETTINGS))));
    }

    private static void deleteRecords(Conversation conversation) throws IOException {
        for (long offset : new long[] {1, 0, -1, -2, 4, 1, Long.MAX_VALUE}) {
            for (int partition : new int[] {0, 1, 9}) {
                DeleteRecordsRequestData data = new DeleteRecordsRequestData().setTimeoutMs(2_000);
                data.topics()
                        .add(
                                new DeleteRecordsRequestData.DeleteRecordsTopic()
                                        .setName(TOPIC)
                                        .setPartitions(
                                                List.of(
                                                        new DeleteRecordsRequestData
                                                                        .DeleteRecordsPartition()
                                                                .setPartitionIndex(partition)
                                                                .setOffset(offset))));
                conversation.ask(data);
            }
        }
    }

    private static void delete(Conversation conversation) throws IOException, InterruptedException {
        short names = 5;
        for (String name : List.of("none", "", TOPIC, TOPIC)) {
            conversation.ask(
                    new DeleteTopicsRequestData().setTimeoutMs(2_000).setTopicNames(List.of(name)),
                    names);
            conversation.settle();
        }
        for (Uuid id : List.of(SeededRequests.NO_TOPIC, Uuid.ZERO_UUID)) {
            conversation.ask(
                    new DeleteTopicsRequestData()
                            .setTimeoutMs(2_000)
                            .setTopics(
                                    List.of(
                                            new DeleteTopicsRequestData.DeleteTopicState()
                                                    .setName(null)
                                                    .setTopicId(id))));
        }
        conversation.ask(Requests.metadata(TOPIC));
    }
}
