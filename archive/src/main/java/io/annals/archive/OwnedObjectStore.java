package io.annals.archive;

import io.annals.registry.ArchiveLease;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/// An object store that this server alone writes: who lost the archive to another owner creates and
/// deletes nothing in it (REG-14). Reading goes on. Thread-safe.
///
/// Creations ask the store for newer owners when the last answer is old; what they leave behind
/// harms nobody, since it takes a commit to count. Deletions cannot be taken back: they ask when
/// the last answer is a second old.
public final class OwnedObjectStore extends ObjectStoreView {
    private static final Duration DELETION_AGE = Duration.ofSeconds(1);

    private final ArchiveLease lease;
    private final Duration creationAge;

    /// @param store not closed with this one
    public OwnedObjectStore(ObjectStore store, ArchiveLease lease) {
        super(store);
        this.lease = lease;
        this.creationAge = lease.lease();
    }

    @Override
    public boolean createIfAbsent(String key, Path file) throws IOException {
        lease.require(creationAge);
        return super.createIfAbsent(key, file);
    }

    @Override
    public boolean createIfAbsent(String key, byte[] bytes) throws IOException {
        lease.require(creationAge);
        return super.createIfAbsent(key, bytes);
    }

    @Override
    public void delete(String key) throws IOException {
        lease.require(DELETION_AGE);
        super.delete(key);
    }

    @Override
    public int abortUploads(String prefix, long beforeMs) throws IOException {
        lease.require(DELETION_AGE);
        return super.abortUploads(prefix, beforeMs);
    }

    @Override
    public void close() {}
}
