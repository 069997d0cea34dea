package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/// Two stores as one: evidence in one, everything else in the other. Evidence is what cannot be
/// made again (record segments, topics) and may be under an object lock, which not every store lets
/// stand beside conditional writes. Thread-safe; closes both.
public final class RoutedObjectStore implements ObjectStore {
    private final Set<String> evidencePrefixes;
    private final ObjectStore evidence;
    private final ObjectStore working;

    /// @param evidencePrefixes of the keys of evidence
    public RoutedObjectStore(
            Set<String> evidencePrefixes, ObjectStore evidence, ObjectStore working) {
        this.evidencePrefixes = Set.copyOf(evidencePrefixes);
        this.evidence = evidence;
        this.working = working;
    }

    @Override
    public boolean createIfAbsent(String key, Path file) throws IOException {
        return store(key).createIfAbsent(key, file);
    }

    @Override
    public boolean createIfAbsent(String key, byte[] bytes) throws IOException {
        return store(key).createIfAbsent(key, bytes);
    }

    @Override
    public ByteBuffer read(String key, long position, int length) throws IOException {
        return store(key).read(key, position, length);
    }

    @Override
    public long size(String key) throws IOException {
        return store(key).size(key);
    }

    /// A prefix that both stores may have is listed in memory first. An object in the store that is
    /// not its own is not seen: no read would find it.
    @Override
    public void list(String prefix, Consumer<ObjectInfo> consumer) throws IOException {
        if (isEvidence(prefix)) {
            evidence.list(prefix, consumer);
        } else if (evidencePrefixes.stream().noneMatch(one -> one.startsWith(prefix))) {
            working.list(prefix, consumer);
        } else {
            List<ObjectInfo> both = new ArrayList<>();
            evidence.list(prefix, object -> addIf(isEvidence(object.key()), object, both));
            working.list(prefix, object -> addIf(!isEvidence(object.key()), object, both));
            both.sort(Comparator.comparing(ObjectInfo::key));
            both.forEach(consumer);
        }
    }

    @Override
    public void delete(String key) throws IOException {
        store(key).delete(key);
    }

    @Override
    public void close() throws IOException {
        try (working) {
            evidence.close();
        }
    }

    /// Both stores, evidence first.
    public List<ObjectStore> stores() {
        return List.of(evidence, working);
    }

    private static void addIf(boolean wanted, ObjectInfo object, List<ObjectInfo> objects) {
        if (wanted) {
            objects.add(object);
        }
    }

    private ObjectStore store(String key) {
        return isEvidence(key) ? evidence : working;
    }

    private boolean isEvidence(String key) {
        return evidencePrefixes.stream().anyMatch(key::startsWith);
    }
}
