package io.annals.archive;

import io.annals.registry.ArchiveObject;
import io.annals.registry.DurableRegistry;
import io.annals.registry.IndexSplit;
import io.annals.registry.ObjectKeys;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySettings;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.SealedSegment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicIdPartition;

/// An object store with topics, real record segments, splits that have a manifest and some bytes,
/// and the registry that catalogues them.
final class ArchiveFixture {
    final Random random = new Random(11);
    final InMemoryObjectStore store;
    final Path folder;
    private final TreeMap<String, ModelTopic> models = new TreeMap<>();
    private long nowMs = 1_800_000_000_000L;
    private int files;
    DurableRegistry registry;

    ArchiveFixture(Path folder) throws IOException {
        this.folder = folder;
        this.store = new InMemoryObjectStore(clock());
        this.registry = open();
    }

    InstantSource clock() {
        return () -> Instant.ofEpochMilli(nowMs);
    }

    void pass(Duration time) {
        nowMs += time.toMillis();
    }

    DurableRegistry open() throws IOException {
        return DurableRegistry.open(
                new ObjectRegistryStore(store),
                clock(),
                new RegistrySettings("fixture", 4, 4),
                Runnable::run);
    }

    CachedTars tars() {
        return TestObjects.tars(store);
    }

    RegistrySnapshot commit(RegistryChange change) throws IOException {
        return registry.commit(_ -> Optional.of(change));
    }

    TopicMetadata createTopic(String name, int partitions) throws IOException {
        ModelTopic model = new ModelTopic(random);
        models.put(name, model);
        TopicMetadata like = model.metadata(partitions);
        TopicMetadata topic =
                new TopicMetadata(
                        model.id,
                        name,
                        1,
                        Map.of("retention.ms", "7"),
                        like.logStartOffsets(),
                        nowMs,
                        false);
        commit(RegistryChange.ofTopic(topic));
        return topic;
    }

    /// The next version, with other log start offsets.
    TopicMetadata changeTopic(String name, List<Long> logStartOffsets) throws IOException {
        TopicMetadata old = registry.snapshot().topic(name).orElseThrow();
        TopicMetadata topic =
                new TopicMetadata(
                        old.id(),
                        name,
                        old.version() + 1,
                        old.configs(),
                        logStartOffsets,
                        old.createdAtMs(),
                        false);
        commit(RegistryChange.ofTopic(topic));
        return topic;
    }

    void deleteTopic(String name) throws IOException {
        TopicMetadata old = registry.snapshot().topic(name).orElseThrow();
        commit(
                RegistryChange.ofTopic(
                        new TopicMetadata(
                                old.id(),
                                name,
                                old.version() + 1,
                                old.configs(),
                                old.logStartOffsets(),
                                old.createdAtMs(),
                                true)));
    }

    /// Seals a WAL segment with random batches of the topic.
    void seal(String name, String walSegmentId) {
        TopicMetadata topic = registry.snapshot().topic(name).orElseThrow();
        model(name).seal(walSegmentId, 8 * topic.partitionCount(), topic.partitionCount(), 200);
    }

    /// Uploads the record segment of some sealed WAL segments, given by their order; commits
    /// nothing.
    RecordSegment upload(String name, int... walSegments) throws IOException {
        TopicMetadata topic = registry.snapshot().topic(name).orElseThrow();
        List<SealedSegment> sealed = new ArrayList<>();
        for (int i : walSegments) {
            sealed.add(new NamedSegment(model(name).segments.get(i), name));
        }
        RecordSegmentFile file =
                RecordSegmentWriter.write(
                                topic,
                                sealed,
                                folder.resolve("f" + files++),
                                new RecordSegmentWriter.Options(1, "test", false))
                        .orElseThrow();
        store.createIfAbsent(file.segment().object().key(), file.path());
        Files.delete(file.path());
        return file.segment();
    }

    /// Uploads a split; commits nothing.
    IndexSplit uploadSplit(String id, RecordSegment... covered) throws IOException {
        List<String> ids = Stream.of(covered).map(RecordSegment::id).toList();
        IndexSplitManifest manifest =
                new IndexSplitManifest(
                        IndexSplitManifest.FORMAT,
                        IndexSplitManifest.VERSION,
                        id,
                        covered[0].topicId().toString(),
                        ids,
                        covered[0].ranges(),
                        77);
        Path path = folder.resolve("f" + files++);
        try (SeekableTarWriter tar = SeekableTarWriter.create(path, 1)) {
            tar.add("index/_0.tim", EntryCodec.RAW, TestObjects.noise(random, 100_000));
            tar.beginHotRegion();
            tar.add(Manifests.ENTRY_NAME, EntryCodec.GZ, Manifests.write(manifest));
            ArchiveObject object = tar.finish().at(ObjectKeys.split(covered[0].topicId(), id));
            store.createIfAbsent(object.key(), path);
            return manifest.split(object);
        }
    }

    /// Uploads and commits a record segment and its split.
    RecordSegment archive(String name, int... walSegments) throws IOException {
        RecordSegment segment = upload(name, walSegments);
        IndexSplit split = uploadSplit("x-" + segment.id(), segment);
        commit(RegistryChange.ofArchived(List.of(segment), List.of(split)));
        return segment;
    }

    ArchiveSweeper sweeper(ArchiveSweeper.Settings settings) {
        return sweeper(store, settings);
    }

    ArchiveSweeper sweeper(ObjectStore through, ArchiveSweeper.Settings settings) {
        return new ArchiveSweeper(through, tars(), registry, clock(), settings);
    }

    /// Some generations, so that there are checkpoints.
    void makeHistory() throws IOException {
        for (int i = 0; i < 5; i++) {
            createTopic("t" + registry.snapshot().generation(), 1);
        }
    }

    List<String> keys(String prefix) {
        List<String> keys = new ArrayList<>();
        store.list(prefix, object -> keys.add(object.key()));
        return keys;
    }

    byte[] bytes(String key) throws IOException {
        byte[] bytes = new byte[(int) store.size(key)];
        store.read(key, 0, bytes.length).get(bytes);
        return bytes;
    }

    void replace(String key, byte[] bytes) throws IOException {
        store.delete(key);
        store.createIfAbsent(key, bytes);
    }

    /// Everything a snapshot says, to compare.
    static Map<TopicMetadata, List<Object>> catalogue(RegistrySnapshot snapshot) {
        Map<TopicMetadata, List<Object>> all = new LinkedHashMap<>();
        for (TopicMetadata topic : snapshot.topics()) {
            List<Object> entries = new ArrayList<>(snapshot.segments(topic.id()));
            entries.addAll(snapshot.splits(topic.id()));
            all.put(topic, entries);
        }
        return all;
    }

    private ModelTopic model(String name) {
        return Optional.ofNullable(models.get(name)).orElseThrow();
    }

    /// The segments of [ModelTopic] call their topic always the same.
    private record NamedSegment(SealedSegment segment, String topic) implements SealedSegment {
        @Override
        public String id() {
            return segment.id();
        }

        @Override
        public long sizeBytes() {
            return segment.sizeBytes();
        }

        @Override
        public Map<TopicIdPartition, Contents> contents() {
            Map<TopicIdPartition, Contents> contents = new LinkedHashMap<>();
            segment.contents()
                    .forEach((key, held) ->
                            contents.put(
                                    new TopicIdPartition(key.topicId(), key.partition(), topic),
                                    held));
            return contents;
        }

        @Override
        public void forEachBatch(TopicIdPartition partition, BatchVisitor visitor)
                throws IOException {
            segment.forEachBatch(partition, visitor);
        }
    }
}
