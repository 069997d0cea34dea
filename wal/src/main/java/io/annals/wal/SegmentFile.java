package io.annals.wal;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/// Begins and ends the life of a segment's files: created at full size, sealed at its true size
/// with an index beside it.
///
/// ```
/// sidecar payload: segment id 28 bytes | end position i32 | index count i32 | indexes
/// index: topic id 16 bytes | partition i32 | base offset i64 | end offset i64 | max timestamp i64
///        | batch bytes i64 | n i32 | n relative offsets i32 | n frame positions i32
///        | one running maximum of event time i64 per 16 batches
/// version 2 appends: n i32, n × { number of an index i32 | its transactions }
/// transactions: a i32, a aborted × { producer id i64 | first offset i64 | last offset i64 }
///        | o i32, o open at the end × { producer id i64 | epoch i16 | first offset i64 }
/// ```
final class SegmentFile {
    private static final CheckedFile SIDECAR = new CheckedFile(0x414e4e414c534958L, 2);
    private static final CheckedFile SIDECAR_WITHOUT_TRANSACTIONS = SIDECAR.ofVersion(1);

    private SegmentFile() {}

    /// An empty segment, open for appending, its name durable.
    static ActiveSegment create(WalFiles files, Path folder, SegmentId id, Creation creation)
            throws IOException {
        Path file = folder.resolve(id.fileName());
        FileChannel channel =
                files.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        Arena arena = Arena.ofShared();
        try {
            Preallocation.extend(file, channel, creation.sizeBytes);
            WalFiles.writeFully(channel, FrameFormat.fileHeader(id, creation.createdAtMs));
            channel.force(true);
            files.syncDirectory(folder);
            ByteBuffer mapped = WalSegment.map(channel, creation.sizeBytes, arena);
            WalSegment segment =
                    new WalSegment(
                            id, file, arena, mapped, FrameFormat.FILE_HEADER_BYTES, List.of());
            return new ActiveSegment(segment, channel);
        } catch (IOException | RuntimeException e) {
            arena.close();
            channel.close();
            Files.deleteIfExists(file);
            throw e;
        }
    }

    /// @param sizeBytes size of the file while it is written
    record Creation(long sizeBytes, long createdAtMs) {}

    /// Cuts the file behind its last frame, makes all of it durable, and then its sidecar.
    static void seal(WalFiles files, FileChannel channel, WalSegment segment) throws IOException {
        segment.indexes().forEach(BatchIndex::trim);
        channel.truncate(segment.endPosition());
        channel.force(true);
        files.replace(
                segment.file().resolveSibling(segment.id().indexName()), encodeSidecar(segment));
    }

    static ByteBuffer encodeSidecar(WalSegment segment) throws IOException {
        CheckedFile format = segment.hasTransactions() ? SIDECAR : SIDECAR_WITHOUT_TRANSACTIONS;
        return format.encode(segment::encodeIndex);
    }

    /// @throws CorruptWalException if it does not belong to this segment as it is
    static WalSegment readSidecar(
            Path sidecar, SegmentId id, Path file, Arena arena, ByteBuffer mapped)
            throws IOException {
        ByteBuffer in = SIDECAR.read(sidecar);
        SegmentId described = SegmentId.decode(in);
        if (!described.equals(id)) {
            throw new CorruptWalException(sidecar, 0, "index of " + id, "index of " + described);
        }
        int end = in.getInt();
        if (end != mapped.limit()) {
            throw new CorruptWalException(
                    file, mapped.limit(), end + " bytes", mapped.limit() + " bytes");
        }
        int count = in.getInt();
        List<BatchIndex> indexes = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            indexes.add(BatchIndex.decode(in));
        }
        if (in.hasRemaining()) {
            for (int n = in.getInt(); n > 0; n--) {
                indexes.get(in.getInt()).decodeTransactions(in);
            }
        }
        return new WalSegment(id, file, arena, mapped, end, indexes);
    }
}
