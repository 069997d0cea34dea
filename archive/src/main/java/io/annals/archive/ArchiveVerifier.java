package io.annals.archive;

import io.annals.archive.ArchiveFinding.Kind;
import io.annals.archive.ObjectStore.ObjectInfo;
import io.annals.registry.CorruptRegistryException;
import io.annals.registry.IndexSplit;
import io.annals.registry.KeptGenerations;
import io.annals.registry.ObjectKeys;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryFormat;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Recomputes every hash in the object store and names each object that is damaged, missing or
/// unexpected: what `annals verify` does.
///
/// Of a record segment: the SHA-256 of the object, of each part its manifest names, the checksum of
/// each chunk, the CRC of each record batch. Of an index split: the SHA-256 of the object and the
/// checksum of each chunk. Of registry and topic objects: their own hash. Streams; memory does not
/// grow with the objects' sizes. Confined to one thread, which starts others.
public final class ArchiveVerifier {
    private final ObjectStore store;
    private final ObjectVerification verification;
    private final int parallelism;

    /// @param parallelism objects that are read at the same time
    public ArchiveVerifier(ObjectStore store, SeekableTars tars, int parallelism) {
        this.store = store;
        this.verification = new ObjectVerification(store, tars);
        this.parallelism = parallelism;
    }

    /// @param objects how many were looked at
    /// @param sizeBytes sum of their sizes
    /// @param findings sorted, worst first
    public record Report(long objects, long sizeBytes, List<ArchiveFinding> findings) {
        public Report {
            findings = List.copyOf(findings);
        }

        /// Whether an object is damaged, missing, unreadable or unexpected.
        public boolean hasProblems() {
            return findings.stream().anyMatch(ArchiveFinding::isProblem);
        }
    }

    /// @param snapshot the generation that says what must be there
    public Report verify(RegistrySnapshot snapshot, ArchiveProgress progress) throws IOException {
        List<ArchiveFinding> findings = new ArrayList<>();
        Map<String, RecordSegment> segments = new HashMap<>();
        Map<String, IndexSplit> splits = new HashMap<>();
        for (TopicMetadata topic : snapshot.topics()) {
            snapshot.segments(topic.id()).forEach(s -> segments.put(s.object().key(), s));
            snapshot.splits(topic.id()).forEach(s -> splits.put(s.object().key(), s));
        }
        List<ObjectInfo> objects = ObjectWalk.list(store, "");
        ObjectWalk walk = new ObjectWalk(parallelism, progress);
        Set<String> referenced = referenced(findings);
        List<List<ArchiveFinding>> results =
                walk.visit(
                        objects,
                        object -> {
                            String key = object.key();
                            RecordSegment segment = segments.get(key);
                            IndexSplit split = splits.get(key);
                            if (segment != null) {
                                return verification.verify(segment);
                            }
                            if (split != null) {
                                return verification.verify(split);
                            }
                            return verifyOther(object, referenced);
                        });
        results.forEach(findings::addAll);
        Set<String> present = new HashSet<>();
        objects.forEach(object -> present.add(object.key()));
        findMissing(snapshot, segments.keySet(), splits.keySet(), present, findings);
        return new Report(
                objects.size(),
                objects.stream().mapToLong(ObjectInfo::sizeBytes).sum(),
                findings.stream().distinct().sorted().toList());
    }

    private static void findMissing(
            RegistrySnapshot snapshot,
            Set<String> segments,
            Set<String> splits,
            Set<String> present,
            List<ArchiveFinding> findings) {
        List<String> expected = new ArrayList<>(segments);
        expected.addAll(splits);
        snapshot.topics()
                .forEach(topic -> expected.add(ObjectKeys.topic(topic.id(), topic.version())));
        expected.stream()
                .filter(key -> !present.contains(key))
                .map(key ->
                        new ArchiveFinding(
                                Kind.MISSING,
                                key,
                                "is in generation %d, but not in the store"
                                        .formatted(snapshot.generation())))
                .forEach(findings::add);
    }

    /// What kept generations refer to; unknown, and said so, if the history is damaged.
    private Set<String> referenced(List<ArchiveFinding> findings) throws IOException {
        try {
            return new KeptGenerations(new ObjectRegistryStore(store)).objectKeys();
        } catch (CorruptRegistryException e) {
            findings.add(new ArchiveFinding(Kind.DAMAGED, e.name(), e.toString()));
            return Set.of();
        }
    }

    private List<ArchiveFinding> verifyOther(ObjectInfo object, Set<String> referenced) {
        String key = object.key();
        if (key.startsWith(ObjectKeys.SEGMENTS) || key.startsWith(ObjectKeys.SPLITS)) {
            return referenced.contains(key)
                    ? List.of()
                    : List.of(new ArchiveFinding(Kind.LEFTOVER, key, "no generation has it"));
        }
        if (key.equals(ObjectKeys.CLUSTER)) {
            return List.of();
        }
        boolean isPage = key.startsWith(ObjectKeys.PAGES);
        if (!isPage && ObjectKeys.number(key).isEmpty()) {
            return List.of(new ArchiveFinding(Kind.UNEXPECTED, key, "is not a key of Annals"));
        }
        try {
            byte[] bytes = new byte[Math.toIntExact(object.sizeBytes())];
            store.read(key, 0, bytes.length).get(bytes);
            if (isPage) {
                RegistryFormat.checkPage(key, bytes);
            } else if (key.startsWith(ObjectKeys.TOPICS)) {
                RegistryFormat.topic(key, bytes);
            } else if (key.startsWith(ObjectKeys.DELTAS)) {
                RegistryFormat.delta(key, bytes);
            } else if (key.startsWith(ObjectKeys.CHECKPOINTS)) {
                RegistryFormat.checkpoint(key, bytes);
            } else {
                return List.of(new ArchiveFinding(Kind.UNEXPECTED, key, "is not a key of Annals"));
            }
            return List.of();
        } catch (IOException | RuntimeException e) {
            return List.of(ArchiveFinding.of(key, e));
        }
    }
}
