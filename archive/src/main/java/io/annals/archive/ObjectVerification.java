package io.annals.archive;

import io.annals.archive.ArchiveFinding.Kind;
import io.annals.registry.ArchiveObject;
import io.annals.registry.IndexSplit;
import io.annals.registry.RecordSegment;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/// Verifies one archive object at a time, every byte of it, in one pass. Streams. Thread-safe.
///
/// If an object has the catalogued hash, its bytes are those that were written, and only its
/// manifest is compared with the catalogue. What is in it is unpacked if the hash does not fit, to
/// say where the damage is, if the hash is not known, or if it is asked for.
final class ObjectVerification {
    /// Of one object: its tail, and one read of chunks at a time.
    private static final long CACHE_BYTES = CachedTars.MAX_TAIL_BYTES;

    private final ObjectStore store;
    private final boolean unpacking;

    /// @param unpacking whether objects are unpacked even if their hash fits
    ObjectVerification(ObjectStore store, boolean unpacking) {
        this.store = store;
        this.unpacking = unpacking;
    }

    /// What is wrong with a record segment; nothing if it is as it was catalogued.
    ///
    /// @param sizeBytes as the store lists it
    List<ArchiveFinding> verify(RecordSegment segment, long sizeBytes) {
        return verify(
                segment.object(),
                sizeBytes,
                tar -> manifest(tar, segment),
                tar -> verifyParts(tar, manifest(tar, segment), segment));
    }

    /// What is wrong with an index split; nothing if it is as it was catalogued.
    ///
    /// @param sizeBytes as the store lists it
    List<ArchiveFinding> verify(IndexSplit split, long sizeBytes) {
        return verify(
                split.object(),
                sizeBytes,
                tar -> requireDescribed(tar, split),
                tar -> {
                    requireDescribed(tar, split);
                    for (SeekableTar.Entry entry : tar.entries()) {
                        tar.scan(entry, _ -> {}); // checks each chunk
                    }
                });
    }

    private List<ArchiveFinding> verify(
            ArchiveObject object, long sizeBytes, Content manifest, Content everything) {
        boolean unpacked = unpacking || object.sha256().isEmpty();
        if (!unpacked) {
            HashedReads reads = new HashedReads(store, object.key(), sizeBytes);
            List<ArchiveFinding> findings =
                    collect(
                            object,
                            List.of(
                                    () -> requireHash(object, sizeBytes, reads),
                                    () -> manifest.verify(open(object, reads))));
            if (findings.stream().noneMatch(finding -> finding.kind() == Kind.DAMAGED)) {
                return findings;
            }
        }
        HashedReads reads = new HashedReads(store, object.key(), sizeBytes);
        return collect(
                object,
                List.of(
                        () -> everything.verify(open(object, reads)),
                        () -> requireHash(object, sizeBytes, reads)));
    }

    private static SeekableTar open(ArchiveObject object, HashedReads reads) throws IOException {
        return new CachedTars(reads, CACHE_BYTES, CACHE_BYTES).open(object);
    }

    private void requireHash(ArchiveObject object, long sizeBytes, HashedReads reads)
            throws IOException {
        if (sizeBytes != object.sizeBytes()) {
            throw new CorruptObjectException(
                    object.key(), "object", object.sizeBytes() + " bytes", sizeBytes + " bytes");
        }
        if (object.sha256().isEmpty()) {
            return; // not known
        }
        String sha256 = reads.sha256();
        if (!sha256.equals(object.sha256())) { // perhaps damaged on the way only
            sha256 = ObjectHash.sha256(store, object.key(), sizeBytes);
        }
        if (!sha256.equals(object.sha256())) {
            throw new CorruptObjectException(
                    object.key(), "object", "SHA-256 " + object.sha256(), sha256);
        }
    }

    private static RecordSegmentManifest manifest(SeekableTar tar, RecordSegment segment)
            throws IOException {
        RecordSegmentManifest manifest = RecordSegmentManifest.read(tar);
        RecordSegment described = manifest.segment(segment.object());
        if (!described.equals(segment)) {
            throw new CorruptObjectException(
                    segment.object().key(),
                    Manifests.ENTRY_NAME,
                    segment.toString(),
                    described.toString());
        }
        return manifest;
    }

    private static void verifyParts(
            SeekableTar tar, RecordSegmentManifest manifest, RecordSegment segment)
            throws IOException {
        for (RecordSegmentManifest.Partition partition : manifest.partitions()) {
            BatchesCheck check =
                    new BatchesCheck(segment.object().key(), partition, segment.isCompacted());
            scan(tar, partition.batches(), check::chunk);
            check.end();
            scan(tar, partition.index(), _ -> {});
            verifyTransactions(tar, partition);
        }
    }

    private static void verifyTransactions(
            SeekableTar tar, RecordSegmentManifest.Partition partition) throws IOException {
        RecordSegmentManifest.Part part = partition.transactions();
        if (part != null) {
            scan(tar, part, _ -> {});
            TransactionsEntry.read(tar, partition.partition());
        }
    }

    private static void requireDescribed(SeekableTar tar, IndexSplit split) throws IOException {
        IndexSplit described = IndexSplitManifest.read(tar).split(split.object());
        if (!described.equals(split)) {
            throw new CorruptObjectException(
                    split.object().key(),
                    Manifests.ENTRY_NAME,
                    split.toString(),
                    described.toString());
        }
    }

    /// Passes over an entry, its chunks' checksums checked, and compares its hash.
    private static void scan(
            SeekableTar tar, RecordSegmentManifest.Part part, SeekableTar.ChunkVisitor visitor)
            throws IOException {
        String key = tar.object().key();
        SeekableTar.Entry entry =
                tar.entry(part.entry())
                        .orElseThrow(() ->
                                new CorruptObjectException(
                                        key, "object", "entry " + part.entry(), "none"));
        MessageDigest digest = Sha256.newDigest();
        tar.scan(
                entry,
                chunk -> {
                    digest.update(chunk.bytes());
                    visitor.chunk(chunk);
                });
        String sha256 = HexFormat.of().formatHex(digest.digest());
        if (!sha256.equals(part.sha256())) {
            throw new CorruptObjectException(key, part.entry(), "SHA-256 " + part.sha256(), sha256);
        }
    }

    /// Runs all checks: the content says where something is wrong, the hash that it is.
    private static List<ArchiveFinding> collect(ArchiveObject object, List<Check> checks) {
        String key = object.key();
        List<ArchiveFinding> findings = new ArrayList<>();
        for (Check check : checks) {
            try {
                check.run();
            } catch (IOException | RuntimeException e) {
                ArchiveFinding finding = ArchiveFinding.of(key, e);
                findings.add(finding);
                if (finding.kind() == Kind.MISSING) {
                    break;
                }
            }
        }
        if (findings.isEmpty() && object.sha256().isEmpty()) {
            findings.add(
                    new ArchiveFinding(
                            Kind.UNHASHED,
                            key,
                            "the registry was rebuilt without its hash; all parts are sound"));
        }
        return findings;
    }

    @FunctionalInterface
    private interface Content {
        void verify(SeekableTar tar) throws IOException;
    }

    @FunctionalInterface
    private interface Check {
        void run() throws IOException;
    }
}
