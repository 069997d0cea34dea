package io.annals.archive;

import io.annals.archive.ArchiveFinding.Kind;
import io.annals.archive.ObjectStore.ObjectInfo;
import io.annals.registry.Checklist;
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
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Recomputes every hash in the object store and names each object that is damaged, missing or
/// unexpected: what `annals verify` does.
///
/// Of a record segment: the SHA-256 of the object, of each part its manifest names, the checksum of
/// each chunk, the CRC of each record batch. Of an index split: the SHA-256 of the object and the
/// checksum of each chunk. Of registry and topic objects: their own hash. An object is read once,
/// in pieces, while others are listed. Beside the generation memory holds a bit per archived
/// object, what only older generations have, and the findings. Writes nothing, and does not mind a
/// server that goes on writing, merging and sweeping meanwhile.
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
        ObjectWalk walk = new ObjectWalk(parallelism, progress);
        walk.expect(catalogue.size());
        walk.visit(
                objects -> store.list("", objects, key -> findings.add(stranger(key))),
                object -> {
                    if (!catalogue.expects(object.key())) {
                        walk.expect(1);
                    }
                    return visit(object, catalogue);
                },
                findings::addAll);
        catalogue.forEachLeft(key ->
                findings.add(
                        new ArchiveFinding(
                                Kind.MISSING,
                                key,
                                "is in generation %d or one before it, but not in the store"
                                        .formatted(snapshot.generation()))));
        return new Report(
                walk.doneObjects(),
                walk.doneBytes(),
                stillTrue(findings).stream().distinct().sorted().toList());
    }

    private static ArchiveFinding stranger(String name) {
        return new ArchiveFinding(Kind.UNEXPECTED, name, "is not a key of Annals");
    }

    /// What must be there, and what of it is to be read. Whatever is met is ticked off. Confined to
    /// the thread that lists.
    private final class Catalogue {
        private final RegistrySnapshot snapshot;
        private final Depth depth;
        private final Checklist current;

        /// Keys of the topics' current versions.
        private final Set<String> topics = new HashSet<>();

        /// Of kept generations, and not of the current one.
        private final Map<String, RecordSegment> olderSegments = new HashMap<>();

        private final Map<String, IndexSplit> olderSplits = new HashMap<>();
        final List<ArchiveFinding> findings = new ArrayList<>();

        Catalogue(RegistrySnapshot snapshot, Depth depth) throws IOException {
            this.snapshot = snapshot;
            this.depth = depth;
            this.current = snapshot.checklist();
            for (TopicMetadata topic : snapshot.topics()) {
                topics.add(ObjectKeys.topic(topic.id(), topic.version()));
            }
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

        /// What is to be seen of an object under `segments/`.
        Supplier<List<ArchiveFinding>> segment(ObjectInfo object) {
            String key = object.key();
            return visit(
                    key,
                    current.segment(key),
                    olderSegments.remove(key),
                    segment -> verification.verify(segment, object.sizeBytes()));
        }

        /// What is to be seen of an object under `splits/`.
        Supplier<List<ArchiveFinding>> split(ObjectInfo object) {
            String key = object.key();
            return visit(
                    key,
                    current.split(key),
                    olderSplits.remove(key),
                    split -> verification.verify(split, object.sizeBytes()));
        }

        private <T> Supplier<List<ArchiveFinding>> visit(
                String key,
                Optional<T> catalogued,
                @Nullable T older,
                Function<T, List<ArchiveFinding>> reading) {
            if (catalogued.isEmpty() && older == null) {
                ArchiveFinding leftover =
                        new ArchiveFinding(Kind.LEFTOVER, key, "no generation has it");
                return () -> List.of(leftover);
            }
            Optional<T> read =
                    depth == Depth.KEPT
                            ? catalogued.or(() -> Optional.ofNullable(older))
                            : catalogued;
            return () -> read.map(reading).orElse(List.of());
        }

        void tickTopic(String key) {
            topics.remove(key);
        }

        /// How many objects must be there, before any was met.
        long size() {
            return current.size() + topics.size() + olderSegments.size() + olderSplits.size();
        }

        /// Feeds the keys of what was not met.
        void forEachLeft(Consumer<String> keys) {
            current.forEachLeft(keys);
            topics.forEach(keys);
            olderSegments.keySet().forEach(keys);
            olderSplits.keySet().forEach(keys);
        }

        /// Whether it must be there, met or not.
        boolean expects(String key) {
            return snapshot.isSegment(key)
                    || snapshot.isSplit(key)
                    || topics.contains(key)
                    || olderSegments.containsKey(key)
                    || olderSplits.containsKey(key);
        }
    }

    private Supplier<List<ArchiveFinding>> visit(ObjectInfo object, Catalogue catalogue) {
        String key = object.key();
        if (key.startsWith(ObjectKeys.SEGMENTS)) {
            return catalogue.segment(object);
        }
        if (key.startsWith(ObjectKeys.SPLITS)) {
            return catalogue.split(object);
        }
        catalogue.tickTopic(key);
        if (key.startsWith(ObjectKeys.RENEWALS)) {
            return List::of; // each replaces the one before, also while we look
        }
        return key.equals(ObjectKeys.CLUSTER) ? List::of : () -> verifyOther(object);
    }

    private List<ArchiveFinding> verifyOther(ObjectInfo object) {
        String key = object.key();
        boolean isPage = key.startsWith(ObjectKeys.PAGES);
        if (!isPage && ObjectKeys.number(key).isEmpty()) {
            return List.of(stranger(key));
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
                return List.of(stranger(key));
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
        List<ArchiveFinding> left = new ArrayList<>();
        for (ArchiveFinding finding : findings) {
            if (finding.kind() != Kind.MISSING) {
                left.add(finding);
            } else if (now.expects(finding.key())) {
                left.addAll(again(finding, now));
            }
        }
        return left;
    }

    private List<ArchiveFinding> again(ArchiveFinding missing, Catalogue now) throws IOException {
        try {
            long size = store.size(missing.key());
            return visit(new ObjectInfo(missing.key(), size, 0), now).get();
        } catch (NoSuchObjectException _) {
            return List.of(missing);
        }
    }
}
