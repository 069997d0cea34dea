package io.annals.indexer;

import io.annals.archive.ArchivedRun;
import io.annals.archive.BatchSpool;
import io.annals.archive.RecordSegmentFile;
import io.annals.archive.RecordSegmentWriter;
import io.annals.archive.SeekableTars;
import io.annals.registry.IndexSplit;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.Registry;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.AbortedTransaction;
import io.annals.wal.SegmentTransactions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;

/// Puts one record segment, with its index split, in the place of several consecutive ones, in one
/// commit of the registry. The objects replaced stay until no kept generation refers to them; those
/// of a rewrite that does not get to its commit are left to the sweep. Used by one thread.
final class SegmentRewrite {
    private final Tools tools;

    /// What every rewrite uses.
    ///
    /// @param work folder for objects on their way to the store, owned by this
    record Tools(
            Registry registry,
            SeekableTars tars,
            ArchiveUploads uploads,
            SplitWriter splits,
            SplitWriter.Options options,
            Path work,
            RandomGenerator random,
            ArchiveStep.Listener steps,
            Closing closing) {}

    SegmentRewrite(Tools tools) {
        this.tools = tools;
    }

    /// Says what stays of the batches.
    interface Filter {
        /// @param rangeEnd offset after the last record of the partition in the new segment
        /// @return empty if nothing stays; never so for the batch that ends at `rangeEnd`
        Optional<ByteBuffer> batch(int partition, ByteBuffer batch, long rangeEnd);

        /// Whether readers must still be told of an aborted transaction; asked when its batches
        /// have passed.
        boolean tellsOf(int partition, AbortedTransaction transaction);
    }

    /// @param inputs consecutive in [SegmentOrder]
    /// @param compactedToMs of the new segment
    /// @param splits those of the inputs, to be merged; none if the records must be indexed again
    record Plan(
            TopicMetadata topic,
            List<RecordSegment> inputs,
            long compactedToMs,
            List<IndexSplit> splits) {

        /// One that keeps every record.
        static Plan ofMerge(
                RegistrySnapshot snapshot, TopicMetadata topic, List<RecordSegment> inputs) {
            Set<String> wanted = new HashSet<>();
            inputs.forEach(input -> wanted.add(input.id()));
            List<IndexSplit> splits =
                    snapshot.splits(topic.id()).stream()
                            .filter(split -> wanted.containsAll(split.recordSegments()))
                            .toList();
            long covered = splits.stream().mapToLong(s -> s.recordSegments().size()).sum();
            long compactedToMs =
                    inputs.stream().mapToLong(RecordSegment::compactedToMs).max().orElse(0);
            return new Plan(
                    topic, inputs, compactedToMs, covered == inputs.size() ? splits : List.of());
        }
    }

    /// Rewrites.
    ///
    /// @return the new segment, empty if one of the inputs is not there any more
    Optional<RecordSegment> run(Plan plan, Filter filter) throws IOException {
        byte[] random = new byte[16];
        tools.random.nextBytes(random);
        String id = HexFormat.of().formatHex(random);
        Path records = tools.work.resolve(id + ".records");
        Path split = tools.work.resolve(id + ".split");
        try (BatchSpool spool = new BatchSpool(tools.work.resolve(id + ".spool"))) {
            Map<Integer, PartitionRange> ranges = ranges(plan.inputs);
            Map<Integer, SegmentTransactions> transactions = fill(spool, plan, ranges, filter);
            RecordSegmentFile written = write(id, plan, ranges, transactions, spool, records);
            reached(ArchiveStep.RECORDS_WRITTEN, id);
            Optional<SplitWriter.SplitFile> index =
                    IndexSettings.isIndexed(plan.topic)
                            ? Optional.of(index(plan, written.segment(), spool, split))
                            : Optional.empty();
            reached(ArchiveStep.SPLIT_WRITTEN, id);
            tools.uploads.create(written.segment().object(), records);
            reached(ArchiveStep.RECORDS_UPLOADED, id);
            if (index.isPresent()) {
                tools.uploads.create(index.get().split().object(), split);
            }
            reached(ArchiveStep.SPLIT_UPLOADED, id);
            return commit(plan, written.segment(), index.map(SplitWriter.SplitFile::split));
        } finally {
            Files.deleteIfExists(records);
            Files.deleteIfExists(split);
        }
    }

    /// What the new segment is to cover: from the first input's begin to the last one's end.
    private static Map<Integer, PartitionRange> ranges(List<RecordSegment> inputs) {
        Map<Integer, PartitionRange> ranges = new TreeMap<>();
        for (RecordSegment input : inputs) {
            for (PartitionRange range : input.ranges()) {
                ranges.merge(
                        range.partition(),
                        range,
                        (first, next) ->
                                new PartitionRange(
                                        first.partition(),
                                        first.baseOffset(),
                                        next.endOffset(),
                                        0,
                                        0,
                                        0,
                                        0,
                                        0,
                                        0));
            }
        }
        return ranges;
    }

