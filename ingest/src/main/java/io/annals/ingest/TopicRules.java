package io.annals.ingest;

import io.annals.ingest.internal.InternalTopic;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.protocol.Errors;

/// Decides what a change to a topic leads to, by Kafka's rules and with Kafka's errors. Pure: looks
/// at a snapshot, touches nothing.
final class TopicRules {
    /// Kafka's bound for one request (KIP-599), here for one topic.
    static final int MAX_PARTITIONS = 10_000;

    /// All topics together: each partition costs memory in the log and in the registry.
    static final int MAX_PARTITIONS_TOTAL = 200_000;

    private static final long FIRST_VERSION = 1;

    private static final Map<String, String> INTERNAL_CONFIGS =
            Map.of(
                    TopicSettingDefinitions.CLEANUP_POLICY,
                    TopicSettingDefinitions.COMPACT,
                    TopicSettingDefinitions.INDEX_ENABLE,
                    "false");

    static final TopicOutcome UNKNOWN =
            TopicOutcome.Refused.because(
                    Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.UNKNOWN_TOPIC_OR_PARTITION.message());

    private final int nodeId;
    private final int defaultPartitions;
    private final ConfigDef settings;

    TopicRules(int nodeId, int defaultPartitions, ConfigDef settings) {
        this.nodeId = nodeId;
        this.defaultPartitions = defaultPartitions;
        this.settings = settings;
    }

    TopicOutcome create(RegistrySnapshot snapshot, NewTopic wanted, Uuid id, long nowMs) {
        Optional<TopicOutcome> refused =
                checkNewName(snapshot, wanted.name())
                        .or(() -> checkSettings(wanted.configs()))
                        .or(() -> checkShape(wanted));
        if (refused.isPresent()) {
            return refused.get();
        }
        int partitions =
                wanted.assignments().isEmpty()
                        ? partitionCount(wanted.partitions())
                        : wanted.assignments().size();
        Optional<TopicOutcome> tooMany = checkTotal(snapshot, partitions);
        if (tooMany.isPresent()) {
            return tooMany.get();
        }
        return new TopicOutcome.Done(
                new TopicMetadata(
                        id,
                        wanted.name(),
                        FIRST_VERSION,
                        wanted.configs(),
                        Collections.nCopies(partitions, 0L),
                        nowMs,
                        false));
    }

    /// Whether a topic of this name can be made.
    static Optional<TopicOutcome> checkNewName(RegistrySnapshot snapshot, String name) {
        return refuseExisting(snapshot, name)
                .or(() -> refuseInternal(name, "create"))
                .or(() -> refuseVirtual(name))
                .or(() -> checkName(snapshot, name));
    }

    TopicOutcome createInternal(
            RegistrySnapshot snapshot, InternalTopic topic, int partitions, Uuid id, long nowMs) {
        return refuseExisting(snapshot, topic.topicName())
                .or(() -> checkTotal(snapshot, partitions))
                .orElseGet(() ->
                        new TopicOutcome.Done(
                                new TopicMetadata(
                                        id,
                                        topic.topicName(),
                                        FIRST_VERSION,
                                        INTERNAL_CONFIGS,
                                        Collections.nCopies(partitions, 0L),
                                        nowMs,
                                        false)));
    }

    private static Optional<TopicOutcome> refuseExisting(RegistrySnapshot snapshot, String name) {
        return snapshot.topic(name).isPresent()
                ? refuse(Errors.TOPIC_ALREADY_EXISTS, "Topic '%s' already exists.".formatted(name))
                : Optional.empty();
    }

    /// Internal topics are the server's own: their state would be lost, or their keys looked for in
    /// the wrong partition.
    private static Optional<TopicOutcome> refuseInternal(String name, String change) {
        return InternalTopic.isInternal(name)
                ? refuse(
                        Errors.INVALID_TOPIC_EXCEPTION,
                        "Cannot %s internal topic %s.".formatted(change, name))
                : Optional.empty();
    }

    private static Optional<TopicOutcome> refuseVirtual(String name) {
        return VirtualTopics.isVirtual(name)
                ? refuse(
                        Errors.INVALID_TOPIC_EXCEPTION,
                        "Names that begin with '%s' belong to queries; open one over HTTP."
                                .formatted(VirtualTopics.NAME_PREFIX))
                : Optional.empty();
    }

    private int partitionCount(int wanted) {
        return wanted == -1 ? defaultPartitions : wanted;
    }

    private static Optional<TopicOutcome> checkName(RegistrySnapshot snapshot, String name) {
        try {
            Topic.validate(name);
        } catch (InvalidTopicException invalid) {
            return refuse(Errors.INVALID_TOPIC_EXCEPTION, String.valueOf(invalid.getMessage()));
        }
        if (!Topic.hasCollisionChars(name)) {
            return Optional.empty();
        }
        return snapshot.topics().stream()
                .filter(other -> Topic.hasCollision(name, other.name()))
                .findFirst()
                .flatMap(other ->
                        refuse(
                                Errors.INVALID_TOPIC_EXCEPTION,
                                "Topic '%s' collides with existing topic: %s"
                                        .formatted(name, other.name())));
    }

