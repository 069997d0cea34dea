package io.annals.ingest;

import io.annals.ingest.internal.InternalTopic;
import io.annals.registry.Registry;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The topics of this server: read from the registry's newest generation, changed by committing the
/// next one. After a change the log knows every partition (FRONT-11).
///
/// Thread-safe. Lookups do not block; everything that changes a topic blocks on the registry's
/// commit, so call it from virtual threads.
public final class TopicCatalog {
    private static final Logger logger = LoggerFactory.getLogger(TopicCatalog.class);

    private final Registry registry;
    private final WriteAheadLog wal;
    private final IngestConfig config;
    private final ConfigDef settings;
    private final InstantSource clock;
    private final Supplier<Uuid> ids;
    private final List<Consumer<Uuid>> listeners = new CopyOnWriteArrayList<>();
    private volatile Parsing parsing;
    private volatile VirtualTopics virtual = VirtualTopics.NONE;

    /// Topics as the defaults make them that are in force.
    private record Parsing(TopicRules rules, Map<Uuid, Topic> parsed) {}

    /// @param ids makes the ids of new topics
    public TopicCatalog(
            Registry registry,
            WriteAheadLog wal,
            IngestConfig config,
            InstantSource clock,
            Supplier<Uuid> ids) {
        this.registry = registry;
        this.wal = wal;
        this.config = config;
        this.settings = TopicSettingDefinitions.with(config.topicDefaults());
        this.parsing = parsing(settings);
        this.clock = clock;
        this.ids = ids;
    }

    private Parsing parsing(ConfigDef definitions) {
        return new Parsing(
                new TopicRules(config.nodeId(), config.defaultPartitions(), definitions),
                new ConcurrentHashMap<>());
    }

    private TopicRules rules() {
        return parsing.rules();
    }

    /// From now on, what topics have that do not set it themselves, by topic setting name.
    void useDefaults(Map<String, String> defaults) {
        parsing = parsing(TopicSettingDefinitions.with(defaults));
    }

    /// Adds someone who hears the id of each topic that was created, changed or deleted, after the
    /// log knows its partitions, on the thread that changed it; must not block.
    public void addListener(Consumer<Uuid> listener) {
        listeners.add(listener);
    }

    /// Shows these topics beside those of the registry; to be called once, before serving.
    public void show(VirtualTopics topics) {
        virtual = topics;
    }

    /// Tells the listeners of a virtual topic that came or went.
    public void virtualTopicChanged(Uuid id) {
        parsing.parsed().remove(id);
        listeners.forEach(listener -> listener.accept(id));
    }

    /// Makes the log know every partition there is; to be called once, before serving. What the log
    /// has lost (an emptied disk) continues behind what is archived.
    public void openPartitions() {
        RegistrySnapshot snapshot = registry.snapshot();
        snapshot.topics().forEach(topic -> openPartitions(snapshot, topic));
    }

    private void openPartitions(RegistrySnapshot snapshot, TopicMetadata metadata) {
        Topic topic = parse(metadata);
        for (int i = 0; i < topic.partitionCount(); i++) {
            TopicIdPartition partition = topic.partition(i);
            long logStartOffset = metadata.logStartOffsets().get(i);
            long archivedEndOffset = snapshot.archivedEndOffset(topic.id(), i);
            wal.createPartition(partition, Math.max(archivedEndOffset, logStartOffset));
            wal.partition(partition)
                    .filter(state -> state.localLogStartOffset() < logStartOffset)
                    .ifPresent(
                            state -> // a crash between the registry's deletion and the log's
                            wal.deleteRecordsBefore(
                                            partition,
                                            Math.min(logStartOffset, state.highWatermark())));
        }
    }

    public Optional<Topic> topic(String name) {
        return registry.snapshot().topic(name).or(() -> virtual.topic(name)).map(this::parse);
    }

    public Optional<Topic> topic(Uuid id) {
        return registry.snapshot().topic(id).or(() -> virtual.topic(id)).map(this::parse);
    }

    public List<Topic> topics() {
        return Stream.concat(registry.snapshot().topics().stream(), virtual.topics().stream())
                .map(this::parse)
                .toList();
    }

    private Topic parse(TopicMetadata metadata) {
        Parsing now = parsing;
        Topic known = now.parsed().get(metadata.id());
        if (known != null && known.metadata().version() == metadata.version()) {
            return known;
        }
        Topic topic = new Topic(metadata, now.rules().parse(metadata.configs()));
        now.parsed().put(metadata.id(), topic);
        return topic;
    }

    /// The settings a topic can have, with the defaults this server was started with.
    ConfigDef settings() {
        return settings;
    }

    /// Why no topic of this name can be made; empty if one can.
    Optional<ApiError> refusalOfName(String name) {
        return TopicRules.checkNewName(registry.snapshot(), name).map(TopicOutcome::error);
    }

    public TopicOutcome create(NewTopic wanted, boolean validateOnly) {
        Uuid id = ids.get();
        return change(
                snapshot -> rules().create(snapshot, wanted, id, clock.millis()), validateOnly);
    }

