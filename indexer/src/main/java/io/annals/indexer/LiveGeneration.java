package io.annals.indexer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.TieredMergePolicy;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.NRTCachingDirectory;
import org.jspecify.annotations.Nullable;

/// One Lucene index of the live index: a stretch of one topic's hot records, dropped as a whole
/// once all of them are archived. Confined to one thread at a time; its readers are not.
///
/// What a refresh flushes stays in memory while it is small: most of it is merged, or dropped,
/// before it would be worth its files.
final class LiveGeneration {
    private static final int SEGMENTS_PER_TIER = 16;

    /// Lucene segments up to this share of the RAM buffer stay in memory.
    private static final double SMALL_SEGMENT = 0.25;

    /// Bound for all of them together, as a share of the RAM buffer.
    private static final double SMALL_SEGMENTS = 0.5;

    private final Path folder;
    private final Directory directory;
    private final DocumentWriter documents;
    private final Map<Integer, Long> endOffsets = new HashMap<>();
    private @Nullable IndexWriter writer;
    private DirectoryReader reader;
    private long sizeBytes;

    /// @param folder made, and deleted when the generation is dropped
    LiveGeneration(Path folder, LiveIndexSettings settings) throws IOException {
        this.folder = folder;
        double ramBufferMb = settings.ramBufferBytes() / (double) (1 << 20);
        this.directory =
                new NRTCachingDirectory(
                        new IndexFolder(folder),
                        SMALL_SEGMENT * ramBufferMb,
                        SMALL_SEGMENTS * ramBufferMb);
        TieredMergePolicy merges = new TieredMergePolicy();
        merges.setSegmentsPerTier(SEGMENTS_PER_TIER);
        merges.setNoCFSRatio(0);
        IndexWriter opened =
                new IndexWriter(
                        directory,
                        new IndexWriterConfig()
                                .setIndexSort(RecordMapping.newestFirst())
                                .setRAMBufferSizeMB(ramBufferMb)
                                .setUseCompoundFile(false)
                                .setMergePolicy(merges)
                                .setMergeScheduler(new SerialMergeScheduler()));
        this.writer = opened;
        this.documents = new DocumentWriter(settings.limits(), settings.maxBatchBytes());
        this.reader = DirectoryReader.open(opened);
    }

    /// Adds the records of a batch that lie at or above `fromOffset`; they are searchable after
    /// [#refresh].
    void add(int partition, ByteBuffer batch, long ingestTimeMs, long fromOffset)
            throws IOException {
        IndexWriter open = writer;
        if (open == null) {
            throw new IllegalStateException("live generation %s is sealed".formatted(folder));
        }
        sizeBytes += batch.remaining();
        documents.add(open, partition, batch, ingestTimeMs, fromOffset);
    }

    /// All of the partition below `endOffset` was added, here or in an earlier generation.
    void reached(int partition, long endOffset) {
        endOffsets.put(partition, endOffset);
    }

    /// Bytes of the batches added.
    long sizeBytes() {
        return sizeBytes;
    }

    /// Offset after the last record added, per partition.
    Map<Integer, Long> endOffsets() {
        return endOffsets;
    }

    DirectoryReader reader() {
        return reader;
    }

    /// Lets [#reader] see what was added.
    void refresh() throws IOException {
        IndexWriter open = writer;
        if (open == null) {
            return;
        }
        DirectoryReader newer = DirectoryReader.openIfChanged(reader, open);
        if (newer != null) {
            DirectoryReader older = reader;
            reader = newer;
            older.decRef();
        }
    }

    /// No record will be added any more: gives up the writer and its memory.
    void seal() throws IOException {
        refresh();
        IndexWriter open = writer;
        writer = null;
        if (open != null) {
            open.close();
            documents.close();
        }
    }

    /// Gives the index up. Readers that are in use stay readable.
    void drop() throws IOException {
        IndexWriter open = writer;
        writer = null;
        try {
            reader.decRef();
            if (open != null) {
                open.rollback();
                documents.close();
            }
        } finally {
            directory.close();
            IndexFolder.deleteAll(folder);
        }
    }
}
