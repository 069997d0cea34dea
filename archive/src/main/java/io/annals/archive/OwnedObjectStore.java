package io.annals.archive;

import io.annals.registry.ArchiveLease;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/// An object store that this server alone writes: who lost the archive to another owner creates and
/// deletes nothing in it (REG-14). Reading goes on. Thread-safe.
///
/// Creations ask the store for newer owners when the last answer is old; what they leave behind
/// harms nobody, since it takes a commit to count. Deletions cannot be taken back: they ask when
/// the last answer is a second old.
public final class OwnedObjectStore implements ObjectStore {
    private static final Duration DELETION_AGE = Duration.ofSeconds(1);

    private final ObjectStore store;
    private final ArchiveLease lease;
    private final Duration creationAge;

    /// @param store not closed with this one
    public OwnedObjectStore(ObjectStore store, ArchiveLease lease) {
        this.store = store;
        this.lease = lease;
        this.creationAge = lease.lease();
    }

    @Override
    public boolean createIfAbsent(String key, Path file) throws IOException {
        lease.require(creationAge);
        return store.createIfAbsent(key, file);
    }

    @Override
    public boolean createIfAbsent(String key, byte[] bytes) throws IOException {
        lease.require(creationAge);
        return store.createIfAbsent(key, bytes);
    }

    @Override
    public ByteBuffer read(String key, long position, int length) throws IOException {
        return store.read(key, position, length);
    }

    @Override
    public long size(String key) throws IOException {
        return store.size(key);
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> consumer) throws IOException {
        store.list(prefix, consumer);
    }

    @Override
    public void delete(String key) throws IOException {
        lease.require(DELETION_AGE);
        store.delete(key);
    }

    @Override
    public void close() {}
}
