package io.annals.indexer;

import io.annals.archive.CorruptObjectException;
import io.annals.archive.ObjectStore;
import io.annals.archive.PatientObjectStore;
import io.annals.archive.RecordSegmentFile;
import io.annals.archive.RecordSegmentManifest;
import io.annals.archive.SeekableTar;
import io.annals.archive.SeekableTars;
import io.annals.registry.ArchiveObject;
import io.annals.registry.RecordSegment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// Brings objects into the store and reads them back: what it returns is there, every byte of it.
/// Thread-safe; blocks on the store.
final class ArchiveUploads {
    private static final int READ_BYTES = 4 << 20;

    private final ObjectStore store;
    private final SeekableTars tars;

    ArchiveUploads(ObjectStore store, SeekableTars tars) {
        this.store = new PatientObjectStore(store); // what it creates is read back here
        this.tars = tars;
    }

    /// Creates an object whose key nobody used before.
    void create(ArchiveObject object, Path file) throws IOException {
        store.createIfAbsent(object.key(), file);
        String actual = readBack(object.key(), object.sizeBytes());
        if (!actual.equals(object.sha256())) { // perhaps on its way
            actual = readBack(object.key(), object.sizeBytes());
        }
        if (!actual.equals(object.sha256())) {
            throw new CorruptObjectException(
                    object.key(), "object as read back", "SHA-256 " + object.sha256(), actual);
        }
    }

    /// Creates a record segment, or finds the one that an earlier try left there. That one may
    /// differ in its packing or in what the manifest says about the topic, but not in its batches.
    ///
    /// @return what is in the store
    RecordSegment createOrAdopt(RecordSegmentFile file) throws IOException {
        RecordSegment segment = file.segment();
        ArchiveObject object = segment.object();
        store.createIfAbsent(object.key(), file.path());
        long size = store.size(object.key());
        String sha256 = readBack(object.key(), size);
        if (size == object.sizeBytes() && sha256.equals(object.sha256())) {
            return segment;
        }
        String again = readBack(object.key(), size);
        if (!again.equals(sha256)) {
            throw new CorruptObjectException(
                    object.key(), "object as read back", "SHA-256 " + sha256, again);
        }
        SeekableTar there = tars.open(object.key());
        RecordSegmentManifest manifest = RecordSegmentManifest.read(there);
        boolean same =
                manifest.id().equals(file.manifest().id())
                        && manifest.walSegments().equals(file.manifest().walSegments())
                        && manifest.partitions().equals(file.manifest().partitions());
        if (!same) {
            throw new CorruptObjectException(
                    object.key(),
                    "object left by an earlier try",
                    "batches of WAL segments " + segment.walSegments(),
                    "others; nothing was overwritten");
        }
        for (RecordSegmentManifest.Partition partition : manifest.partitions()) {
            checkPart(there, partition.batches());
            checkPart(there, partition.index());
        }
        return manifest.segment(
                new ArchiveObject(object.key(), size, there.object().tailPosition(), sha256));
    }

    private static void checkPart(SeekableTar tar, RecordSegmentManifest.Part part)
            throws IOException {
        MessageDigest digest = sha256();
        SeekableTar.Entry entry =
                tar.entry(part.entry())
                        .orElseThrow(() ->
                                new CorruptObjectException(
                                        tar.object().key(),
                                        "table of contents",
                                        "entry " + part.entry(),
                                        "no such entry"));
        tar.scan(entry, chunk -> digest.update(chunk.bytes()));
        String actual = HexFormat.of().formatHex(digest.digest());
        if (!actual.equals(part.sha256())) {
            throw new CorruptObjectException(
                    tar.object().key(), "entry " + part.entry(), part.sha256(), actual);
        }
    }

    private String readBack(String key, long size) throws IOException {
        MessageDigest digest = sha256();
        for (long position = 0; position < size; position += READ_BYTES) {
            ByteBuffer part =
                    store.read(key, position, (int) Math.min(READ_BYTES, size - position));
            digest.update(part);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