    private Optional<TopicOutcome> checkShape(NewTopic wanted) {
        if (!wanted.assignments().isEmpty()) {
            if (wanted.replicationFactor() != -1) {
                return refuse(
                        Errors.INVALID_REQUEST,
                        "A manual partition assignment was specified, but replication factor was"
                                + " not set to -1.");
            }
            return wanted.partitions() != -1
                    ? refuse(
                            Errors.INVALID_REQUEST,
                            "A manual partition assignment was specified, but numPartitions was"
                                    + " not set to -1.")
                    : checkNumbered(wanted.assignments());
        }
        int replicas = wanted.replicationFactor();
        if (replicas < -1 || replicas == 0) {
            return refuse(
                    Errors.INVALID_REPLICATION_FACTOR,
                    "Replication factor must be larger than 0, or -1 to use the default value.");
        }
        int partitions = partitionCount(wanted.partitions());
        if (partitions < 1) {
            return refuse(
                    Errors.INVALID_PARTITIONS,
                    "Number of partitions was set to an invalid non-positive value.");
        }
        if (replicas > 1) {
            return refuse(
                    Errors.INVALID_REPLICATION_FACTOR,
                    "Unable to replicate the partition %d time(s): The target replication factor of"
                                    .formatted(replicas)
                            + " %d cannot be reached because only 1 broker(s) are registered."
                                    .formatted(replicas));
        }
        return partitions > MAX_PARTITIONS
                ? refuse(Errors.INVALID_PARTITIONS, partitionsAllowed(partitions))
                : Optional.empty();
    }

    private Optional<TopicOutcome> checkNumbered(List<CreatableReplicaAssignment> assignments) {
        Set<Integer> seen = new HashSet<>();
        for (CreatableReplicaAssignment assignment : assignments) {
            if (!seen.add(assignment.partitionIndex())) {
                return refuse(
                        Errors.INVALID_REPLICA_ASSIGNMENT,
                        "Found multiple manual partition assignments for partition "
                                + assignment.partitionIndex());
            }
        }
        return checkAssignments(
                        assignments.stream().map(CreatableReplicaAssignment::brokerIds).toList())
                .or(() ->
                        seen.stream().allMatch(index -> index >= 0 && index < seen.size())
                                ? Optional.empty()
                                : refuse(
                                        Errors.INVALID_REPLICA_ASSIGNMENT,
                                        "partitions should be a consecutive 0-based integer sequence"));
    }

    private static Optional<TopicOutcome> checkTotal(RegistrySnapshot snapshot, int added) {
        long present = snapshot.topics().stream().mapToLong(TopicMetadata::partitionCount).sum();
        return present + added > MAX_PARTITIONS_TOTAL
                ? refuse(
                        Errors.POLICY_VIOLATION,
                        "There are %d partitions, allowed are %d."
                                .formatted(present, MAX_PARTITIONS_TOTAL))
                : Optional.empty();
    }

    private static String partitionsAllowed(int wanted) {
        return "Number of partitions is %d, allowed are 1 to %d.".formatted(wanted, MAX_PARTITIONS);
    }

    private Optional<TopicOutcome> checkAssignments(List<List<Integer>> assignments) {
        if (assignments.size() > MAX_PARTITIONS) {
            return refuse(Errors.INVALID_PARTITIONS, partitionsAllowed(assignments.size()));
        }
        return assignments.stream()
                .flatMap(brokers -> BrokerAssignment.refusal(brokers, nodeId).stream())
                .findFirst()
                .map(TopicOutcome.Refused::new);
    }

    /// Whether these settings, all that the topic will set itself, are valid.
    Optional<TopicOutcome> checkSettings(Map<String, String> configs) {
        for (String name : configs.keySet()) {
            if (!settings.names().contains(name)) {
                return refuse(Errors.INVALID_CONFIG, "Unknown topic config name: " + name);
            }
        }
        try {
            checkLocal(new AbstractConfig(settings, configs, false));
            return Optional.empty();
        } catch (ConfigException invalid) {
            return refuse(Errors.INVALID_CONFIG, String.valueOf(invalid.getMessage()));
        }
    }

    /// @param defaults of topics that do not set it themselves, by topic setting name
    /// @throws ConfigException if one is not allowed, or they contradict each other
    static void checkDefaults(Map<String, String> defaults) {
        checkLocal(new AbstractConfig(TopicSettingDefinitions.with(defaults), Map.of(), false));
    }

    private static void checkLocal(AbstractConfig config) {
        checkLocal(
                config,
                TopicSettingDefinitions.LOCAL_RETENTION_BYTES,
                TopicSettingDefinitions.RETENTION_BYTES);
        checkLocal(
                config,
                TopicSettingDefinitions.LOCAL_RETENTION_MS,
                TopicSettingDefinitions.RETENTION_MS);
    }

