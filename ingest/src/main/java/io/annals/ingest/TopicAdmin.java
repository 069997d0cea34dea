package io.annals.ingest;

import io.annals.ingest.internal.InternalTopic;
import io.annals.wal.PartitionState;
import io.annals.wal.WriteAheadLog;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsPartition;
import org.apache.kafka.common.message.DeleteRecordsRequestData.DeleteRecordsTopic;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsPartitionResult;
import org.apache.kafka.common.message.DeleteRecordsResponseData.DeleteRecordsTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.CreatePartitionsRequest;
import org.apache.kafka.common.requests.CreateTopicsRequest;
import org.apache.kafka.common.requests.DeleteRecordsRequest;
import org.apache.kafka.common.requests.DeleteRecordsResponse;

/// The admin requests that change topics, as Kafka's messages. Blocking.
final class TopicAdmin {
    private final TopicCatalog topics;
    private final WriteAheadLog wal;
    private final SettingsView view;

    TopicAdmin(TopicCatalog topics, WriteAheadLog wal, SettingsView view) {
        this.topics = topics;
        this.wal = wal;
        this.view = view;
    }

    CreateTopicsResponseData createTopics(CreateTopicsRequest request) {
        CreateTopicsResponseData response = new CreateTopicsResponseData();
        for (CreatableTopic wanted : request.data().topics()) {
            boolean isDuplicate = request.data().topics().findAll(wanted.name()).size() > 1;
            if (response.topics().find(wanted.name()) == null) {
                response.topics()
                        .add(
                                isDuplicate
                                        ? refused(
                                                wanted.name(),
                                                new ApiError(
                                                        Errors.INVALID_REQUEST,
                                                        "Duplicate topic name."))
                                        : create(wanted, request.data().validateOnly()));
            }
        }
        return response;
    }

    private static CreatableTopicResult refused(String name, ApiError error) {
        return new CreatableTopicResult()
                .setName(name)
                .setErrorCode(error.error().code())
                .setErrorMessage(error.message());
    }

    private CreatableTopicResult create(CreatableTopic wanted, boolean validateOnly) {
        Optional<ApiError> unusable = topics.refusalOfName(wanted.name());
        if (unusable.isPresent()) {
            return refused(wanted.name(), unusable.get());
        }
        List<String> withoutValue =
                wanted.configs().stream()
                        .filter(config -> config.value() == null)
                        .map(CreatableTopicConfig::name)
                        .toList();
        if (!withoutValue.isEmpty()) {
            return refused(
                    wanted.name(),
                    new ApiError(
                            Errors.INVALID_CONFIG,
                            "Null value not supported for topic configs: "
                                    + String.join(",", withoutValue)));
        }
        Map<String, String> configs = new HashMap<>();
        wanted.configs().forEach(config -> configs.put(config.name(), config.value()));
        TopicOutcome outcome =
                topics.create(
                        new NewTopic(
                                wanted.name(),
                                wanted.numPartitions(),
                                wanted.replicationFactor(),
                                List.copyOf(wanted.assignments()),
                                configs),
                        validateOnly);
        return switch (outcome) {
            case TopicOutcome.Refused refused -> refused(wanted.name(), refused.error());
            case TopicOutcome.Done done ->
                    new CreatableTopicResult()
                            .setName(wanted.name())
                            .setErrorMessage(null)
                            .setTopicId(validateOnly ? Uuid.ZERO_UUID : done.topic().id())
                            .setNumPartitions(done.topic().partitionCount())
                            .setReplicationFactor((short) 1)
                            .setConfigs(creatable(view.ofTopic(done.topic().configs())));
        };
    }

    private static List<CreatableTopicConfigs> creatable(List<SettingsView.Setting> settings) {
        return settings.stream()
                .map(setting ->
                        new CreatableTopicConfigs()
                                .setName(setting.name())
                                .setValue(setting.value())
                                .setReadOnly(setting.readOnly())
                                .setConfigSource(setting.source().id())
                                .setIsSensitive(false))
                .toList();
    }

