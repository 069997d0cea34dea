package io.annals.indexer;

import io.annals.archive.ObjectClaims;
import io.annals.archive.RecordSegmentFile;
import io.annals.archive.RecordSegmentWriter;
import io.annals.registry.IndexSplit;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.TopicMetadata;
import io.annals.wal.SealedSegment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/// Archives one topic's share of a WAL segment, up to the commit: two objects, uploaded and read
/// back. [#build] is CPU-bound, [#upload] blocks on the store; each is called once, in this order.
/// Used by one thread at a time.
final class TopicArchival {
    private final TopicMetadata topic;
    private final SealedSegment segment;
    private final Tools tools;
    private final Path records;
    private final Path split;

    private Optional<RecordSegmentFile> recordsFile = Optional.empty();
    private Optional<SplitWriter.SplitFile> splitFile = Optional.empty();

    /// What every archival uses.
    ///
    /// @param claims of objects from before their upload until they are committed
    /// @param closing the process is about to end: give up between two batches
    record Tools(
            ArchiverSettings settings,
            SplitWriter splits,
            ArchiveUploads uploads,
            ObjectClaims claims,
            RandomGenerator random,
            ArchiveStep.Listener steps,
            BooleanSupplier closing) {}

    /// Ready to be committed.
    ///
    /// @param segment empty if the topic has no batch there
    record Archived(
            TopicMetadata topic, Optional<RecordSegment> segment, Optional<IndexSplit> split) {}

    TopicArchival(TopicMetadata topic, SealedSegment segment, Tools tools) {
        this.topic = topic;
        this.segment = segment;
        this.tools = tools;
        Path work = tools.settings.work();
        this.records = work.resolve("%s-%s.records".formatted(segment.id(), topic.id()));
        this.split = work.resolve("%s-%s.split".formatted(segment.id(), topic.id()));
    }

    /// Writes both objects to local files.
    void build() throws IOException {
        checkOpen();
        SplitWriter.Options options = tools.settings.split();
        recordsFile =
                RecordSegmentWriter.write(
                        topic,
                        List.of(segment),
                        records,
                        new RecordSegmentWriter.Options(
                                options.deflateLevel(), options.producer(), false));
        reached(ArchiveStep.RECORDS_WRITTEN);
        checkOpen();
        if (recordsFile.isPresent() && IndexSettings.isIndexed(topic)) {
            splitFile = Optional.of(writeSplit(recordsFile.get().segment()));
            reached(ArchiveStep.SPLIT_WRITTEN);
        }
    }

    private SplitWriter.SplitFile writeSplit(RecordSegment covered) throws IOException {
        String id = "%s-%08x".formatted(covered.id(), tools.random.nextInt());
        List<PartitionRange> ranges = covered.ranges();
        BatchSource source = BatchSource.ofWal(topic.id(), List.of(segment));
        return tools.splits.write(
                new SplitWriter.Spec(id, topic.id(), List.of(covered.id()), ranges),
                sink ->
                        source.feed((partition, batch, ingestTimeMs) -> {
                            checkOpen();
                            sink.batch(partition, batch, ingestTimeMs);
                        }),
                split.resolveSibling(split.getFileName() + ".index"),
                split);
    }

    /// Uploads what was built, and reads it back.
    Archived upload() throws IOException {
        checkOpen();
        if (recordsFile.isEmpty()) {
            return new Archived(topic, Optional.empty(), Optional.empty());
        }
        String key = recordsFile.get().segment().object().key();
        if (!tools.claims.toCatalogue(key)) {
            throw new IOException("object %s is being swept".formatted(key));
        }
        RecordSegment stored = tools.uploads.createOrAdopt(recordsFile.get());
        reached(ArchiveStep.RECORDS_UPLOADED);
        if (splitFile.isPresent()) {
            IndexSplit index = splitFile.get().split();
            tools.uploads.create(index.object(), split);
            reached(ArchiveStep.SPLIT_UPLOADED);
        }
        reached(ArchiveStep.VERIFIED);
        return new Archived(
                topic, Optional.of(stored), splitFile.map(SplitWriter.SplitFile::split));
    }

    /// Deletes the local files, whatever became of them.
    void clean() throws IOException {
        Files.deleteIfExists(records);
        Files.deleteIfExists(split);
    }

    private void reached(ArchiveStep step) throws IOException {
        tools.steps.reached(step, segment.id());
    }

    private void checkOpen() throws IOException {
        if (tools.closing.getAsBoolean()) {
            throw new IOException("archiving of %s stops with the server".formatted(topic.name()));
        }
    }
}
