package io.annals.archive;

import io.annals.archive.ArchiveFinding.Kind;
import io.annals.archive.ObjectStore.ObjectInfo;
import io.annals.registry.CorruptRegistryException;
import io.annals.registry.DurableRegistry;
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
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Recomputes every hash in the object store and names each object that is damaged, missing or
/// unexpected: what `annals verify` does.
///
/// Of a record segment: the SHA-256 of the object, of each part its manifest names, the checksum of
/// each chunk, the CRC of each record batch. Of an index split: the SHA-256 of the object and the
/// checksum of each chunk. Of registry and topic objects: their own hash. An object is read once,
/// in pieces: memory grows with the number of objects only, by about their keys. Writes nothing,
/// and does not mind a server that goes on writing, merging and sweeping meanwhile.
///
/// Confined to one thread, which starts others.
public final class ArchiveVerifier {
    private final ObjectStore store;
    private final ObjectRegistryStore registry;
    private final ObjectVerification verification;
    private final int parallelism;

    /// @param parallelism objects that are read at the same time
    /// @param unpacking whether objects are unpacked, and every batch in them looked at, even if
    ///   the hash says that their bytes are those that were written
    public ArchiveVerifier(ObjectStore store, int parallelism, boolean unpacking) {
        this.store = store;
        this.registry = new ObjectRegistryStore(store);
        this.verification = new ObjectVerification(store, unpacking);
        this.parallelism = parallelism;
    }

    /// Which objects are read from end to end.
    public enum Depth {
        /// Those of the given generation; of older ones that are kept it is seen that they are
        /// there.
        CURRENT,
        /// Those of every generation that is kept.
        KEPT
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

    public Report verify(RegistrySnapshot snapshot, ArchiveProgress progress) throws IOException {
        return verify(snapshot, Depth.CURRENT, progress);
    }

    /// @param snapshot the generation that says what must be there
    public Report verify(RegistrySnapshot snapshot, Depth depth, ArchiveProgress progress)
            throws IOException {
        Catalogue catalogue = new Catalogue(snapshot, depth);
        List<ArchiveFinding> findings = new ArrayList<>(catalogue.findings);
        List<ObjectInfo> objects = ObjectWalk.list(store, "");
        new ObjectWalk(parallelism, progress)
                .visit(objects, object -> verify(object, catalogue))
                .forEach(findings::addAll);
        Set<String> present = new HashSet<>();
        objects.forEach(object -> present.add(object.key()));
        catalogue.forEachExpected(key -> {
            if (!present.contains(key)) {
                findings.add(
                        new ArchiveFinding(
                                Kind.MISSING,
                                key,
                                "is in generation %d or one before it, but not in the store"
                                        .formatted(snapshot.generation())));
            }
        });
        return new Report(
                objects.size(),
                objects.stream().mapToLong(ObjectInfo::sizeBytes).sum(),
                stillTrue(findings).stream().distinct().sorted().toList());
    }

    /// What must be there, and what of it is to be read.
    private final class Catalogue {
        final RegistrySnapshot snapshot;
        final Depth depth;

        /// Of kept generations, and not of the current one.
        final Map<String, RecordSegment> olderSegments = new HashMap<>();

        final Map<String, IndexSplit> olderSplits = new HashMap<>();
        final List<ArchiveFinding> findings = new ArrayList<>();

        Catalogue(RegistrySnapshot snapshot, Depth depth) throws IOException {
            this.snapshot = snapshot;
            this.depth = depth;
            try {
                new KeptGenerations(registry).forEach(this::addOlder, this::addOlder);
            } catch (CorruptRegistryException e) { // what it refers to is not known, and said so
                findings.add(new ArchiveFinding(Kind.DAMAGED, e.name(), e.toString()));
            }
        }

        private void addOlder(RecordSegment segment) {
            if (snapshot.segment(segment.id()).isEmpty()) {
                olderSegments.put(segment.object().key(), segment);
            }
        }

        private void addOlder(IndexSplit split) {
            if (snapshot.split(split.id()).isEmpty()) {
                olderSplits.put(split.object().key(), split);
            }
        }

        Optional<RecordSegment> segment(String key) {
            return snapshot.segment(id(key)).filter(found -> found.object().key().equals(key));
        }

