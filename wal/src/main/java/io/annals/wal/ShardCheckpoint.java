package io.annals.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// The state of a shard at the border between two segments, in a file: what outlives the segments
/// themselves. Log end offsets, producer states, and the number that comes next.
///
/// The file is named after `nextNumber`: every segment below is accounted for in it.
///
/// @param payload producer states, still encoded
record ShardCheckpoint(
        long nextNumber, long lastIngestTimeMs, List<Partition> partitions, ByteBuffer payload) {
    static final String SUFFIX = ".checkpoint";

    private static final CheckedFile FORMAT = new CheckedFile(0x414e4e414c534350L, 3);
    private static final CheckedFile WITHOUT_PRODUCERS = FORMAT.ofVersion(1);

    record Partition(PartitionKey key, long logEndOffset, long lastIngestTimeMs) {}

    static String fileName(long nextNumber) {
        return "%020d%s".formatted(nextNumber, SUFFIX);
    }

    static ByteBuffer encode(
            long nextNumber,
            long lastIngestTimeMs,
            Collection<HotPartition> partitions,
            ProducerStates producers)
            throws IOException {
        List<HotPartition> alive = partitions.stream().filter(p -> !p.deleted()).toList();
        CheckedFile format = producers.isEmpty() ? WITHOUT_PRODUCERS : FORMAT;
        return format.encode(out -> {
            out.writeLong(nextNumber);
            out.writeLong(lastIngestTimeMs);
            out.writeInt(alive.size());
            for (HotPartition partition : alive) {
                partition.key().encode(out);
                out.writeLong(partition.logEndOffset());
                out.writeLong(partition.lastIngestTimeMs());
            }
            producers.encode(out);
        });
    }

    /// The newest checkpoint of a shard that can be read.
    ///
    /// @param candidates checkpoint files, newest first
    static Optional<ShardCheckpoint> newest(List<Path> candidates, List<String> notes)
            throws IOException {
        for (Path file : candidates) {
            try {
                return Optional.of(decode(FORMAT.read(file)));
            } catch (CorruptWalException e) {
                notes.add(e.getMessage());
            }
        }
        return Optional.empty();
    }

    private static ShardCheckpoint decode(ByteBuffer in) {
        long nextNumber = in.getLong();
        long lastIngestTimeMs = in.getLong();
        Partition[] partitions = new Partition[in.getInt()];
        for (int i = 0; i < partitions.length; i++) {
            partitions[i] = new Partition(PartitionKey.decode(in), in.getLong(), in.getLong());
        }
        return new ShardCheckpoint(nextNumber, lastIngestTimeMs, List.of(partitions), in);
    }

    /// Stores an encoded checkpoint and lets all but the one before it go.
    static void store(WalFiles files, Path folder, long nextNumber, ByteBuffer encoded)
            throws IOException {
        files.replace(folder.resolve(fileName(nextNumber)), encoded.duplicate());
        List<Path> all = ShardFolder.list(folder, SUFFIX).reversed();
        for (Path old : all.subList(Math.min(2, all.size()), all.size())) {
            Files.deleteIfExists(old);
        }
    }
}
