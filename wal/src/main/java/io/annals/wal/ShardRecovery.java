package io.annals.wal;

import io.annals.wal.WalDirectory.WalId;
import io.annals.wal.WalRecovery.Damage;
import io.annals.wal.WalRecovery.SegmentReport;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// Brings one shard back from its folder. Confined to one thread.
///
/// The newest checkpoint gives the state before segment `nextNumber`. Segments below with a good
/// sidecar are only mapped. All others are scanned, cut behind their last valid frame, made durable
/// and given a sidecar, so the shard comes back with nothing but sealed segments; those from
/// `nextNumber` on also bring the state forward. A new checkpoint ends it: what comes after a crash
/// in the midst of recovery finds either the old state or the new one.
final class ShardRecovery {
    private final WalDirectory directory;
    private final WalFiles files;
    private final WalId walId;
    private final int shard;
    private final Path folder;
    private final Function<PartitionKey, HotPartition> partitions;

    private final Map<PartitionKey, HotPartition> known = new HashMap<>();
    private final List<WalSegment> sealed = new ArrayList<>();
    private final List<SegmentReport> reports = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final ProducerStates producers = new ProducerStates();

    /// What was open at the end of the segments that the checkpoint accounts for, as far as they
    /// were looked at: for those that must be scanned again.
    private final Map<PartitionKey, OpenTransactions> past = new HashMap<>();

    private long nextNumber;
    private long lastIngestTimeMs;

    /// @param partitions makes a partition of this shard known, or finds it
    ShardRecovery(
            WalDirectory directory,
            WalId walId,
            int shard,
            Function<PartitionKey, HotPartition> partitions) {
        this.directory = directory;
        this.files = directory.files();
        this.walId = walId;
        this.shard = shard;
        this.folder = directory.shard(shard);
        this.partitions = partitions;
    }

    /// @param sealed oldest first
    /// @param forgotten the folder had checkpoints and none can be read: numbers may come again, so
    ///   new segments need a new wal id
    record Recovered(
            int shard,
            Path folder,
            List<WalSegment> sealed,
            ProducerStates producers,
            long nextNumber,
            long lastIngestTimeMs,
            boolean forgotten,
            List<SegmentReport> reports,
            List<String> notes) {}

    Recovered run() throws IOException {
        ShardFolder.deleteTemporary(folder);
        List<Path> checkpoints = ShardFolder.list(folder, ShardCheckpoint.SUFFIX).reversed();
        Optional<ShardCheckpoint> checkpoint = ShardCheckpoint.newest(checkpoints, notes);
        checkpoint.ifPresent(this::restore);
        long accountedFor = nextNumber;
        boolean changed = false;
        for (Path file : ShardFolder.list(folder, ".wal")) {
            changed |= recover(file, accountedFor);
        }
        deleteOrphanSidecars();
        if (changed) {
            ByteBuffer encoded =
                    ShardCheckpoint.encode(nextNumber, lastIngestTimeMs, known.values(), producers);
            ShardCheckpoint.store(files, folder, nextNumber, encoded);
        }
        return new Recovered(
                shard,
                folder,
                sealed,
                producers,
                nextNumber,
                lastIngestTimeMs,
                checkpoint.isEmpty() && !checkpoints.isEmpty(),
                reports,
                notes);
    }

    private void restore(ShardCheckpoint checkpoint) {
        nextNumber = checkpoint.nextNumber();
        lastIngestTimeMs = checkpoint.lastIngestTimeMs();
        for (ShardCheckpoint.Partition p : checkpoint.partitions()) {
            partition(p.key()).recovered(p.logEndOffset(), p.lastIngestTimeMs());
        }
        producers.decode(checkpoint.payload());
        producers.openTransactions().forEach((key, open) -> partition(key).restore(open));
    }

    private HotPartition partition(PartitionKey key) {
        return known.computeIfAbsent(key, partitions);
    }

