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

/// Verifies one archive object at a time, every byte of it. Streams. Thread-safe.
final class ObjectVerification {
    private final ObjectStore store;
    private final SeekableTars tars;

    ObjectVerification(ObjectStore store, SeekableTars tars) {
        this.store = store;
        this.tars = tars;
    }

    /// What is wrong with a record segment; nothing if it is as it was catalogued.
    List<ArchiveFinding> verify(RecordSegment segment) {
        String key = segment.object().key();
        return collect(
                key,
                List.of(() -> requireHash(segment.object()), () -> verifySegmentContent(segment)));
    }

    /// What is wrong with an index split; nothing if it is as it was catalogued.
    List<ArchiveFinding> verify(IndexSplit split) {
        String key = split.object().key();
        return collect(
                key, List.of(() -> requireHash(split.object()), () -> verifySplitContent(split)));
    }

    private void requireHash(ArchiveObject object) throws IOException {
        long size = store.size(object.key());
        if (size != object.sizeBytes()) {
            throw new CorruptObjectException(
                    object.key(), "object", object.sizeBytes() + " bytes", size + " bytes");
        }
        String sha256 = ObjectHash.sha256(store, object.key(), size);
        if (!sha256.equals(object.sha256())) {
            throw new CorruptObjectException(
                    object.key(), "object", "SHA-256 " + object.sha256(), sha256);
        }
    }

    private void verifySegmentContent(RecordSegment segment) throws IOException {
        SeekableTar tar = tars.open(segment.object().key());
        RecordSegmentManifest manifest = RecordSegmentManifest.read(tar);
        RecordSegment described = manifest.segment(segment.object());
        if (!described.equals(segment)) {
            throw new CorruptObjectException(
                    segment.object().key(),
                    Manifests.ENTRY_NAME,
                    segment.toString(),
                    described.toString());
        }
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

    private void verifySplitContent(IndexSplit split) throws IOException {
        SeekableTar tar = tars.open(split.object().key());
        IndexSplit described = IndexSplitManifest.read(tar).split(split.object());
        if (!described.equals(split)) {
            throw new CorruptObjectException(
                    split.object().key(),
                    Manifests.ENTRY_NAME,
                    split.toString(),
                    described.toString());
        }
        for (SeekableTar.Entry entry : tar.entries()) {
            tar.scan(entry, _ -> {}); // checks each chunk
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

    /// Runs all checks: the hash says that something is wrong, the content says where.
    private static List<ArchiveFinding> collect(String key, List<Check> checks) {
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
        return findings;
    }

    @FunctionalInterface
    private interface Check {
        void run() throws IOException;
    }
}
