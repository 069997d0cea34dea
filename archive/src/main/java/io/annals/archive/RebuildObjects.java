package io.annals.archive;

import io.annals.archive.ObjectStore.ObjectInfo;
import io.annals.registry.ArchiveObject;
import io.annals.registry.IndexSplit;
import io.annals.registry.KeptGenerations;
import io.annals.registry.ObjectKeys;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryFormat;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;

/// Reads what a rebuild needs out of the object store: topics, record segments, index splits. What
/// cannot be read becomes a finding. Confined to one thread, which starts others.
final class RebuildObjects {
    /// A larger partition number is taken for damage.
    private static final int MAX_PARTITIONS = 1_000_000;

    private final ObjectStore store;
    private final SeekableTars tars;
    private final ObjectWalk walk;
    private final RegistryRebuild.Hashes hashes;

    /// By key, what is left of the old registry says.
    private final Map<String, ArchiveObject> known;

    private final List<ArchiveFinding> findings;

    /// @param findings gets what could not be read
    RebuildObjects(
            ObjectStore store,
            SeekableTars tars,
            ObjectWalk walk,
            RegistryRebuild.Hashes hashes,
            List<ArchiveFinding> findings)
            throws IOException {
        this.store = store;
        this.tars = tars;
        this.walk = walk;
        this.hashes = hashes;
        this.findings = findings;
        this.known = new HashMap<>();
        if (hashes == RegistryRebuild.Hashes.KNOWN) {
            new KeptGenerations(new ObjectRegistryStore(store))
                    .readableObjects(object -> known.put(object.key(), object));
        }
    }

    /// A topic's newest readable version.
    ///
    /// @param newestVersion of any version that is there, readable or not
    record FoundTopic(TopicMetadata metadata, long newestVersion) {}

    record FoundSegment(RecordSegment segment, RecordSegmentManifest.Topic topic) {}

    /// Newest version of each topic, tombstones included, and per topic id the newest version there
    /// is, for topics of which nothing is readable.
    List<FoundTopic> topics(Map<String, Long> newestVersions) throws IOException {
        TreeMap<String, List<ObjectInfo>> byTopic = new TreeMap<>();
        for (ObjectInfo object : ObjectWalk.list(store, ObjectKeys.TOPICS)) {
            OptionalLong version = ObjectKeys.number(object.key());
            if (version.isEmpty()) {
                findings.add(unexpected(object));
                continue;
            }
            String topicId = topicId(object.key());
            byTopic.computeIfAbsent(topicId, _ -> new ArrayList<>()).add(object);
            newestVersions.merge(topicId, version.getAsLong(), Math::max);
        }
        List<ObjectInfo> newest = byTopic.values().stream().map(List::getLast).toList();
        List<FoundTopic> topics = new ArrayList<>();
        walk.expect(newest.size());
        walk.visit(
                newest::forEach,
                object -> {
                    List<ObjectInfo> versions =
                            byTopic.getOrDefault(topicId(object.key()), List.of());
                    return () -> newestReadable(versions);
                },
                found ->
                        found.ifPresent(topic ->
                                topics.add(
                                        new FoundTopic(
                                                topic,
                                                newestVersions.getOrDefault(
                                                        topic.id().toString(), 0L)))));
        return topics;
    }

    List<FoundSegment> segments() throws IOException {
        return readAll(
                ObjectKeys.SEGMENTS,
                (tar, object) -> {
                    RecordSegmentManifest manifest = RecordSegmentManifest.read(tar);
                    RecordSegment segment = manifest.segment(object);
                    requireKey(object, ObjectKeys.recordSegment(segment.topicId(), segment.id()));
                    requireRanges(object, segment.ranges());
                    return new FoundSegment(segment, manifest.topic());
                });
    }

    List<IndexSplit> splits() throws IOException {
        return readAll(
                ObjectKeys.SPLITS,
                (tar, object) -> {
                    IndexSplit split = IndexSplitManifest.read(tar).split(object);
                    requireKey(object, ObjectKeys.split(split.topicId(), split.id()));
                    requireRanges(object, split.ranges());
                    return split;
                });
    }

    private Optional<TopicMetadata> newestReadable(List<ObjectInfo> versions) {
        for (ObjectInfo object : versions.reversed()) {
            try {
                byte[] bytes = new byte[Math.toIntExact(object.sizeBytes())];
                store.read(object.key(), 0, bytes.length).get(bytes);
                TopicMetadata topic = RegistryFormat.topic(object.key(), bytes);
                requireKey(object.key(), ObjectKeys.topic(topic.id(), topic.version()));
                return Optional.of(topic);
            } catch (IOException | RuntimeException e) {
                addFinding(ArchiveFinding.of(object.key(), e));
            }
        }
        return Optional.empty();
    }

    private <T> List<T> readAll(String prefix, Reading<T> reading) throws IOException {
        List<ObjectInfo> objects = ObjectWalk.list(store, prefix);
        List<T> all = new ArrayList<>(objects.size());
        walk.expect(objects.size());
        walk.visit(
                objects::forEach,
                object -> () -> read(object, reading),
                read -> read.ifPresent(all::add));
        return all;
    }

    private <T> Optional<T> read(ObjectInfo info, Reading<T> reading) {
        String key = info.key();
        try {
            SeekableTar tar = tars.open(key, info.sizeBytes());
            return Optional.of(reading.read(tar, withHash(tar.object())));
        } catch (IOException | RuntimeException e) {
            addFinding(ArchiveFinding.of(key, e));
            return Optional.empty();
        }
    }

    private ArchiveObject withHash(ArchiveObject object) throws IOException {
        return switch (hashes) {
            case KNOWN ->
                    Optional.ofNullable(known.get(object.key()))
                            .filter(before ->
                                    before.sizeBytes() == object.sizeBytes()
                                            && before.tailPosition() == object.tailPosition())
                            .orElse(object);
            case COMPUTED ->
                    new ArchiveObject(
                            object.key(),
                            object.sizeBytes(),
                            object.tailPosition(),
                            ObjectHash.sha256(store, object.key(), object.sizeBytes()));
        };
    }

    private synchronized void addFinding(ArchiveFinding finding) {
        findings.add(finding);
    }

    private static void requireKey(ArchiveObject object, String expected) throws IOException {
        requireKey(object.key(), expected);
    }

    private static void requireKey(String key, String expected) throws IOException {
        if (!key.equals(expected)) {
            throw new CorruptObjectException(key, "manifest", "one for this key", expected);
        }
    }

    private static void requireRanges(ArchiveObject object, List<PartitionRange> ranges)
            throws IOException {
        int previous = -1;
        for (PartitionRange range : ranges) {
            boolean sound =
                    range.partition() > previous
                            && range.partition() < MAX_PARTITIONS
                            && range.baseOffset() >= 0
                            && range.baseOffset() < range.endOffset();
            if (!sound) {
                throw new CorruptObjectException(
                        object.key(), "manifest", "ranges by partition", range.toString());
            }
            previous = range.partition();
        }
        if (ranges.isEmpty()) {
            throw new CorruptObjectException(object.key(), "manifest", "ranges", "none");
        }
    }

    private static ArchiveFinding unexpected(ObjectInfo object) {
        return new ArchiveFinding(
                ArchiveFinding.Kind.UNEXPECTED, object.key(), "is not the key of a topic version");
    }

    private static String topicId(String key) {
        return key.substring(ObjectKeys.TOPICS.length(), key.lastIndexOf('/'));
    }

    @FunctionalInterface
    private interface Reading<T> {
        T read(SeekableTar tar, ArchiveObject object) throws IOException;
    }
}
