package io.annals.wal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;

/// The bytes of a WAL segment: a file header, then frames back to back, then zeros.
///
/// ```
/// file header, 64 bytes                      frame header, 64 bytes, before each batch
///  0 magic "ANNALSWL"                         0 magic "ANFR"
///  8 version i32                              4 version i8 | 5 zero, 3 bytes
/// 12 segment id: wal id 16 bytes,             8 CRC-32C of segment id, position, and the header
///    shard i32, number i64                   12 batch length i32
/// 40 created at, ms i64                      16 topic id, 16 bytes | 32 partition i32
/// 48 zero, 12 bytes                          36 last offset delta i32 | 40 base offset i64
/// 60 CRC-32C of the above                    48 ingest time, ms i64 | 56 leader epoch i32
///                                            60 index in atomic group u16 | size of group u16
/// ```
///
/// The frame's CRC takes in the segment id and the frame's position, so a frame that shows up where
/// it was not written (a misplaced block, a batch whose payload is a WAL segment) is no frame. The
/// batch behind the header is covered by its own CRC, and its first 17 bytes, which that leaves
/// out, are repeated in the header or constant.
///
/// One page with a worked example: `docs/formats/wal-segment.md`.
final class FrameFormat {
    static final int FILE_HEADER_BYTES = 64;
    static final int FRAME_HEADER_BYTES = 64;
    static final int VERSION = 1;
    static final int MAX_GROUP_FRAMES = 0xffff;

    static final long FILE_MAGIC = 0x414e4e414c53574cL;
    static final int FRAME_MAGIC = 0x414e4652;

    private static final int VERSION_AT = 8;
    private static final int SEGMENT_ID_AT = 12;
    private static final int CREATED_AT = 40;
    private static final int FILE_CRC_AT = 60;

    private static final int FRAME_VERSION_AT = 4;
    private static final int CRC_AT = 8;
    private static final int LENGTH_AT = 12;
    private static final int TOPIC_ID_AT = 16;
    private static final int PARTITION_AT = 32;
    private static final int LAST_OFFSET_DELTA_AT = 36;
    private static final int BASE_OFFSET_AT = 40;
    private static final int INGEST_TIME_AT = 48;
    private static final int LEADER_EPOCH_AT = 56;
    private static final int GROUP_INDEX_AT = 60;
    private static final int GROUP_SIZE_AT = 62;

    private FrameFormat() {}

    static ByteBuffer fileHeader(SegmentId id, long createdAtMs) {
        ByteBuffer header = ByteBuffer.allocateDirect(FILE_HEADER_BYTES);
        header.putLong(FILE_MAGIC).putInt(VERSION);
        id.encode(header);
        header.putLong(createdAtMs);
        header.putInt(FILE_CRC_AT, crc(header, 0, FILE_CRC_AT));
        return header.clear();
    }

    /// Whether a file header that any version would have written stands at the start.
    static boolean fileHeaderIsValid(ByteBuffer file) {
        return file.limit() >= FILE_HEADER_BYTES
                && file.getLong(0) == FILE_MAGIC
                && file.getInt(FILE_CRC_AT) == crc(file, 0, FILE_CRC_AT);
    }

    static int fileVersion(ByteBuffer file) {
        return file.getInt(VERSION_AT);
    }

    static SegmentId segmentId(ByteBuffer file) {
        return SegmentId.decode(file.slice(SEGMENT_ID_AT, SegmentId.BYTES));
    }

    static long createdAtMs(ByteBuffer file) {
        return file.getLong(CREATED_AT);
    }

    static int frameVersion(ByteBuffer file, int frame) {
        return file.get(frame + FRAME_VERSION_AT);
    }

    static int batchLength(ByteBuffer file, int frame) {
        return file.getInt(frame + LENGTH_AT);
    }

    static PartitionKey partitionKey(ByteBuffer file, int frame) {
        return new PartitionKey(
                new Uuid(
                        file.getLong(frame + TOPIC_ID_AT),
                        file.getLong(frame + TOPIC_ID_AT + Long.BYTES)),
                file.getInt(frame + PARTITION_AT));
    }

    static long baseOffset(ByteBuffer file, int frame) {
        return file.getLong(frame + BASE_OFFSET_AT);
    }