    CreatePartitionsResponseData createPartitions(CreatePartitionsRequest request) {
        CreatePartitionsResponseData response = new CreatePartitionsResponseData();
        Set<String> repeated = new HashSet<>();
        for (CreatePartitionsTopic wanted : request.data().topics()) {
            Optional<List<List<Integer>>> assignments =
                    Optional.ofNullable(wanted.assignments())
                            .map(given ->
                                    given.stream()
                                            .map(CreatePartitionsAssignment::brokerIds)
                                            .toList());
            boolean isRepeated = request.data().topics().findAll(wanted.name()).size() > 1;
            if (isRepeated && !repeated.add(wanted.name())) {
                continue;
            }
            ApiError error =
                    isRepeated
                            ? new ApiError(Errors.INVALID_REQUEST, "Duplicate topic name.")
                            : topics.createPartitions(
                                            wanted.name(),
                                            wanted.count(),
                                            assignments,
                                            request.data().validateOnly())
                                    .error();
            response.results()
                    .add(
                            new CreatePartitionsTopicResult()
                                    .setName(wanted.name())
                                    .setErrorCode(error.error().code())
                                    .setErrorMessage(error.message()));
        }
        return response;
    }

    DeleteRecordsResponseData deleteRecords(DeleteRecordsRequest request) {
        DeleteRecordsResponseData response = new DeleteRecordsResponseData();
        for (DeleteRecordsTopic asked : request.data().topics()) {
            DeleteRecordsTopicResult result = new DeleteRecordsTopicResult().setName(asked.name());
            deleteRecords(asked).forEach(result.partitions()::mustAdd);
            if (!result.partitions().isEmpty()) {
                response.topics().mustAdd(result);
            }
        }
        return response;
    }

    private List<DeleteRecordsPartitionResult> deleteRecords(DeleteRecordsTopic asked) {
        List<DeleteRecordsPartitionResult> results = new ArrayList<>();
        Map<Integer, Long> newStartOffsets = new HashMap<>();
        Optional<Topic> topic = topics.topic(asked.name());
        for (DeleteRecordsPartition partition : asked.partitions()) {
            DeleteRecordsPartitionResult result =
                    new DeleteRecordsPartitionResult()
                            .setPartitionIndex(partition.partitionIndex())
                            .setLowWatermark(DeleteRecordsResponse.INVALID_LOW_WATERMARK);
            results.add(result);
            Optional<Topic> found =
                    topic.filter(known -> known.hasPartition(partition.partitionIndex()));
            Errors forbidden = found.map(TopicAdmin::mayNotDeleteRecords).orElse(Errors.NONE);
            if (forbidden != Errors.NONE) {
                result.setErrorCode(forbidden.code());
                continue;
            }
            Optional<PartitionState> state =
                    found.flatMap(
                            known -> wal.partition(known.partition(partition.partitionIndex())));
            if (state.isEmpty()) {
                result.setErrorCode(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
                continue;
            }
            long offset =
                    partition.offset() == DeleteRecordsRequest.HIGH_WATERMARK
                            ? state.get().highWatermark()
                            : partition.offset();
            if (offset < 0 || offset > state.get().highWatermark()) {
                result.setErrorCode(Errors.OFFSET_OUT_OF_RANGE.code());
            } else {
                newStartOffsets.put(partition.partitionIndex(), offset);
            }
        }
        if (!newStartOffsets.isEmpty()) {
            tellLowWatermarks(results, topics.deleteRecords(asked.name(), newStartOffsets));
        }
        return results;
    }

    /// Why clients may not delete records of a topic: as in Kafka, of one that is compacted and
    /// nothing else only compaction takes records.
    private static Errors mayNotDeleteRecords(Topic topic) {
        if (InternalTopic.isInternal(topic.name())) {
            return Errors.INVALID_TOPIC_EXCEPTION;
        }
        return topic.settings().onlyCompacted() || VirtualTopics.isVirtual(topic.name())
                ? Errors.POLICY_VIOLATION
                : Errors.NONE;
    }

    private static void tellLowWatermarks(
            List<DeleteRecordsPartitionResult> results, TopicOutcome outcome) {
        for (DeleteRecordsPartitionResult result : results) {
            if (result.errorCode() != Errors.NONE.code()) {
                continue;
            }
            switch (outcome) {
                case TopicOutcome.Done done ->
                        result.setLowWatermark(
                                done.topic().logStartOffsets().get(result.partitionIndex()));
                case TopicOutcome.Refused refused ->
                        result.setErrorCode(refused.error().error().code());
            }
        }
    }
}