        Optional<IndexSplit> split(String key) {
            return snapshot.split(id(key)).filter(found -> found.object().key().equals(key));
        }

        /// Of the name that [ObjectKeys] makes.
        private String id(String key) {
            String name = key.substring(key.lastIndexOf('/') + 1);
            return name.substring(0, Math.max(0, name.indexOf('.')));
        }

        <T> Optional<T> read(@Nullable T older) {
            return depth == Depth.KEPT ? Optional.ofNullable(older) : Optional.empty();
        }

        boolean isOlder(String key) {
            return olderSegments.containsKey(key) || olderSplits.containsKey(key);
        }

        void forEachExpected(Consumer<String> visitor) {
            for (TopicMetadata topic : snapshot.topics()) {
                snapshot.segments(topic.id()).forEach(s -> visitor.accept(s.object().key()));
                snapshot.splits(topic.id()).forEach(s -> visitor.accept(s.object().key()));
                visitor.accept(ObjectKeys.topic(topic.id(), topic.version()));
            }
            olderSegments.keySet().forEach(visitor);
            olderSplits.keySet().forEach(visitor);
        }
    }

    private List<ArchiveFinding> verify(ObjectInfo object, Catalogue catalogue) {
        String key = object.key();
        long size = object.sizeBytes();
        if (key.startsWith(ObjectKeys.SEGMENTS)) {
            return catalogue
                    .segment(key)
                    .or(() -> catalogue.read(catalogue.olderSegments.get(key)))
                    .map(segment -> verification.verify(segment, size))
                    .orElseGet(() -> leftover(key, catalogue));
        }
        if (key.startsWith(ObjectKeys.SPLITS)) {
            return catalogue
                    .split(key)
                    .or(() -> catalogue.read(catalogue.olderSplits.get(key)))
                    .map(split -> verification.verify(split, size))
                    .orElseGet(() -> leftover(key, catalogue));
        }
        if (key.startsWith(ObjectKeys.RENEWALS)) {
            return List.of(); // each replaces the one before, also while we look
        }
        return key.equals(ObjectKeys.CLUSTER) ? List.of() : verifyOther(object);
    }

    private static List<ArchiveFinding> leftover(String key, Catalogue catalogue) {
        return catalogue.isOlder(key)
                ? List.of()
                : List.of(new ArchiveFinding(Kind.LEFTOVER, key, "no generation has it"));
    }

    private List<ArchiveFinding> verifyOther(ObjectInfo object) {
        String key = object.key();
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
            } else if (key.startsWith(ObjectKeys.OWNERS)) {
                RegistryFormat.owner(key, bytes);
            } else {
                return List.of(new ArchiveFinding(Kind.UNEXPECTED, key, "is not a key of Annals"));
            }
            return List.of();
        } catch (IOException | RuntimeException e) {
            return List.of(ArchiveFinding.of(key, e));
        }
    }

    /// A server may have replaced and swept objects while they were looked for: what the newest
    /// generations do not ask for is not missing.
    private List<ArchiveFinding> stillTrue(List<ArchiveFinding> findings) throws IOException {
        if (findings.stream().noneMatch(finding -> finding.kind() == Kind.MISSING)) {
            return findings;
        }
        Catalogue now;
        try {
            now = new Catalogue(DurableRegistry.newest(registry), Depth.CURRENT);
        } catch (CorruptRegistryException e) {
            return findings;
        }
        if (!now.findings.isEmpty()) {
            return findings;
        }
        Set<String> expected = new HashSet<>();
        now.forEachExpected(expected::add);
        List<ArchiveFinding> left = new ArrayList<>();
        for (ArchiveFinding finding : findings) {
            if (finding.kind() != Kind.MISSING) {
                left.add(finding);
            } else if (expected.contains(finding.key())) {
                left.addAll(again(finding, now));
            }
        }
        return left;
    }

    private List<ArchiveFinding> again(ArchiveFinding missing, Catalogue now) throws IOException {
        try {
            long size = store.size(missing.key());
            return verify(new ObjectInfo(missing.key(), size, 0), now);
        } catch (NoSuchObjectException _) {
            return List.of(missing);
        }
    }
}
