package io.annals.wal;

import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/// One WAL segment as readers see it: its mapped file and the indexes into it.
///
/// The mapping is counted: it starts with the log's own reference, every open read adds one, and
/// the last one to go unmaps it. So no byte that a reader (or a socket write) holds can vanish.
/// Batches are added by the shard's writer only, and only when they may be seen.
final class WalSegment {
    private final SegmentId id;
    private final Path file;
    private final Arena arena;
    private final ByteBuffer mapped;
    private final long createdAtMs;
    private final AtomicInteger references = new AtomicInteger(1);

    /// The runs of all partitions. Grows under the writer, fixed once sealed.
    private final List<BatchIndex> indexes;

    private volatile int endPosition;

    /// @param mapped all of the file, read-only, of `arena`
    /// @param endPosition end of the last frame
    WalSegment(
            SegmentId id,
            Path file,
            Arena arena,
            ByteBuffer mapped,
            int endPosition,
            List<BatchIndex> indexes) {
        this.id = id;
        this.file = file;
        this.arena = arena;
        this.mapped = mapped;
        this.createdAtMs =
                FrameFormat.fileHeaderIsValid(mapped) ? FrameFormat.createdAtMs(mapped) : 0;
        this.endPosition = endPosition;
        this.indexes = new ArrayList<>(indexes);
    }

    /// Maps `[0, size)` of an open file for reading.
    static ByteBuffer map(FileChannel channel, long size, Arena arena) throws IOException {
        return channel.map(MapMode.READ_ONLY, 0, size, arena).asByteBuffer();
    }

    SegmentId id() {
        return id;
    }

    Path file() {
        return file;
    }

    /// Wall clock at its creation, 0 if its header is damaged.
    long createdAtMs() {
        return createdAtMs;
    }

    /// The whole file, absolute access only.
    ByteBuffer mapped() {
        return mapped;
    }

    int endPosition() {
        return endPosition;
    }

    List<BatchIndex> indexes() {
        return indexes;
    }

    /// The writer only.
    BatchIndex startIndex(PartitionKey partition, long baseOffset) {
        BatchIndex index = new BatchIndex(partition, baseOffset);
        indexes.add(index);
        return index;
    }

    /// The writer only: frames up to here are in the file.
    void advanceTo(int position) {
        endPosition = position;
    }

    ByteBuffer batch(int frame) {
        return mapped.slice(
                frame + FrameFormat.FRAME_HEADER_BYTES, FrameFormat.batchLength(mapped, frame));
    }

    /// Takes a reference.
    ///
    /// @return false if the segment is gone; nothing was taken then
    boolean acquire() {
        int count = references.get();
        while (count > 0) {
            if (references.compareAndSet(count, count + 1)) {
                return true;
            }
            count = references.get();
        }
        return false;
    }

    /// Gives a reference back; the last one unmaps the file.
    void release() {
        if (references.decrementAndGet() == 0) {
            arena.close();
        }
    }

    boolean hasTransactions() {
        return indexes.stream().anyMatch(index -> index.transactions() != null);
    }

    /// The sidecar: identity, end, and every index.
    void encodeIndex(DataOutputStream out) throws IOException {
        ByteBuffer identity = ByteBuffer.allocate(SegmentId.BYTES);
        id.encode(identity);
        out.write(identity.array());
        out.writeInt(endPosition);
        out.writeInt(indexes.size());
        for (BatchIndex index : indexes) {
            index.encode(out);
        }
        if (hasTransactions()) {
            encodeTransactions(out);
        }
    }

    private void encodeTransactions(DataOutputStream out) throws IOException {
        List<Integer> with =
                IntStream.range(0, indexes.size())
                        .filter(i -> indexes.get(i).transactions() != null)
                        .boxed()
                        .toList();
        out.writeInt(with.size());
        for (int i : with) {
            out.writeInt(i);
            Objects.requireNonNull(indexes.get(i).transactions()).encode(out);
        }
    }
}
