package io.annals.ingest;

import io.annals.ingest.group.GroupConfigs;
import io.annals.ingest.group.GroupCoordination;
import io.annals.ingest.group.GroupSettings;
import io.annals.ingest.internal.InternalLogReader;
import io.annals.ingest.internal.InternalTopic;
import io.annals.ingest.internal.InternalTopics;
import io.annals.ingest.transaction.TransactionConfig;
import io.annals.ingest.transaction.Transactions;
import io.annals.protocol.RequestHandler;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.metrics.MetricsReporter;

/// Groups and transactions, wired: each asks the other, offsets being part of transactions.
///
/// Thread-safe.
public final class Coordinators implements AutoCloseable {
    private final InternalTopics internalTopics;
    private final GroupCoordination groups;
    private final Transactions transactions;
    private final GroupConfigs groupConfigs;
    private final DynamicSettings dynamicSettings;

    /// @param partitions of each internal topic, when it is made
    /// @param retryAfter how long to wait when the state of a group cannot be read or written
    /// @param groupReporters hear what the group coordinator measures
    public record Settings(
            Map<InternalTopic, Integer> partitions,
            GroupSettings groups,
            TransactionConfig transactions,
            Duration retryAfter,
            List<MetricsReporter> groupReporters) {

        public Settings {
            partitions = Map.copyOf(partitions);
            groupReporters = List.copyOf(groupReporters);
        }
    }

    /// What the coordinators work on.
    ///
    /// @param reader reads internal topics over both tiers
    record Parts(Ingest ingest, WriteAheadLog wal, InternalLogReader reader, InstantSource clock) {}

    Coordinators(Parts parts, int nodeId, Settings settings) {
        TopicCatalog topics = parts.ingest().topics();
        internalTopics = new InternalTopics(topics, parts.wal(), settings.partitions());
        groupConfigs = new GroupConfigs(settings.groups());
        dynamicSettings =
                new DynamicSettings(
                        internalTopics,
                        parts.reader(),
                        parts.clock(),
                        (resource, configs) ->
                                apply(resource, configs, parts.ingest().brokerConfigs()));
        groups =
                new GroupCoordination(
                        topics,
                        internalTopics,
                        new GroupCoordination.Parts(
                                parts.reader(),
                                this::requireMembership,
                                settings.groups(),
                                groupConfigs,
                                parts.clock(),
                                nodeId,
                                settings.retryAfter(),
                                settings.groupReporters()));
        transactions =
                new Transactions(
                        new Transactions.Parts(
                                topics,
                                internalTopics,
                                parts.reader(),
                                parts.wal(),
                                groups,
                                parts.ingest().producerIds()),
                        settings.transactions(),
                        parts.clock());
    }

    /// Of other types, nothing is ever kept.
    private void apply(
            ConfigResource resource, Map<String, String> configs, BrokerConfigs brokerConfigs) {
        switch (resource.type()) {
            case GROUP -> groupConfigs.apply(resource.name(), configs);
            case BROKER -> brokerConfigs.apply(resource.name().isEmpty(), configs);
            case TOPIC, BROKER_LOGGER, CLIENT_METRICS, UNKNOWN -> {}
        }
    }

    private CompletableFuture<Void> requireMembership(
            TopicPartition partition,
            String transactionalId,
            long producerId,
            short producerEpoch,
            int apiVersion) {
        return transactions
                .membership()
                .require(partition, transactionalId, producerId, producerEpoch, apiVersion);
    }

    /// Brings back the settings that clients gave to this broker and to groups; blocks. To be
    /// called before [#start].
    ///
    /// @throws IOException if they cannot be read
    public void loadSettings() throws IOException {
        dynamicSettings.load();
    }

    DynamicSettings dynamicSettings() {
        return dynamicSettings;
    }

    GroupConfigs groupConfigs() {
        return groupConfigs;
    }

    /// Begins to load what there is; returns at once.
    ///
    /// @return completes when groups are loaded, or after a while: until then, what can wait leaves
    ///   them the processor; never fails
    public CompletableFuture<Void> start() {
        transactions.start();
        return groups.start();
    }

    public InternalTopics internalTopics() {
        return internalTopics;
    }

    public GroupCoordination groups() {
        return groups;
    }

    public Transactions transactions() {
        return transactions;
    }

    /// One per API key, to be registered with the front door.
    public List<RequestHandler<?>> handlers() {
        List<RequestHandler<?>> handlers = new ArrayList<>(groups.handlers());
        handlers.addAll(transactions.handlers());
        return handlers;
    }

    @Override
    public void close() {
        transactions.close();
        groups.close();
        dynamicSettings.close();
    }
}