    /// @return what is told of transactions, by partition
    private Map<Integer, SegmentTransactions> fill(
            BatchSpool spool, Plan plan, Map<Integer, PartitionRange> ranges, Filter filter)
            throws IOException {
        Map<Integer, SegmentTransactions> transactions = new TreeMap<>();
        for (PartitionRange range : ranges.values()) {
            int partition = range.partition();
            List<AbortedTransaction> aborted = new ArrayList<>();
            SegmentTransactions last = SegmentTransactions.NONE;
            for (RecordSegment input : plan.inputs) {
                if (input.ranges().stream().noneMatch(held -> held.partition() == partition)) {
                    continue;
                }
                ArchivedRun run = new ArchivedRun(tools.tars, input, partition);
                run.forEachBatch((batch, ingestTimeMs) -> {
                    tools.closing.check();
                    Optional<ByteBuffer> kept = filter.batch(partition, batch, range.endOffset());
                    if (kept.isPresent()) {
                        spool.add(partition, kept.get(), ingestTimeMs);
                    }
                });
                last = run.transactions();
                last.aborted().stream()
                        .filter(one -> filter.tellsOf(partition, one))
                        .forEach(aborted::add);
            }
            transactions.put(partition, new SegmentTransactions(aborted, last.openAtEnd()));
        }
        return transactions;
    }

    private RecordSegmentFile write(
            String id,
            Plan plan,
            Map<Integer, PartitionRange> ranges,
            Map<Integer, SegmentTransactions> transactions,
            BatchSpool spool,
            Path target)
            throws IOException {
        Map<Integer, Long> bases = new TreeMap<>();
        ranges.forEach((partition, range) -> bases.put(partition, range.baseOffset()));
        RecordSegmentFile written =
                RecordSegmentWriter.rewrite(
                        plan.topic,
                        new RecordSegmentWriter.Head(
                                id,
                                SegmentOrder.walSegments(plan.inputs),
                                plan.compactedToMs,
                                bases,
                                transactions),
                        spool,
                        target,
                        new RecordSegmentWriter.Options(
                                tools.options.deflateLevel(), tools.options.producer(), false));
        requireSameRanges(ranges, written.segment());
        return written;
    }

    /// Nothing replaces what it does not cover.
    private static void requireSameRanges(
            Map<Integer, PartitionRange> expected, RecordSegment written) {
        boolean same = expected.size() == written.ranges().size();
        for (PartitionRange range : written.ranges()) {
            PartitionRange wanted = expected.get(range.partition());
            same &=
                    wanted != null
                            && wanted.baseOffset() == range.baseOffset()
                            && wanted.endOffset() == range.endOffset();
        }
        if (!same) {
            throw new IllegalStateException(
                    "a rewrite of %s gave %s".formatted(expected.values(), written.ranges()));
        }
    }

    private SplitWriter.SplitFile index(
            Plan plan, RecordSegment covered, BatchSpool spool, Path target) throws IOException {
        String id = "%s-%08x".formatted(covered.id(), tools.random.nextInt());
        SplitWriter.Spec spec =
                new SplitWriter.Spec(
                        id, covered.topicId(), List.of(covered.id()), covered.ranges());
        Path work = target.resolveSibling(target.getFileName() + ".index");
        if (!plan.splits.isEmpty()) {
            Path copies = target.resolveSibling(target.getFileName() + ".inputs");
            Optional<LocalSplits> inputs =
                    LocalSplits.copy(tools.tars, plan.splits, copies, tools.closing);
            if (inputs.isPresent()) {
                try (LocalSplits open = inputs.get()) {
                    return tools.splits.merge(spec, open, work, target);
                }
            }
        }
        return tools.splits.write(
                spec,
                sink -> {
                    for (int partition : spool.partitions()) {
                        spool.run(partition)
                                .forEachBatch((batch, ingestTimeMs) -> {
                                    tools.closing.check();
                                    sink.batch(partition, batch, ingestTimeMs);
                                });
                    }
                },
                work,
                target);
    }

    private Optional<RecordSegment> commit(
            Plan plan, RecordSegment written, Optional<IndexSplit> split) throws IOException {
        boolean[] done = new boolean[1];
        List<String> inputs = plan.inputs.stream().map(RecordSegment::id).toList();
        tools.registry.commit(snapshot -> {
            done[0] = isReplaceable(snapshot, plan);
            return done[0]
                    ? Optional.of(
                            new RegistryChange(
                                    List.of(),
                                    List.of(written),
                                    inputs,
                                    split.stream().toList(),
                                    List.of()))
                    : Optional.empty();
        });
        reached(ArchiveStep.COMMITTED, written.id());
        return done[0] ? Optional.of(written) : Optional.empty();
    }

    /// Whether all inputs are there, as they were read.
    private static boolean isReplaceable(RegistrySnapshot snapshot, Plan plan) {
        if (snapshot.topic(plan.topic.id()).isEmpty()) {
            return false;
        }
        for (RecordSegment input : plan.inputs) {
            if (!snapshot.segment(input.id()).equals(Optional.of(input))) {
                return false;
            }
        }
        return true;
    }

    private void reached(ArchiveStep step, String id) throws IOException {
        tools.closing.check();
        tools.steps.reached(step, id);
    }
}
