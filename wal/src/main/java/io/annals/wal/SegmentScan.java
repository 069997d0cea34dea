package io.annals.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Finds the valid frames of a segment that was not closed in order, or lost its sidecar.
///
/// Frames follow each other, so a good file is read once from front to back. Where no valid frame
/// stands, the search goes on byte by byte for the next one; the header CRC takes in segment and
/// position, so nothing but a real frame is found. What lies between valid frames is damage; what
/// lies behind the last one and is not zero is torn. Frames of an append that is not whole count as
/// neither valid nor there.
final class SegmentScan {
    private final Path file;
    private final ByteBuffer mapped;
    private final FrameFormat.Headers headers;
    private final Sink sink;

    private final List<Range> damage = new ArrayList<>();

    /// Frames of the append that is being read, not yet known to be whole.
    private final List<Integer> group = new ArrayList<>();

    /// Frames since `damageStart` with a valid header and a broken batch.
    private final List<Integer> broken = new ArrayList<>();

    private int damageStart = -1;
    private int end = FrameFormat.FILE_HEADER_BYTES;

    /// Receives frames in file order.
    interface Sink {
        void frame(int frame) throws IOException;

        /// The header is good and tells which offsets were here; the batch is damaged.
        void lost(int frame);
    }

    /// `[start, end)`
    record Range(int start, int end) {}

    /// @param end end of the last valid frame
    /// @param tornEnd end of the last byte that is not zero, at least `end`
    record Result(int end, int tornEnd, List<Range> damage) {}

    private SegmentScan(Path file, ByteBuffer mapped, SegmentId id, Sink sink) {
        this.file = file;
        this.mapped = mapped;
        this.headers = new FrameFormat.Headers(id);
        this.sink = sink;
    }

    /// @param mapped the whole file
    /// @param id identity that its frames must carry
    static Result scan(Path file, ByteBuffer mapped, SegmentId id, Sink sink) throws IOException {
        return new SegmentScan(file, mapped, id, sink).run();
    }

    private Result run() throws IOException {
        if (!FrameFormat.fileHeaderIsValid(mapped)) {
            damageStart = 0;
        }
        int at = FrameFormat.FILE_HEADER_BYTES;
        while (at >= 0 && at < mapped.limit()) {
            at = headers.headerIsValid(mapped, at) ? frame(at) : resynchronise(at);
        }
        return new Result(end, Math.max(end, lastNonZero() + 1), List.copyOf(damage));
    }

    /// @return position behind the frame
    private int frame(int at) throws IOException {
        int version = FrameFormat.frameVersion(mapped, at);
        if (version != FrameFormat.VERSION) {
            throw new UnsupportedWalVersionException(file, version, FrameFormat.VERSION);
        }
        int next = at + FrameFormat.FRAME_HEADER_BYTES + FrameFormat.batchLength(mapped, at);
        int index = FrameFormat.groupIndex(mapped, at);
        int size = FrameFormat.groupSize(mapped, at);
        if (!FrameFormat.batchIsValid(mapped, at)) {
            giveUpGroup(at);
            broken.add(at);
            return next;
        }
        if (index == 0 && !group.isEmpty()) {
            giveUpGroup(at);
        }
        if (index != group.size()) {
            giveUpGroup(at);
            return next;
        }
        group.add(at);
        if (group.size() == size) {
            commit(next);
        }
        return next;
    }

    private void commit(int next) throws IOException {
        int first = group.getFirst();
        if (damageStart >= 0) {
            damage.add(new Range(damageStart, first));
            broken.forEach(sink::lost);
            broken.clear();
            damageStart = -1;
        }
        for (int frame : group) {
            sink.frame(frame);
        }
        group.clear();
        end = next;
    }

    private void giveUpGroup(int at) {
        if (damageStart < 0) {
            damageStart = group.isEmpty() ? at : group.getFirst();
        }
        group.clear();
    }

    /// @return position of the next frame, -1 if there is none
    private int resynchronise(int at) {
        giveUpGroup(at);
        int last = mapped.limit() - FrameFormat.FRAME_HEADER_BYTES;
        int next = at + 1;
        while (next <= last) {
            if (mapped.getLong(next) == 0) {
                next += Long.BYTES;
            } else if (headers.headerIsValid(mapped, next)) {
                return next;
            } else {
                next++;
            }
        }
        return -1;
    }

    private int lastNonZero() {
        int at = mapped.limit();
        while (at - Long.BYTES >= end && mapped.getLong(at - Long.BYTES) == 0) {
            at -= Long.BYTES;
        }
        at--;
        while (at >= end && mapped.get(at) == 0) {
            at--;
        }
        return at;
    }
}
