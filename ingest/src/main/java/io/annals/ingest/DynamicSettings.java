package io.annals.ingest;

import io.annals.ingest.internal.InternalLog;
import io.annals.ingest.internal.InternalLogReader;
import io.annals.ingest.internal.InternalLogScan;
import io.annals.ingest.internal.InternalTopic;
import io.annals.ingest.internal.InternalTopics;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;

/// Settings that clients give to what is not a topic, while the server runs: to groups and to the
/// server.
///
/// They live in `__annals_settings`: one record per setting, in the format in which Kafka's
/// controllers keep it ([ConfigRecord], version 0); the key is the record without a value, no value
/// takes the setting back. One change is one batch, so that all of it is there after a crash or
/// nothing.
///
/// Thread-safe. Reading does not block, loading and changing do.
public final class DynamicSettings {
    /// So many resources may have settings; each costs memory for as long as it has any.
    private static final int MOST_RESOURCES = 10_000;

    private static final short VERSION = 0;

    private final InternalTopics topics;
    private final InternalLogReader reader;
    private final InstantSource clock;
    private final InForce inForce;

    /// One change at a time, each on top of the last.
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<ConfigResource, Map<String, String>> settings = new ConcurrentHashMap<>();
    private volatile @Nullable InternalLog writer;

    /// Puts settings in force that are durable; must not fail.
    @FunctionalInterface
    interface InForce {
        /// @param configs all that the resource has now, maybe none
        void apply(ConfigResource resource, Map<String, String> configs);
    }

    DynamicSettings(
            InternalTopics topics, InternalLogReader reader, InstantSource clock, InForce inForce) {
        this.inForce = inForce;
        this.topics = topics;
        this.reader = reader;
        this.clock = clock;
    }

    /// Brings back what there is and puts it in force; to be called before anybody asks.
    ///
    /// @throws IOException if a part of it cannot be read
    void load() throws IOException {
        Map<ConfigResource, Map<String, String>> loaded = new HashMap<>();
        Optional<Topic> topic = topics.find(InternalTopic.SETTINGS);
        if (topic.isPresent()) {
            new InternalLogScan(reader, topic.get().partition(0))
                    .replay(batch -> take(batch, loaded));
        }
        Set<ConfigResource> all = new HashSet<>(settings.keySet());
        all.addAll(loaded.keySet());
        for (ConfigResource resource : all) {
            Map<String, String> configs = loaded.getOrDefault(resource, Map.of());
            if (!configs.equals(of(resource))) {
                put(resource, configs, settings);
                inForce.apply(resource, configs);
            }
        }
    }

    private static void take(RecordBatch batch, Map<ConfigResource, Map<String, String>> into) {
        for (Record record : batch) {
            ConfigRecord key = decoded(record.key());
            ConfigResource resource =
                    new ConfigResource(
                            ConfigResource.Type.forId(key.resourceType()), key.resourceName());
            Map<String, String> configs = new HashMap<>(into.getOrDefault(resource, Map.of()));
            if (record.hasValue()) {
                configs.put(key.name(), decoded(record.value()).value());
            } else {
                configs.remove(key.name());
            }
            put(resource, configs, into);
        }
    }

    private static ConfigRecord decoded(ByteBuffer bytes) {
        ByteBuffer buffer = bytes.duplicate();
        return new ConfigRecord(
                new ByteBufferAccessor(buffer.slice(2, buffer.remaining() - 2)), buffer.getShort());
    }

    private static void put(
            ConfigResource resource,
            Map<String, String> configs,
            Map<ConfigResource, Map<String, String>> into) {
        if (configs.isEmpty()) {
            into.remove(resource);
        } else {
            into.put(resource, Map.copyOf(configs));
        }
    }

    /// What was set of a resource, by name.
    Map<String, String> of(ConfigResource resource) {
        return settings.getOrDefault(resource, Map.of());
    }

    /// Names of the resources of a type that have settings, in order.
    List<String> names(ConfigResource.Type type) {
        return settings.keySet().stream()
                .filter(resource -> resource.type() == type)
                .map(ConfigResource::name)
                .sorted()
                .toList();
    }

    /// What a resource shall have in place of what it has.
    @FunctionalInterface
    interface Change {
        /// @throws ApiException if it cannot have that
        Map<String, String> wanted(Map<String, String> current);
    }

    /// Changes the settings of a resource. Returns when that is durable and in force.
    ///
    /// @throws ApiException if it cannot be
    void change(ConfigResource resource, Change change, boolean validateOnly) {
        lock.lock();
        try {
            if (wanted(resource, change).equals(of(resource)) || validateOnly) {
                return;
            }
            InternalLog log = openWriter();
            Map<String, String> wanted = wanted(resource, change); // it may have loaded anew
            append(log, records(resource, of(resource), wanted));
            put(resource, wanted, settings);
            inForce.apply(resource, wanted);
        } finally {
            lock.unlock();
        }
    }

    private Map<String, String> wanted(ConfigResource resource, Change change) {
        Map<String, String> current = of(resource);
        Map<String, String> wanted = change.wanted(current);
        if (current.isEmpty() && !wanted.isEmpty() && settings.size() >= MOST_RESOURCES) {
            throw new PolicyViolationException(
                    "%d resources have settings, more cannot".formatted(MOST_RESOURCES));
        }
        return wanted;
    }

    private SimpleRecord[] records(
            ConfigResource resource, Map<String, String> current, Map<String, String> wanted) {
        TreeSet<String> names = new TreeSet<>(current.keySet());
        names.addAll(wanted.keySet());
        List<SimpleRecord> records = new ArrayList<>();
        for (String name : names) {
            String value = wanted.get(name);
            if (value == null || !value.equals(current.get(name))) {
                records.add(record(resource, name, value));
            }
        }
        return records.toArray(SimpleRecord[]::new);
    }

    private SimpleRecord record(ConfigResource resource, String name, @Nullable String value) {
        ConfigRecord record =
                new ConfigRecord()
                        .setResourceType(resource.type().id())
                        .setResourceName(resource.name())
                        .setName(name);
        byte[] key = MessageUtil.toVersionPrefixedBytes(VERSION, record.setValue(null));
        return new SimpleRecord(
                clock.millis(),
                key,
                value == null
                        ? null
                        : MessageUtil.toVersionPrefixedBytes(VERSION, record.setValue(value)));
    }

    private InternalLog openWriter() {
        InternalLog log = writer;
        if (log != null) {
            return log;
        }
        try {
            load(); // an append that was refused may be there or not
            log = topics.open(InternalTopic.SETTINGS, 0, (_, _) -> writer = null);
            writer = log;
            return log;
        } catch (IOException failed) {
            throw new KafkaStorageException("the settings could not be written", failed);
        }
    }

    private static void append(InternalLog log, SimpleRecord[] records) {
        if (records.length == 0) {
            return;
        }
        try {
            log.append(MemoryRecords.withRecords(Compression.NONE, records))
                    .durable()
                    .toCompletableFuture()
                    .join();
        } catch (CompletionException failed) {
            throw failed.getCause() instanceof ApiException refused ? refused : failed;
        }
    }

    /// Takes no more changes; what was taken is still written.
    void close() {
        InternalLog log = writer;
        if (log != null) {
            log.close();
        }
    }
}