    /// @return whether the state went beyond the checkpoint
    private boolean recover(Path file, long accountedFor) throws IOException {
        boolean covered = ShardFolder.number(file) < accountedFor;
        Arena arena = Arena.ofShared();
        try (FileChannel channel =
                files.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer mapped = WalSegment.map(channel, channel.size(), arena);
            Optional<WalSegment> segment = recover(file, channel, arena, mapped, covered);
            if (segment.isPresent()) {
                take(segment.get());
            } else {
                arena.close();
                Files.delete(file);
                files.syncDirectory(folder);
            }
            return !covered;
        } catch (IOException | RuntimeException e) {
            if (arena.scope().isAlive()) {
                arena.close();
            }
            throw e;
        }
    }

    /// @return empty if the file holds no frame
    private Optional<WalSegment> recover(
            Path file, FileChannel channel, Arena arena, ByteBuffer mapped, boolean covered)
            throws IOException {
        SegmentId id = identify(file, mapped);
        if (covered) {
            Optional<WalSegment> whole = fromSidecar(id, file, arena, mapped);
            if (whole.isPresent()) {
                return whole;
            }
        }
        Optional<WalSegment> scanned;
        try (Prefetch prefetch = Prefetch.start(channel)) {
            scanned = scan(id, file, arena, mapped, covered, prefetch);
        }
        if (scanned.isPresent()) {
            SegmentFile.seal(files, channel, scanned.get());
        }
        return scanned;
    }

    private void take(WalSegment segment) {
        long number = segment.id().number();
        if (!sealed.isEmpty() && sealed.getLast().id().number() + 1 != number) {
            notes.add("segments before " + segment.file() + " are missing");
        }
        nextNumber = Math.max(nextNumber, number + 1);
        sealed.add(segment);
        for (BatchIndex index : segment.indexes()) {
            partition(index.partition()).addRun(new HotRun(segment, index));
            RunTransactions transactions = index.transactions();
            if (transactions == null) {
                past.remove(index.partition());
            } else {
                past.put(index.partition(), OpenTransactions.of(transactions.openAtEnd()));
            }
        }
    }

    private SegmentId identify(Path file, ByteBuffer mapped) throws IOException {
        long number = ShardFolder.number(file);
        SegmentId expected = new SegmentId(walId.high(), walId.low(), shard, number);
        if (!FrameFormat.fileHeaderIsValid(mapped)) {
            return expected;
        }
        if (FrameFormat.fileVersion(mapped) != FrameFormat.VERSION) {
            throw new UnsupportedWalVersionException(
                    file, FrameFormat.fileVersion(mapped), FrameFormat.VERSION);
        }
        SegmentId id = FrameFormat.segmentId(mapped);
        return id.shard() == shard && id.number() == number ? id : expected;
    }

    private Optional<WalSegment> fromSidecar(
            SegmentId id, Path file, Arena arena, ByteBuffer mapped) throws IOException {
        Path sidecar = folder.resolve(id.indexName());
        if (!Files.exists(sidecar)) {
            notes.add(sidecar + " is missing; the segment was scanned");
            return Optional.empty();
        }
        try {
            return Optional.of(SegmentFile.readSidecar(sidecar, id, file, arena, mapped));
        } catch (CorruptWalException e) {
            notes.add(e.getMessage() + "; the segment was scanned");
            return Optional.empty();
        }
    }

    /// @return empty if the file holds no frame
    private Optional<WalSegment> scan(
            SegmentId id,
            Path file,
            Arena arena,
            ByteBuffer mapped,
            boolean covered,
            Prefetch prefetch)
            throws IOException {
        WalSegment segment = new WalSegment(id, file, arena, mapped, 0, List.of());
        ScanSink sink = new ScanSink(segment, covered, prefetch);
        int written = Math.toIntExact(Preallocation.writtenEnd(file, mapped.limit()));
        SegmentScan.Result result = SegmentScan.scan(file, mapped.slice(0, written), id, sink);
        segment.advanceTo(result.end());
        sink.end();
        List<Damage> damage = new ArrayList<>();
        for (SegmentScan.Range range : result.damage()) {
            Path copy = save(segment, "damaged", range.start(), range.end());
            damage.add(
                    new Damage(
                            range.start(),
                            range.end(),
                            copy,
                            "no valid frame though valid frames follow"));
        }
        int tornBytes = result.tornEnd() - result.end();
        Optional<Path> torn =
                tornBytes == 0
                        ? Optional.empty()
                        : Optional.of(save(segment, "torn", result.end(), result.tornEnd()));
        reports.add(new SegmentReport(file, result.tornEnd(), tornBytes, torn, damage));
        notes.addAll(sink.overlaps);
        return sink.frames == 0 ? Optional.empty() : Optional.of(segment);
    }