    private Optional<TopicOutcome> checkInternalSettings(Map<String, String> configs) {
        return configs.entrySet().containsAll(INTERNAL_CONFIGS.entrySet())
                ? checkSettings(configs)
                : refuse(
                        Errors.INVALID_CONFIG,
                        "An internal topic keeps %s.".formatted(INTERNAL_CONFIGS));
    }

    /// What settings for a topic that does not exist lead to: what is wrong with them comes first,
    /// as in Kafka.
    TopicOutcome configureUnknown(String name, Map<String, String> configs) {
        if (!Topic.isValid(name)) {
            return TopicOutcome.Refused.because(
                    Errors.INVALID_TOPIC_EXCEPTION, "Topic name is invalid: " + name);
        }
        return checkSettings(configs).orElse(UNKNOWN);
    }

    /// @throws ConfigException if a value is not allowed
    TopicSettings parse(Map<String, String> configs) {
        return TopicSettings.of(new AbstractConfig(settings, configs, false));
    }

    /// The hot tier keeps nothing that the topic does not (KIP-405).
    private static void checkLocal(AbstractConfig config, String local, String whole) {
        long kept = config.getLong(local);
        long all = config.getLong(whole);
        if (all >= 0 && kept == -1) {
            throw new ConfigException(
                    local,
                    kept,
                    "Value must not be -1 as %s value is set as %d.".formatted(whole, all));
        }
        if (all >= 0 && kept > all) {
            throw new ConfigException(
                    local,
                    kept,
                    "Value must not be more than %s property value: %d".formatted(whole, all));
        }
    }

    /// @param assignments the brokers of each new partition, empty if the client does not care
    TopicOutcome grow(
            RegistrySnapshot snapshot,
            TopicMetadata topic,
            int count,
            Optional<List<List<Integer>>> assignments) {
        int current = topic.partitionCount();
        if (count <= current) {
            return TopicOutcome.Refused.because(
                    Errors.INVALID_PARTITIONS, cannotGrow(topic.name(), current, count));
        }
        if (count > MAX_PARTITIONS) {
            return TopicOutcome.Refused.because(Errors.POLICY_VIOLATION, partitionsAllowed(count));
        }
        int assigned = assignments.map(List::size).orElse(count - current);
        if (assigned != count - current) {
            return TopicOutcome.Refused.because(
                    Errors.INVALID_REPLICA_ASSIGNMENT,
                    "Attempted to add %d additional partition(s), but only %d assignment(s) were specified."
                            .formatted(count - current, assigned));
        }
        Optional<TopicOutcome> refused =
                refuseInternal(topic.name(), "add partitions to")
                        .or(() -> assignments.flatMap(this::checkAssignments))
                        .or(() -> checkTotal(snapshot, count - current));
        if (refused.isPresent()) {
            return refused.get();
        }
        List<Long> logStartOffsets = new ArrayList<>(topic.logStartOffsets());
        logStartOffsets.addAll(Collections.nCopies(count - current, 0L));
        return new TopicOutcome.Done(next(topic, topic.configs(), logStartOffsets, false));
    }

    private static String cannotGrow(String topic, int current, int count) {
        if (count == current) {
            return "Topic already has %d partition(s).".formatted(current);
        }
        return "The topic %s currently has %d partition(s); %d would not be an increase."
                .formatted(topic, current, count);
    }

    TopicOutcome configure(TopicMetadata topic, Map<String, String> configs) {
        Optional<TopicOutcome> refused =
                InternalTopic.isInternal(topic.name())
                        ? checkInternalSettings(configs)
                        : checkSettings(configs);
        return refused.orElseGet(
                () -> new TopicOutcome.Done(next(topic, configs, topic.logStartOffsets(), false)));
    }

    /// Raises log start offsets; an offset below the present one changes nothing.
    TopicOutcome deleteRecords(TopicMetadata topic, Map<Integer, Long> newStartOffsets) {
        Optional<TopicOutcome> refused = refuseInternal(topic.name(), "delete records of");
        if (refused.isPresent()) {
            return refused.get();
        }
        Map<Integer, Long> raised = new HashMap<>(newStartOffsets);
        List<Long> logStartOffsets = new ArrayList<>(topic.logStartOffsets());
        raised.forEach((partition, offset) ->
                logStartOffsets.set(partition, Math.max(offset, logStartOffsets.get(partition))));
        return new TopicOutcome.Done(next(topic, topic.configs(), logStartOffsets, false));
    }

    TopicOutcome delete(TopicMetadata topic) {
        return refuseInternal(topic.name(), "delete")
                .orElseGet(() ->
                        new TopicOutcome.Done(
                                next(topic, topic.configs(), topic.logStartOffsets(), true)));
    }

    private static TopicMetadata next(
            TopicMetadata topic,
            Map<String, String> configs,
            List<Long> logStartOffsets,
            boolean deleted) {
        return new TopicMetadata(
                topic.id(),
                topic.name(),
                topic.version() + 1,
                configs,
                logStartOffsets,
                topic.createdAtMs(),
                deleted);
    }

    private static Optional<TopicOutcome> refuse(Errors error, String message) {
        return Optional.of(TopicOutcome.Refused.because(error, message));
    }
}
