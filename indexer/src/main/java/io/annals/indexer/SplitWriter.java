package io.annals.indexer;

import io.annals.archive.ArchiveFile;
import io.annals.archive.EntryCodec;
import io.annals.archive.Manifests;
import io.annals.archive.SeekableTarWriter;
import io.annals.registry.IndexSplit;
import io.annals.registry.PartitionRange;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LogDocMergePolicy;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.store.Directory;

/// Makes an index split: one Lucene index over the batches of one topic, packed into one archive
/// object. Stateless; one call per thread, on a pool for CPU-bound work.
///
/// The index is written in one flush if it fits into the RAM buffer, else flushed and merged to one
/// Lucene segment. Lucene puts random ids into an index, so writing it again gives other bytes: the
/// id of a split must be new at every attempt.
public final class SplitWriter {
    /// Flushed segments are merged once, at the end.
    private static final int NEVER_MERGE = 10_000;

    private final Options options;

    public SplitWriter(Options options) {
        this.options = options;
    }

    /// @param limits bounds of the mapping
    /// @param ramBufferBytes memory for documents before Lucene flushes them
    /// @param maxBatchBytes bound for the uncompressed records of one batch
    /// @param deflateLevel of manifest and hot cache
    /// @param producer name and version of the program, for the manifest
    public record Options(
            MappingLimits limits,
            long ramBufferBytes,
            int maxBatchBytes,
            int deflateLevel,
            String producer) {
        public static Options defaults(String producer) {
            return new Options(MappingLimits.DEFAULT, 256L << 20, 128 << 20, 1, producer);
        }
    }

    /// What a split is to be.
    ///
    /// @param id not used before
    /// @param recordSegments ids of the record segments it covers
    /// @param ranges what these hold, ordered by partition
    public record Spec(
            String id, Uuid topicId, List<String> recordSegments, List<PartitionRange> ranges) {}

    /// A split that was written to a local file and waits for its upload.
    ///
    /// @param split its catalogue entry, with the key it must get in the store
    public record SplitFile(IndexSplit split, Path path) {}

    /// Writes the split to the local file `target`.
    ///
    /// @param work folder for the index until it is packed; made, and deleted at the end
    public SplitFile write(Spec spec, BatchSource source, Path work, Path target)
            throws IOException {
        IndexFolder.deleteAll(work);
        try (Directory directory = new IndexFolder(work)) {
            DocumentWriter.Counts counts = index(source, directory);
            return pack(spec, counts, work, directory, target);
        } finally {
            IndexFolder.deleteAll(work);
        }
    }

    /// Writes a split with the documents of others to the local file `target`, without analysing
    /// them again.
    ///
    /// @param inputs same mapping as this program makes
    /// @param work as above
    /// @throws IOException also if Lucene kept another number of documents
    SplitFile merge(Spec spec, LocalSplits inputs, Path work, Path target) throws IOException {
        IndexFolder.deleteAll(work);
        try (Directory directory = new IndexFolder(work)) {
            DocumentWriter.Counts expected = DocumentWriter.Counts.sum(inputs.manifests());
            try (IndexWriter writer = new IndexWriter(directory, config())) {
                CodecReader[] leaves = inputs.leaves();
                if (leaves.length > 0) {
                    writer.addIndexes(leaves);
                }
                writer.forceMerge(1);
                writer.commit();
                if (writer.getDocStats().numDocs != expected.documents()) {
                    throw new IOException(
                            "%d documents became %d"
                                    .formatted(expected.documents(), writer.getDocStats().numDocs));
                }
            }
            return pack(spec, expected, work, directory, target);
        } finally {
            IndexFolder.deleteAll(work);
        }
    }

    private IndexWriterConfig config() {
        LogDocMergePolicy merges = new LogDocMergePolicy();
        merges.setMergeFactor(NEVER_MERGE);
        merges.setNoCFSRatio(0);
        return new IndexWriterConfig()
                .setIndexSort(RecordMapping.newestFirst())
                .setRAMBufferSizeMB(options.ramBufferBytes / (double) (1 << 20))
                .setUseCompoundFile(false)
                .setMergePolicy(merges)
                .setMergeScheduler(new SerialMergeScheduler());
    }

    private DocumentWriter.Counts index(BatchSource source, Directory directory)
            throws IOException {
        try (IndexWriter writer = new IndexWriter(directory, config());
                DocumentWriter documents =
                        new DocumentWriter(options.limits, options.maxBatchBytes)) {
            source.feed((partition, batch, ingestTimeMs) ->
                    documents.add(writer, partition, batch, ingestTimeMs, 0));
            writer.forceMerge(1);
            writer.commit();
            return documents.counts();
        }
    }

    private SplitFile pack(
            Spec spec, DocumentWriter.Counts counts, Path work, Directory directory, Path target)
            throws IOException {
        List<String> big = new ArrayList<>();
        List<String> small = new ArrayList<>();
        for (String file : directory.listAll()) {
            (SplitFiles.isBig(file) ? big : small).add(file);
        }
        SplitManifest manifest = manifest(spec, counts);
        try (SeekableTarWriter tar = SeekableTarWriter.create(target, options.deflateLevel)) {
            for (String file : big) {
                tar.add(SplitFiles.FOLDER + file, EntryCodec.RAW, work.resolve(file));
            }
            tar.beginHotRegion();
            tar.add(Manifests.ENTRY_NAME, EntryCodec.GZ, Manifests.write(manifest));
            tar.add(SplitFiles.HOT_CACHE, EntryCodec.GZ, HotCache.build(work, big));
            for (String file : small) {
                tar.add(SplitFiles.FOLDER + file, EntryCodec.RAW, work.resolve(file));
            }
            ArchiveFile object = tar.finish();
            String key = SplitFiles.key(manifest.topicId(), manifest.id());
            return new SplitFile(manifest.split(object.at(key)), target);
        }
    }

    private SplitManifest manifest(Spec spec, DocumentWriter.Counts counts) {
        return new SplitManifest(
                SplitManifest.FORMAT,
                SplitManifest.VERSION,
                options.producer,
                spec.id,
                spec.topicId.toString(),
                spec.recordSegments,
                RecordMapping.VERSION,
                RecordMapping.ANALYZER_VERSION,
                counts.documents(),
                spec.ranges,
                new SplitManifest.Outside(
                        counts.paths(),
                        counts.cutValues(),
                        counts.overflowLeaves(),
                        counts.unreadableBatches()));
    }
}
