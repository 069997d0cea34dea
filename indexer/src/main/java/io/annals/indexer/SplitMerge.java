package io.annals.indexer;

import io.annals.archive.ArchivedRun;
import io.annals.registry.IndexSplit;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;

/// Puts one index split in the place of several, in one commit of the registry, and leaves the
/// record segments that they cover alone: for evidence under a lock. What a split has of record
/// segments that are gone meanwhile stays in it, and in its ranges, below the log start offsets.
/// The objects replaced stay until no kept generation refers to them. Used by one thread.
final class SplitMerge {
    private final SegmentRewrite.Tools tools;

    SplitMerge(SegmentRewrite.Tools tools) {
        this.tools = tools;
    }

    /// @param segments consecutive: what the splits cover and is still there
    /// @return whether it was done: not if one of all of them is gone meanwhile
    boolean run(TopicMetadata topic, List<IndexSplit> splits, List<RecordSegment> segments)
            throws IOException {
        byte[] random = new byte[16];
        tools.random().nextBytes(random);
        String id = HexFormat.of().formatHex(random);
        Path target = tools.work().resolve(id + ".split");
        try {
            SplitWriter.SplitFile written =
                    write(new Inputs(id, topic.id(), splits, segments), target);
            reached(ArchiveStep.SPLIT_WRITTEN, id);
            tools.uploads().create(written.split().object(), target);
            reached(ArchiveStep.SPLIT_UPLOADED, id);
            boolean done = commit(splits, written.split());
            reached(ArchiveStep.COMMITTED, id);
            return done;
        } finally {
            Files.deleteIfExists(target);
        }
    }

    /// @param id of the split to be
    private record Inputs(
            String id, Uuid topicId, List<IndexSplit> splits, List<RecordSegment> segments) {
        SplitWriter.Spec spec(Stream<PartitionRange> ranges) {
            Map<Integer, PartitionRange> byPartition = new TreeMap<>();
            ranges.forEach(one -> byPartition.merge(one.partition(), one, SplitMerge::span));
            return new SplitWriter.Spec(
                    id,
                    topicId,
                    segments.stream().map(RecordSegment::id).toList(),
                    List.copyOf(byPartition.values()));
        }
    }

    /// Of the splits; of the records, if a split has another mapping than this program makes.
    private SplitWriter.SplitFile write(Inputs inputs, Path target) throws IOException {
        Path work = tools.work().resolve(inputs.id + ".index");
        Optional<LocalSplits> copies =
                LocalSplits.copy(
                        tools.tars(),
                        inputs.splits,
                        tools.work().resolve(inputs.id + ".inputs"),
                        tools.closing());
        if (copies.isPresent()) {
            try (LocalSplits open = copies.get()) {
                SplitWriter.Spec spec =
                        inputs.spec(
                                inputs.splits.stream().flatMap(split -> split.ranges().stream()));
                return tools.splits().merge(spec, open, work, target);
            }
        }
        SplitWriter.Spec spec =
                inputs.spec(inputs.segments.stream().flatMap(segment -> segment.ranges().stream()));
        return tools.splits().write(spec, sink -> feed(inputs, spec, sink), work, target);
    }

    private void feed(Inputs inputs, SplitWriter.Spec spec, BatchSource.BatchSink sink)
            throws IOException {
        for (PartitionRange range : spec.ranges()) {
            int partition = range.partition();
            for (RecordSegment segment : inputs.segments) {
                if (segment.ranges().stream().anyMatch(held -> held.partition() == partition)) {
                    new ArchivedRun(tools.tars(), segment, partition)
                            .forEachBatch((batch, ingestTimeMs) -> {
                                tools.closing().check();
                                sink.batch(partition, batch, ingestTimeMs);
                            });
                }
            }
        }
    }

    private static PartitionRange span(PartitionRange one, PartitionRange other) {
        return new PartitionRange(
                one.partition(),
                Math.min(one.baseOffset(), other.baseOffset()),
                Math.max(one.endOffset(), other.endOffset()),
                one.recordCount() + other.recordCount(),
                one.sizeBytes() + other.sizeBytes(),
                Math.min(one.minTimestampMs(), other.minTimestampMs()),
                Math.max(one.maxTimestampMs(), other.maxTimestampMs()),
                Math.min(one.minIngestTimeMs(), other.minIngestTimeMs()),
                Math.max(one.maxIngestTimeMs(), other.maxIngestTimeMs()));
    }

    private boolean commit(List<IndexSplit> splits, IndexSplit merged) throws IOException {
        boolean[] done = new boolean[1];
        List<String> ids = splits.stream().map(IndexSplit::id).toList();
        tools.registry()
                .commit(snapshot -> {
                    done[0] = areThere(snapshot, splits, merged.recordSegments());
                    return done[0]
                            ? Optional.of(
                                    new RegistryChange(
                                            List.of(), List.of(), List.of(), List.of(merged), ids))
                            : Optional.empty();
                });
        return done[0];
    }

    private static boolean areThere(
            RegistrySnapshot snapshot, List<IndexSplit> splits, List<String> segments) {
        return splits.stream().allMatch(one -> snapshot.split(one.id()).equals(Optional.of(one)))
                && segments.stream().allMatch(one -> snapshot.segment(one).isPresent());
    }

    private void reached(ArchiveStep step, String id) throws IOException {
        tools.closing().check();
        tools.steps().reached(step, id);
    }
}
