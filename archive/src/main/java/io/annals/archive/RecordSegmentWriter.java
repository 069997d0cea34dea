package io.annals.archive;

import io.annals.registry.ArchiveObject;
import io.annals.registry.TopicMetadata;
import io.annals.wal.RecordReader;
import io.annals.wal.SealedSegment;
import io.annals.wal.SegmentTransactions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/// Makes the record segment of one topic out of sealed WAL segments, or out of other record
/// segments.
///
/// Batches keep their bytes, partition by partition, in the order of the WAL. The source is read
/// twice: first to plan (sizes, index, times), then to copy; so memory holds the indexes and one
/// chunk, never the data. The object's key follows from the topic and the WAL segments alone, and
/// the same input gives the same bytes: whoever archives again after a crash makes the same object,
/// or finds it.
///
/// No state; one call per thread.
public final class RecordSegmentWriter {
    /// Above this the indexes (and what is told of transactions) are not part of the tail, which
    /// every opening reads.
    static final int MAX_HOT_INDEX_BYTES = 512 * 1024;

    /// Bound for the uncompressed records of one batch while looking for its smallest timestamp.
    static final int MAX_UNCOMPRESSED_BATCH_BYTES = 128 * 1024 * 1024;

    private static final int ID_HEX_DIGITS = 32;

    private RecordSegmentWriter() {}

    /// @param level deflate level of what shrinks, see [SeekableTarWriter#create]
    /// @param producer name and version of the program, for the manifest
    /// @param dropDeleted leave out batches that lie wholly below the topic's log start offsets
    public record Options(int level, String producer, boolean dropDeleted) {}

    /// Writes the record segment to the local file `target`, which is replaced if it is there.
    ///
    /// @param segments oldest first; what they hold of other topics is passed over
    /// @return empty, and no file, if there is no batch of this topic
    public static Optional<RecordSegmentFile> write(
            TopicMetadata topic, List<SealedSegment> segments, Path target, Options options)
            throws IOException {
        List<PartitionCopy> copies = new ArrayList<>();
        sources(topic, segments)
                .forEach((partition, sources) -> {
                    boolean drop = options.dropDeleted && partition < topic.partitionCount();
                    long fromOffset = drop ? topic.logStartOffsets().get(partition) : 0;
                    copies.add(new PartitionCopy(partition, new WalRuns(sources, fromOffset)));
                });
        plan(copies);
        copies.removeIf(copy -> copy.batchCount() == 0);
        if (copies.isEmpty()) {
            return Optional.empty();
        }
        Head head =
                new Head(
                        id(topic, segments),
                        segments.stream().map(SealedSegment::id).toList(),
                        0,
                        Map.of(),
                        Map.of());
        return Optional.of(write(topic, head, copies, target, options));
    }

    /// What a new record segment says of itself when it takes the place of others.
    ///
    /// @param id not used before
    /// @param walSegments what the others were made of
    /// @param compactedToMs as in [RecordSegment]; 0 if nothing was taken out, ever
    /// @param baseOffsets where each partition begins, as the first of the others did; its last
    ///   batch ends where the last of the others did
    /// @param transactions what is told of those of each partition
    public record Head(
            String id,
            List<String> walSegments,
            long compactedToMs,
            Map<Integer, Long> baseOffsets,
            Map<Integer, SegmentTransactions> transactions) {}

    /// Writes a record segment that takes the place of others to the local file `target`.
    ///
    /// @param spool what is to be in it, at least one batch
    public static RecordSegmentFile rewrite(
            TopicMetadata topic, Head head, BatchSpool spool, Path target, Options options)
            throws IOException {
        List<PartitionCopy> copies = new ArrayList<>();
        for (int partition : spool.partitions()) {
            SegmentTransactions transactions =
                    head.transactions.getOrDefault(partition, SegmentTransactions.NONE);
            copies.add(
                    new PartitionCopy(partition, BatchRun.of(spool.run(partition), transactions)));
        }
        plan(copies);
        return write(topic, head, copies, target, options);
    }

    private static RecordSegmentFile write(
            TopicMetadata topic,
            Head head,
            List<PartitionCopy> copies,
            Path target,
            Options options)
            throws IOException {
        long indexBytes = copies.stream().mapToLong(PartitionCopy::indexBytes).sum();
        List<RecordSegmentManifest.Partition> partitions = new ArrayList<>();
        try (SeekableTarWriter tar = SeekableTarWriter.create(target, options.level)) {
            for (PartitionCopy copy : copies) {
                long base = head.baseOffsets.getOrDefault(copy.partition(), copy.baseOffset());
                partitions.add(copy.copyTo(tar, base));
            }
            if (indexBytes <= MAX_HOT_INDEX_BYTES) {
                tar.beginHotRegion();
            }
            for (PartitionCopy copy : copies) {
                copy.addIndexes(tar);
            }
            if (indexBytes > MAX_HOT_INDEX_BYTES) {
                tar.beginHotRegion();
            }
            RecordSegmentManifest manifest = manifest(topic, head, options, partitions);
            tar.add(Manifests.ENTRY_NAME, EntryCodec.GZ, Manifests.write(manifest));
            ArchiveObject object = tar.finish().at(key(topic, manifest.id()));
            return new RecordSegmentFile(manifest.segment(object), target, manifest);
        }
    }

    /// Id of the record segment that these WAL segments give for this topic: the same at every try.
    public static String id(TopicMetadata topic, List<SealedSegment> segments) {
        StringBuilder text = new StringBuilder(topic.id().toString());
        segments.forEach(segment -> text.append('\n').append(segment.id()));
        return Sha256.hex(text.toString().getBytes(StandardCharsets.UTF_8))
                .substring(0, ID_HEX_DIGITS);
    }

    /// Key of a record segment in the object store.
    public static String key(TopicMetadata topic, String id) {
        return "segments/%s/%s.tar.gz".formatted(topic.id(), id);
    }

    private static void plan(List<PartitionCopy> copies) throws IOException {
        try (RecordReader records = new RecordReader(MAX_UNCOMPRESSED_BATCH_BYTES)) {
            for (PartitionCopy copy : copies) {
                copy.plan(records);
            }
        }
    }

    /// Asked once: a segment leaves topics out that are deleted meanwhile.
    private static SortedMap<Integer, List<WalRuns.Source>> sources(
            TopicMetadata topic, List<SealedSegment> segments) {
        SortedMap<Integer, List<WalRuns.Source>> sources = new TreeMap<>();
        for (SealedSegment segment : segments) {
            segment.contents()
                    .forEach((partition, contents) -> {
                        if (partition.topicId().equals(topic.id())) {
                            sources.computeIfAbsent(partition.partition(), _ -> new ArrayList<>())
                                    .add(new WalRuns.Source(segment, partition, contents));
                        }
                    });
        }
        return sources;
    }

    private static RecordSegmentManifest manifest(
            TopicMetadata topic,
            Head head,
            Options options,
            List<RecordSegmentManifest.Partition> partitions) {
        boolean isCompacted = head.compactedToMs > 0;
        boolean isPlain =
                !isCompacted && partitions.stream().allMatch(p -> p.transactions() == null);
        return new RecordSegmentManifest(
                RecordSegmentManifest.FORMAT,
                isPlain ? RecordSegmentManifest.FIRST_VERSION : RecordSegmentManifest.VERSION,
                options.producer,
                head.id,
                RecordSegmentManifest.Topic.of(topic),
                head.walSegments,
                isCompacted ? head.compactedToMs : null,
                partitions);
    }
}