    /// The same bytes get the same name, so a second recovery leaves no second copy.
    private Path save(WalSegment segment, String kind, int start, int end) throws IOException {
        Files.createDirectories(directory.quarantine());
        Path copy =
                directory
                        .quarantine()
                        .resolve("%s-%d-%d.%s".formatted(segment.id(), start, end, kind));
        files.replace(copy, segment.mapped().slice(start, end - start));
        return copy;
    }

    private void deleteOrphanSidecars() throws IOException {
        for (Path sidecar : ShardFolder.list(folder, ".index")) {
            long number = ShardFolder.number(sidecar);
            if (sealed.stream().noneMatch(s -> s.id().number() == number)) {
                Files.delete(sidecar);
            }
        }
    }

    /// Indexes the frames of one segment, and brings the state forward if no checkpoint has it.
    private final class ScanSink implements SegmentScan.Sink {
        private final WalSegment segment;
        private final boolean covered;
        private final Prefetch prefetch;
        private final Map<PartitionKey, BatchIndex> indexes = new HashMap<>();
        private final List<String> overlaps = new ArrayList<>();
        private int frames;

        ScanSink(WalSegment segment, boolean covered, Prefetch prefetch) {
            this.segment = segment;
            this.covered = covered;
            this.prefetch = prefetch;
        }

        @Override
        public void frame(int frame) throws IOException {
            prefetch.reached(frame);
            ByteBuffer mapped = segment.mapped();
            PartitionKey key = FrameFormat.partitionKey(mapped, frame);
            BatchView batch = FrameFormat.batch(mapped, frame);
            BatchIndex index = indexes.get(key);
            if (index != null && batch.baseOffset() < index.endOffset()) {
                overlaps.add(
                        "%s at %d: offset %d of %s goes back, left out"
                                .formatted(segment.file(), frame, batch.baseOffset(), key));
                return;
            }
            if (index == null || !index.reaches(batch.baseOffset())) {
                index = segment.startIndex(key, batch.baseOffset());
                indexes.put(key, index);
            }
            index.add(frame, batch);
            frames++;
            if (covered) {
                AbortedTransaction aborted =
                        past.computeIfAbsent(key, _ -> new OpenTransactions()).apply(batch);
                if (aborted != null) {
                    index.add(aborted);
                }
            } else {
                partition(key).apply(batch, index);
                long ingestTimeMs = FrameFormat.ingestTimeMs(mapped, frame);
                partition(key).recovered(batch.nextOffset(), ingestTimeMs);
                producers.begin(1);
                producers.add(key, batch, ingestTimeMs);
                lastIngestTimeMs = Math.max(lastIngestTimeMs, ingestTimeMs);
            }
        }

        void end() {
            for (BatchIndex index : segment.indexes()) {
                index.trim();
                PartitionKey key = index.partition();
                index.endTransactions(
                        covered
                                ? past.computeIfAbsent(key, _ -> new OpenTransactions()).list()
                                : partition(key).openTransactions());
            }
        }

        @Override
        public void lost(int frame) {
            ByteBuffer mapped = segment.mapped();
            partition(FrameFormat.partitionKey(mapped, frame))
                    .recovered(
                            FrameFormat.endOffset(mapped, frame),
                            FrameFormat.ingestTimeMs(mapped, frame));
        }
    }
}
