package io.annals.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The segment that a shard appends to. Frames are gathered with [#add] and go to the file with
/// [#write] in one system call, straight from the callers' buffers. Confined to the writer.
final class ActiveSegment {
    private static final Logger LOG = LoggerFactory.getLogger(ActiveSegment.class);

    /// As many buffers as the system takes in one gathering write (IOV_MAX), two per frame.
    private static final int MAX_GATHERED = 1024;

    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

    /// 64 KiB: groups up to this size gain more from an fsync of space that was written before than
    /// it costs to write them twice.
    private static final long SMALL_GROUP_BYTES = 64 << 10;

    /// 512 KiB, a multiple of every block size in use.
    private static final int ZEROS_BYTES = 512 << 10;

    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(ZEROS_BYTES).asReadOnlyBuffer();

    private final WalSegment segment;
    private final FileChannel channel;
    private final FrameFormat.Headers headers;
    private final ByteBuffer headerBytes =
            ByteBuffer.allocateDirect(MAX_GATHERED / 2 * FrameFormat.FRAME_HEADER_BYTES);
    private final ByteBuffer[] gathered = new ByteBuffer[MAX_GATHERED];
    private int gatheredCount;
    private long gatheredBytes;

    /// Where the next frame goes.
    private int position = FrameFormat.FILE_HEADER_BYTES;

    private long firstAppendNanos;

    /// End of what was written, frames or zeros.
    private int writtenEnd = FrameFormat.FILE_HEADER_BYTES;

    /// @param channel at the position where the first frame goes
    ActiveSegment(WalSegment segment, FileChannel channel) {
        this.segment = segment;
        this.channel = channel;
        this.headers = new FrameFormat.Headers(segment.id());
    }

    WalSegment segment() {
        return segment;
    }

    FileChannel channel() {
        return channel;
    }

    boolean isEmpty() {
        return position == FrameFormat.FILE_HEADER_BYTES;
    }

    boolean isHalfFull() {
        return position > segment.mapped().limit() / 2;
    }

    long firstAppendNanos() {
        return firstAppendNanos;
    }

    boolean fits(long framedBytes) {
        return framedBytes <= segment.mapped().limit() - position;
    }

    /// Gathers the frames of an append whose offsets are assigned. Writes only if there are more
    /// than one system call takes.
    ///
    /// @param firstFrame index of its first frame among the `frameCount` that count as a whole
    void add(PendingAppend append, long ingestTimeMs, int firstFrame, int frameCount)
            throws IOException {
        if (isEmpty()) {
            firstAppendNanos = System.nanoTime();
        }
        append.placed(segment, position);
        List<BatchView> batches = append.batches();
        for (int i = 0; i < batches.size(); i++) {
            if (gatheredCount == MAX_GATHERED) {
                write();
            }
            BatchView batch = batches.get(i);
            int headerAt = headerBytes.position();
            headers.encode(
                    headerBytes,
                    position,
                    new FrameFormat.FrameMeta(
                            append.partition().key(), ingestTimeMs, firstFrame + i, frameCount),
                    batch);
            gather(headerBytes.slice(headerAt, FrameFormat.FRAME_HEADER_BYTES));
            gather(batch.bytes());
            position += FrameFormat.FRAME_HEADER_BYTES + batch.sizeBytes();
        }
    }

    private void gather(ByteBuffer bytes) {
        gathered[gatheredCount++] = bytes;
        gatheredBytes += bytes.remaining();
    }

    /// Brings what was gathered to the file.
    void write() throws IOException {
        int first = 0;
        while (gatheredBytes > 0) {
            gatheredBytes -= channel.write(gathered, first, gatheredCount - first);
            while (first < gatheredCount && !gathered[first].hasRemaining()) {
                gathered[first++] = EMPTY;
            }
        }
        gatheredCount = 0;
        headerBytes.clear();
        segment.advanceTo(position);
    }

    /// Makes what was written durable, and with it zeros behind it: an fsync that changes only
    /// bytes and no allocation takes half the time
    /// (`docs/adr/0016-zeros-ahead-of-small-groups.md`).
    ///
    /// @param unsyncedBytes how much was written since the last time
    void force(long unsyncedBytes) throws IOException {
        writtenEnd = Math.max(writtenEnd, position);
        if (unsyncedBytes <= SMALL_GROUP_BYTES && position + unsyncedBytes > writtenEnd) {
            writeZeros();
        }
        channel.force(false);
    }

    /// Does without them where they cannot be written: they hold nothing that anybody waits for.
    private void writeZeros() {
        int limit = segment.mapped().limit();
        int untilMultiple = ZEROS_BYTES - writtenEnd % ZEROS_BYTES;
        ByteBuffer zeros = ZEROS.duplicate().limit(Math.min(untilMultiple, limit - writtenEnd));
        try {
            while (zeros.hasRemaining()) {
                writtenEnd += channel.write(zeros, writtenEnd);
            }
        } catch (IOException e) {
            LOG.warn(
                    "no zeros ahead in the rest of {}: {}",
                    segment.file(),
                    StorageFailure.describe(e));
            writtenEnd = limit;
        }
    }

    /// Gives up a segment that holds nothing.
    void discard() throws IOException {
        channel.close();
        segment.release();
        Files.deleteIfExists(segment.file());
    }
}
