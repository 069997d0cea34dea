package io.annals.ingest;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDir;
import org.apache.kafka.common.message.AlterReplicaLogDirsRequestData.AlterReplicaLogDirTopic;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirPartitionResult;
import org.apache.kafka.common.message.AlterReplicaLogDirsResponseData.AlterReplicaLogDirTopicResult;
import org.apache.kafka.common.message.DescribeLogDirsRequestData.DescribableLogDirTopic;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsPartition;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AlterReplicaLogDirsRequest;
import org.apache.kafka.common.requests.DescribeLogDirsRequest;

/// Tells how much of each partition lies in which tier, as Kafka tells of its log directories.
/// Blocking.
final class LogDirectories {
    private static final int LONGEST_NAME = 249;

    private final TopicCatalog topics;
    private final List<LogDirectory> directories;

    LogDirectories(TopicCatalog topics, List<LogDirectory> directories) {
        this.topics = topics;
        this.directories = List.copyOf(directories);
    }

    DescribeLogDirsResponseData describe(DescribeLogDirsRequest request) {
        DescribeLogDirsResponseData response = new DescribeLogDirsResponseData();
        Map<Topic, Iterable<Integer>> asked = asked(request);
        for (LogDirectory directory : directories) {
            DescribeLogDirsResult result =
                    new DescribeLogDirsResult()
                            .setLogDir(directory.location())
                            .setTotalBytes(directory.totalBytes())
                            .setUsableBytes(directory.usableBytes());
            asked.forEach((topic, partitions) ->
                    result.topics().add(described(directory, topic, partitions)));
            response.results().add(result);
        }
        return response;
    }

    /// Partitions that do not exist are left out, as in Kafka.
    private Map<Topic, Iterable<Integer>> asked(DescribeLogDirsRequest request) {
        Map<Topic, Iterable<Integer>> asked = new LinkedHashMap<>();
        if (request.isAllTopicPartitions()) {
            topics.topics().stream()
                    .filter(LogDirectories::isStored)
                    .forEach(topic -> asked.put(topic, partitions(topic)));
            return asked;
        }
        for (DescribableLogDirTopic one : request.data().topics()) {
            topics.topic(one.topic())
                    .filter(LogDirectories::isStored)
                    .ifPresent(topic -> {
                        TreeSet<Integer> partitions = new TreeSet<>(one.partitions());
                        partitions.removeIf(partition -> !topic.hasPartition(partition));
                        if (!partitions.isEmpty()) {
                            asked.put(topic, partitions);
                        }
                    });
        }
        return asked;
    }

    private static boolean isStored(Topic topic) {
        return !VirtualTopics.isVirtual(topic.name());
    }

    private static Iterable<Integer> partitions(Topic topic) {
        return () -> IntStream.range(0, topic.partitionCount()).boxed().iterator();
    }

    private static DescribeLogDirsTopic described(
            LogDirectory directory, Topic topic, Iterable<Integer> partitions) {
        DescribeLogDirsTopic described = new DescribeLogDirsTopic().setName(topic.name());
        long[] sizes = directory.sizeBytes(topic);
        for (int partition : partitions) {
            described
                    .partitions()
                    .add(
                            new DescribeLogDirsPartition()
                                    .setPartitionIndex(partition)
                                    .setPartitionSize(sizes[partition])
                                    .setOffsetLag(0)
                                    .setIsFutureKey(false));
        }
        return described;
    }

    /// Partitions move from tier to tier by themselves: one that is where it shall go stays, and no
    /// other directory can be chosen.
    AlterReplicaLogDirsResponseData move(AlterReplicaLogDirsRequest request) {
        Map<String, AlterReplicaLogDirTopicResult> results = new LinkedHashMap<>();
        for (AlterReplicaLogDir directory : request.data().dirs()) {
            for (AlterReplicaLogDirTopic topic : directory.topics()) {
                AlterReplicaLogDirTopicResult result =
                        results.computeIfAbsent(
                                topic.name(),
                                name -> new AlterReplicaLogDirTopicResult().setTopicName(name));
                for (int partition : topic.partitions()) {
                    result.partitions()
                            .add(
                                    new AlterReplicaLogDirPartitionResult()
                                            .setPartitionIndex(partition)
                                            .setErrorCode(
                                                    move(directory.path(), topic.name(), partition)
                                                            .code()));
                }
            }
        }
        results.values().removeIf(result -> result.partitions().isEmpty());
        return new AlterReplicaLogDirsResponseData().setResults(List.copyOf(results.values()));
    }

    private Errors move(String location, String topic, int partition) {
        if (topic.length() > LONGEST_NAME) { // Kafka has folders of that name
            return Errors.INVALID_TOPIC_EXCEPTION;
        }
        if (directories.stream().noneMatch(one -> one.location().equals(location))) {
            return Errors.LOG_DIR_NOT_FOUND;
        }
        return topics.topic(topic).filter(known -> known.hasPartition(partition)).isPresent()
                ? Errors.NONE
                : Errors.REPLICA_NOT_AVAILABLE;
    }
}