    static long endOffset(ByteBuffer file, int frame) {
        return baseOffset(file, frame) + file.getInt(frame + LAST_OFFSET_DELTA_AT) + 1;
    }

    static long ingestTimeMs(ByteBuffer file, int frame) {
        return file.getLong(frame + INGEST_TIME_AT);
    }

    static int groupIndex(ByteBuffer file, int frame) {
        return file.getShort(frame + GROUP_INDEX_AT) & 0xffff;
    }

    static int groupSize(ByteBuffer file, int frame) {
        return file.getShort(frame + GROUP_SIZE_AT) & 0xffff;
    }

    static BatchView batch(ByteBuffer file, int frame) {
        return new BatchView(file, frame + FRAME_HEADER_BYTES);
    }

    /// Whether the batch behind a valid frame header is the one that was written.
    static boolean batchIsValid(ByteBuffer file, int frame) {
        BatchView batch = batch(file, frame);
        return batch.sizeBytes() == batchLength(file, frame)
                && batch.baseOffset() == baseOffset(file, frame)
                && batch.nextOffset() == endOffset(file, frame)
                && batch.leaderEpoch() == file.getInt(frame + LEADER_EPOCH_AT)
                && batch.magic() == BatchView.MAGIC
                && batch.crcIsValid();
    }

    private static int crc(ByteBuffer buffer, int at, int length) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.slice(at, length));
        return (int) crc.getValue();
    }

    /// Writes and checks the frame headers of one segment. Confined to one thread.
    static final class Headers {
        private static final int POSITION_AT = SegmentId.BYTES;
        private static final int HEADER_AT = POSITION_AT + Long.BYTES;

        private final CRC32C crc = new CRC32C();
        private final byte[] covered = new byte[HEADER_AT + FRAME_HEADER_BYTES];
        private final ByteBuffer view = ByteBuffer.wrap(covered);

        Headers(SegmentId id) {
            id.encode(view);
            view.clear();
        }

        /// Writes the header for `batch` (offsets and epoch assigned) at the target's position.
        void encode(ByteBuffer target, int framePosition, FrameMeta meta, BatchView batch) {
            int at = target.position();
            target.putInt(FRAME_MAGIC).putInt(VERSION << 24).putInt(0).putInt(batch.sizeBytes());
            PartitionKey partition = meta.partition();
            target.putLong(partition.topicId().getMostSignificantBits());
            target.putLong(partition.topicId().getLeastSignificantBits());
            target.putInt(partition.partition()).putInt(batch.lastOffsetDelta());
            target.putLong(batch.baseOffset()).putLong(meta.ingestTimeMs());
            target.putInt(batch.leaderEpoch());
            target.putShort((short) meta.groupIndex()).putShort((short) meta.groupSize());
            target.putInt(at + CRC_AT, headerCrc(target, at, framePosition));
        }

        /// Whether a frame of this segment begins at `frame` and ends within the file.
        boolean headerIsValid(ByteBuffer file, int frame) {
            if (file.limit() - frame < FRAME_HEADER_BYTES + BatchView.HEADER_BYTES
                    || file.getInt(frame) != FRAME_MAGIC
                    || file.getInt(frame + CRC_AT) != headerCrc(file, frame, frame)) {
                return false;
            }
            int length = batchLength(file, frame);
            return length >= BatchView.HEADER_BYTES
                    && length <= file.limit() - frame - FRAME_HEADER_BYTES;
        }

        private int headerCrc(ByteBuffer buffer, int at, int framePosition) {
            view.putLong(POSITION_AT, framePosition);
            buffer.get(at, covered, HEADER_AT, FRAME_HEADER_BYTES);
            view.putInt(HEADER_AT + CRC_AT, 0);
            crc.reset();
            crc.update(covered, 0, covered.length);
            return (int) crc.getValue();
        }
    }

    /// What a frame says beyond what its batch says.
    ///
    /// @param groupIndex of this frame among those of its append, from 0
    /// @param groupSize frames of the append, at least 1: all of them count, or none
    record FrameMeta(PartitionKey partition, long ingestTimeMs, int groupIndex, int groupSize) {}
}