    /// Makes a topic that only the server itself writes; see [io.annals.ingest.internal].
    public TopicOutcome createInternal(InternalTopic topic, int partitions) {
        Uuid id = ids.get();
        return change(
                snapshot -> rules().createInternal(snapshot, topic, partitions, id, clock.millis()),
                false);
    }

    /// @param assignments the brokers of each new partition, empty if the client does not care
    public TopicOutcome createPartitions(
            String name,
            int count,
            Optional<List<List<Integer>>> assignments,
            boolean validateOnly) {
        if (virtual.topic(name).isPresent()) {
            return readOnly(name);
        }
        return change(
                snapshot ->
                        existing(snapshot.topic(name))
                                .map(topic -> rules().grow(snapshot, topic, count, assignments))
                                .orElse(TopicRules.UNKNOWN),
                validateOnly);
    }

    /// @param edit from what the topic sets itself to what it shall set
    TopicOutcome configure(
            String name, Function<Map<String, String>, ConfigEdit> edit, boolean validateOnly) {
        if (virtual.topic(name).isPresent()) {
            return readOnly(name);
        }
        return change(
                snapshot ->
                        existing(snapshot.topic(name))
                                .map(topic ->
                                        configured(
                                                edit.apply(topic.configs()),
                                                configs -> rules().configure(topic, configs)))
                                .orElseGet(() ->
                                        configured(
                                                edit.apply(Map.of()),
                                                configs ->
                                                        rules().configureUnknown(name, configs))),
                validateOnly);
    }

    private static TopicOutcome configured(
            ConfigEdit edited, Function<Map<String, String>, TopicOutcome> configure) {
        return switch (edited) {
            case ConfigEdit.To to -> configure.apply(to.configs());
            case ConfigEdit.Refused refused -> new TopicOutcome.Refused(refused.error());
        };
    }

    /// Raises the log start offsets of some partitions, in the registry and then in the log.
    public TopicOutcome deleteRecords(String name, Map<Integer, Long> newStartOffsets) {
        TopicOutcome outcome =
                change(
                        snapshot ->
                                existing(snapshot.topic(name))
                                        .map(topic -> rules().deleteRecords(topic, newStartOffsets))
                                        .orElse(TopicRules.UNKNOWN),
                        false);
        if (outcome instanceof TopicOutcome.Done done) {
            Topic topic = parse(done.topic());
            newStartOffsets.forEach((partition, offset) ->
                    wal.deleteRecordsBefore(topic.partition(partition), offset));
        }
        return outcome;
    }

    /// Deleting a virtual topic ends its query.
    public TopicOutcome delete(Uuid id) {
        Optional<TopicMetadata> queried = virtual.topic(id);
        if (queried.isPresent()) {
            return close(queried.get());
        }
        TopicOutcome outcome =
                change(
                        snapshot ->
                                existing(snapshot.topic(id))
                                        .map(rules()::delete)
                                        .orElse(TopicRules.UNKNOWN),
                        false);
        if (outcome instanceof TopicOutcome.Done done) {
            parsing.parsed().remove(done.topic().id());
            wal.deleteTopic(done.topic().id());
        }
        return outcome;
    }

    private TopicOutcome close(TopicMetadata queried) {
        try {
            virtual.close(queried.id());
            return new TopicOutcome.Done(queried);
        } catch (IOException failed) {
            logger.atError().setCause(failed).log("cannot close {}", queried.name());
            return TopicOutcome.Refused.because(
                    Errors.KAFKA_STORAGE_ERROR, "The query could not be closed.");
        }
    }

    private static TopicOutcome readOnly(String name) {
        return TopicOutcome.Refused.because(
                Errors.POLICY_VIOLATION,
                "Topic '%s' shows what a query finds and cannot be changed.".formatted(name));
    }

    private static Optional<TopicMetadata> existing(Optional<TopicMetadata> topic) {
        return topic.filter(found -> !found.deleted());
    }

    private TopicOutcome change(
            Function<RegistrySnapshot, TopicOutcome> decide, boolean validateOnly) {
        AtomicReference<TopicOutcome> decided = new AtomicReference<>(TopicRules.UNKNOWN);
        try {
            RegistrySnapshot committed =
                    registry.commit(snapshot -> {
                        TopicOutcome outcome = decide.apply(snapshot);
                        decided.set(outcome);
                        return outcome instanceof TopicOutcome.Done done && !validateOnly
                                ? Optional.of(RegistryChange.ofTopic(done.topic()))
                                : Optional.empty();
                    });
            if (decided.get() instanceof TopicOutcome.Done done
                    && !validateOnly
                    && !done.topic().deleted()) {
                openPartitions(committed, done.topic());
            }
            if (decided.get() instanceof TopicOutcome.Done done && !validateOnly) {
                listeners.forEach(listener -> listener.accept(done.topic().id()));
            }
            return decided.get();
        } catch (IOException failed) {
            logger.atError().setCause(failed).log("cannot commit a change to a topic");
            return TopicOutcome.Refused.because(
                    Errors.KAFKA_STORAGE_ERROR, "The registry could not be written.");
        }
    }
}
