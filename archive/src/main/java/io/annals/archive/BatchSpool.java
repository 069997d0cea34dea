package io.annals.archive;

import io.annals.wal.BatchView;
import io.annals.wal.SealedSegment;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/// Batches on their way from record segments into a new one, in a local file, so that the object
/// store is read once and memory holds one batch. Deleted when closed. Confined to one thread.
///
/// ```
/// ingestTimeMs i64 | batch, as long as its header says
/// ```
public final class BatchSpool implements Closeable {
    private static final int BUFFER_BYTES = 1 << 20;

    private final Path file;
    private final FileChannel channel;
    private final NavigableMap<Integer, List<Extent>> extents = new TreeMap<>();
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    private long written;

    /// Positions `[start, end)` that hold batches of one partition.
    private record Extent(long start, long end) {}

    /// @param file is made anew
    public BatchSpool(Path file) throws IOException {
        this.file = file;
        this.channel =
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
    }

    /// Appends a batch behind the others of its partition.
    public void add(int partition, ByteBuffer batch, long ingestTimeMs) throws IOException {
        long start = written;
        buffer.clear().putLong(ingestTimeMs).flip();
        writeAll(buffer);
        writeAll(batch.duplicate());
        List<Extent> of = extents.computeIfAbsent(partition, _ -> new ArrayList<>());
        if (!of.isEmpty() && of.getLast().end == start) {
            start = of.removeLast().start;
        }
        of.add(new Extent(start, written));
    }

    private void writeAll(ByteBuffer source) throws IOException {
        while (source.hasRemaining()) {
            written += channel.write(source, written);
        }
    }

    /// Bytes in the file.
    public long sizeBytes() {
        return written;
    }

    /// Those with at least one batch, ordered.
    public List<Integer> partitions() {
        return List.copyOf(extents.keySet());
    }

    /// The batches of one partition; valid until the spool is closed.
    public BatchRun run(int partition) {
        List<Extent> of = Optional.ofNullable(extents.get(partition)).orElse(List.of());
        return visitor -> {
            for (Extent extent : of) {
                read(extent, visitor);
            }
        };
    }

    private void read(Extent extent, SealedSegment.BatchVisitor visitor) throws IOException {
        ByteBuffer window = ByteBuffer.allocate(BUFFER_BYTES).flip();
        long next = extent.start; // position of the first byte that is not in the window
        while (next < extent.end || window.hasRemaining()) {
            int wanted = Long.BYTES + BatchView.HEADER_BYTES;
            if (window.remaining() >= wanted) {
                wanted = Long.BYTES + new BatchView(window, window.position() + 8).sizeBytes();
            }
            if (window.remaining() < wanted) {
                if (window.capacity() < wanted) {
                    window = ByteBuffer.allocate(wanted).put(window).flip();
                }
                next = fill(window, next, extent.end);
                continue;
            }
            long ingestTimeMs = window.getLong();
            int size = wanted - Long.BYTES;
            visitor.batch(window.slice(window.position(), size).asReadOnlyBuffer(), ingestTimeMs);
            window.position(window.position() + size);
        }
    }

    private long fill(ByteBuffer window, long from, long end) throws IOException {
        window.compact();
        window.limit((int) Math.min(window.capacity(), window.position() + (end - from)));
        int read = channel.read(window, from);
        window.flip();
        if (read <= 0) {
            throw new EOFException("%s ends at %d, not at %d".formatted(file, from, end));
        }
        return from + read;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(file);
    }
}
