package io.annals.archive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.CRC32C;

/// [EntryCodec#GZ]: each chunk of up to [#CHUNK_BYTES] becomes a gzip member.
///
/// A chunk is stored if at least half of it came as packed already: batches that their producer
/// compressed cost no time here, nor when they are read. A chunk that deflate does not shrink by a
/// tenth is stored too, and so are the next [#CHUNKS_STORED_UNTRIED]; so the choice follows when
/// the data changes. The rules depend on nothing but what was written.
final class GzEntryOutput implements EntryOutput {
    static final int CHUNK_BYTES = 128 * 1024;
    static final int CHUNKS_STORED_UNTRIED = 31;

    private final ObjectFileOutput out;
    private final ChunkDeflater deflater;
    private final ByteBuffer pending;
    private byte[] deflated;
    private int pendingPacked;
    private int storeUntried;

    /// Filled up to `count`, the starts up to `count + 1`.
    private int[] crcs = new int[16];

    private long[] starts = new long[17];
    private long[] storedStarts = new long[17];
    private int count;

    /// @param room may have been another entry's, that is finished
    GzEntryOutput(ObjectFileOutput out, ChunkDeflater deflater, Room room) {
        this.out = out;
        this.deflater = deflater;
        this.pending = room.pending.clear();
        this.deflated = room.deflated;
    }

    /// Memory for one chunk, and for what it becomes.
    record Room(ByteBuffer pending, byte[] deflated) {
        static Room allocate() {
            return new Room(ByteBuffer.allocate(CHUNK_BYTES), new byte[CHUNK_BYTES]);
        }
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int length = Math.min(bytes.remaining(), pending.remaining());
            take(bytes, length);
            if (!pending.hasRemaining()) {
                cut();
            }
        }
    }

    @Override
    public void writeWhole(ByteBuffer bytes, boolean packed) throws IOException {
        if (bytes.remaining() > pending.remaining()) {
            cut();
        }
        if (bytes.remaining() > CHUNK_BYTES) {
            writeChunk(bytes.duplicate(), packed);
            bytes.position(bytes.limit());
        } else {
            pendingPacked += packed ? bytes.remaining() : 0;
            take(bytes, bytes.remaining());
        }
    }

    @Override
    public ChunkTable finish() throws IOException {
        cut();
        return new ChunkTable.Members(
                Arrays.copyOf(starts, count + 1),
                Arrays.copyOf(storedStarts, count + 1),
                Arrays.copyOf(crcs, count));
    }

    private void take(ByteBuffer bytes, int length) {
        pending.put(pending.position(), bytes, bytes.position(), length);
        pending.position(pending.position() + length);
        bytes.position(bytes.position() + length);
    }

    private void cut() throws IOException {
        if (pending.position() > 0) {
            pending.flip();
            writeChunk(pending, 2 * pendingPacked >= pending.limit());
            pending.clear();
            pendingPacked = 0;
        }
    }

    private void writeChunk(ByteBuffer chunk, boolean stored) throws IOException {
        if (chunk.remaining() > TableOfContents.MAX_CHUNK_BYTES) {
            throw new IllegalArgumentException(
                    "chunk of %d bytes, at most %d are allowed"
                            .formatted(chunk.remaining(), TableOfContents.MAX_CHUNK_BYTES));
        }
        int length = chunk.remaining();
        CRC32C crc32c = new CRC32C();
        crc32c.update(chunk.duplicate());
        long before = out.position();
        GzipFraming.writeMember(chunk, stored ? -1 : deflate(chunk), deflated, out::write);
        add(length, Math.toIntExact(out.position() - before), (int) crc32c.getValue());
    }

    /// Length of the deflate data, -1 to store the chunk.
    private int deflate(ByteBuffer chunk) {
        if (storeUntried > 0) {
            storeUntried--;
            return -1;
        }
        int limit = Math.max(16, (int) (chunk.remaining() * 0.9));
        if (deflated.length < limit) {
            deflated = new byte[limit];
        }
        int length = deflater.deflate(chunk, deflated, limit);
        if (length < 0) {
            storeUntried = CHUNKS_STORED_UNTRIED;
        }
        return length;
    }

    private void add(int length, int stored, int crc) {
        if (count == crcs.length) {
            crcs = Arrays.copyOf(crcs, 2 * count);
            starts = Arrays.copyOf(starts, 2 * count + 1);
            storedStarts = Arrays.copyOf(storedStarts, 2 * count + 1);
        }
        crcs[count] = crc;
        starts[count + 1] = starts[count] + length;
        storedStarts[count + 1] = storedStarts[count] + stored;
        count++;
    }
}
