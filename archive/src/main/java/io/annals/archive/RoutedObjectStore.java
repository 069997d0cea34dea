package io.annals.archive;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/// Two stores as one: evidence in one, everything else in the other. Evidence is what cannot be
/// made again (record segments, topics) and may be under an object lock, which not every store lets
/// stand beside conditional writes. Thread-safe; closes both.
public final class RoutedObjectStore implements ObjectStore {
    private final Set<String> evidencePrefixes;
    private final ObjectStore evidence;
    private final ObjectStore working;

    /// @param evidencePrefixes of the keys of evidence; none begins with another
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

    /// An object in the store that is not its own is not seen: no read would find it. Where both
    /// stores may have the prefix, evidence is listed as soon as the other store's keys have come
    /// that far.
    @Override
    public void list(String prefix, Consumer<ObjectInfo> consumer) throws IOException {
        list(prefix, consumer, _ -> {}, _ -> {});
    }

    /// An object in the store that is not its own is a stranger. To find those, what holds evidence
    /// is listed once more where both stores may have the prefix.
    @Override
    public void list(String prefix, Consumer<ObjectInfo> consumer, Consumer<String> strangers)
            throws IOException {
        Consumer<ObjectInfo> misplaced =
                object -> strangers.accept(ObjectKeyRules.shown(object.key()));
        list(prefix, consumer, misplaced, strangers);
        if (!isEvidence(prefix)) {
            evidence.list(
                    prefix,
                    object -> {
                        if (!isEvidence(object.key())) {
                            misplaced.accept(object);
                        }
                    },
                    strangers);
        }
    }

    /// @param misplaced gets what is among the working objects and should be evidence
    /// @param strangers gets those of the one store that has the prefix, or of the working objects
    private void list(
            String prefix,
            Consumer<ObjectInfo> consumer,
            Consumer<ObjectInfo> misplaced,
            Consumer<String> strangers)
            throws IOException {
        if (isEvidence(prefix)) {
            evidence.list(prefix, consumer, strangers);
            return;
        }
        NavigableSet<String> evidenceLeft = new TreeSet<>(evidencePrefixes);
        evidenceLeft.removeIf(one -> !one.startsWith(prefix));
        try {
            working.list(
                    prefix,
                    object -> {
                        String key = object.key();
                        if (isEvidence(key)) {
                            misplaced.accept(object);
                        } else {
                            listEvidence(evidenceLeft.headSet(key, false), consumer);
                            consumer.accept(object);
                        }
                    },
                    strangers);
            listEvidence(evidenceLeft, consumer);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /// @param prefixes left empty
    private void listEvidence(NavigableSet<String> prefixes, Consumer<ObjectInfo> consumer) {
        for (String next = prefixes.pollFirst(); next != null; next = prefixes.pollFirst()) {
            try {
                evidence.list(next, consumer);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    @Override
    public void delete(String key) throws IOException {
        store(key).delete(key);
    }

    @Override
    public int abortUploads(String prefix, long beforeMs) throws IOException {
        return evidence.abortUploads(prefix, beforeMs) + working.abortUploads(prefix, beforeMs);
    }

    @Override
    public void close() throws IOException {
        try (working) {
            evidence.close();
        }
    }

    /// Where what cannot be made again is.
    public ObjectStore evidence() {
        return evidence;
    }

    /// Where everything else is.
    public ObjectStore working() {
        return working;
    }

    private ObjectStore store(String key) {
        return isEvidence(key) ? evidence : working;
    }

    private boolean isEvidence(String key) {
        return evidencePrefixes.stream().anyMatch(key::startsWith);
    }
}
