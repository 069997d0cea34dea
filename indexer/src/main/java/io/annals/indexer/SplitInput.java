package io.annals.indexer;

import io.annals.archive.SeekableTar;
import java.io.EOFException;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.List;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.RandomAccessInput;

/// Reads one file of a split through the shared chunk cache: holds one chunk as its window and
/// fetches the next when it leaves it. Like any index input confined to one thread; clones and
/// slices are inputs of their own that share the cache.
///
/// A missing chunk comes with what will be wanted next of such a file ([SplitFiles#around]).
/// Reading on from chunk to chunk starts read-ahead, twice as far each time, up to a bound; what
/// comes next is asked for when half of that is used up, so that requests stay large.
final class SplitInput extends IndexInput implements RandomAccessInput {
    private static final VarHandle SHORT = view(short[].class);
    private static final VarHandle INT = view(int[].class);
    private static final VarHandle LONG = view(long[].class);
    private static final long MAX_READ_AHEAD_BYTES = 1 << 20; // 1 MiB
    private static final byte[] NOTHING = new byte[0];

    private final SeekableTar tar;
    private final SeekableTar.Entry entry;
    private final List<HotCache.Slice> hot;

    /// The slice `[from, to)` of the entry that this input shows.
    private final long from;

    private final long to;

    /// Positions in the entry.
    private long at;

    private byte[] window = NOTHING;
    private long windowStart;
    private long windowEnd;
    private long readAheadBytes;

    /// Position up to which bytes were asked for, if reading goes on.
    private long askedTo;

    SplitInput(SeekableTar tar, SeekableTar.Entry entry, List<HotCache.Slice> hot) {
        this(entry.name() + " in " + tar.object().key(), tar, entry, hot, 0, entry.sizeBytes());
    }

    private SplitInput(
            String description,
            SeekableTar tar,
            SeekableTar.Entry entry,
            List<HotCache.Slice> hot,
            long from,
            long to) {
        super(description);
        this.tar = tar;
        this.entry = entry;
        this.hot = hot;
        this.from = from;
        this.to = to;
        this.at = from;
    }

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public long length() {
        return to - from;
    }

    @Override
    public long getFilePointer() {
        return at - from;
    }

    @Override
    public void seek(long position) throws IOException {
        if (position < 0 || position > length()) {
            throw new EOFException("seek to " + position + " past the end of " + this);
        }
        at = from + position;
    }

    @Override
    public byte readByte() throws IOException {
        byte value = byteAt(at);
        at++;
        return value;
    }

    @Override
    public short readShort() throws IOException {
        short value = shortAt(at);
        at += Short.BYTES;
        return value;
    }

    @Override
    public int readInt() throws IOException {
        int value = intAt(at);
        at += Integer.BYTES;
        return value;
    }

    @Override
    public long readLong() throws IOException {
        long value = longAt(at);
        at += Long.BYTES;
        return value;
    }

    @Override
    public void readBytes(byte[] target, int offset, int length) throws IOException {
        bytesAt(at, target, offset, length);
        at += length;
    }

    @Override
    public byte readByte(long position) throws IOException {
        return byteAt(from + position);
    }

    @Override
    public short readShort(long position) throws IOException {
        return shortAt(from + position);
    }

    @Override
    public int readInt(long position) throws IOException {
        return intAt(from + position);
    }

    @Override
    public long readLong(long position) throws IOException {
        return longAt(from + position);
    }

    @Override
    public void readBytes(long position, byte[] target, int offset, int length) throws IOException {
        bytesAt(from + position, target, offset, length);
    }

    private byte byteAt(long position) throws IOException {
        if (position < windowStart || position >= windowEnd) {
            load(position);
        }
        return window[(int) (position - windowStart)];
    }

    private short shortAt(long position) throws IOException {
        if (position >= windowStart && position + Short.BYTES <= windowEnd) {
            return (short) SHORT.get(window, (int) (position - windowStart));
        }
        return (short) ((byteAt(position) & 0xff) | byteAt(position + 1) << 8);
    }

    private int intAt(long position) throws IOException {
        if (position >= windowStart && position + Integer.BYTES <= windowEnd) {
            return (int) INT.get(window, (int) (position - windowStart));
        }
        return (shortAt(position) & 0xffff) | shortAt(position + Short.BYTES) << 16;
    }

    private long longAt(long position) throws IOException {
        if (position >= windowStart && position + Long.BYTES <= windowEnd) {
            return (long) LONG.get(window, (int) (position - windowStart));
        }
        return (intAt(position) & 0xffff_ffffL) | (long) intAt(position + Integer.BYTES) << 32;
    }

    private void bytesAt(long position, byte[] target, int offset, int length) throws IOException {
        int done = 0;
        while (done < length) {
            long next = position + done;
            if (next < windowStart || next >= windowEnd) {
                load(next);
            }
            int part = (int) Math.min(length - done, windowEnd - next);
            System.arraycopy(window, (int) (next - windowStart), target, offset + done, part);
            done += part;
        }
    }

    /// Moves the window to where it holds `position`.
    private void load(long position) throws IOException {
        if (position < from || position >= to) {
            throw new EOFException("read past the end of " + this);
        }
        for (HotCache.Slice slice : hot) {
            if (position >= slice.position()
                    && position < slice.position() + slice.bytes().length) {
                show(slice.position(), slice.bytes());
                return;
            }
        }
        boolean onward = position == windowEnd && windowEnd > windowStart;
        SplitFiles.Range around = SplitFiles.around(entry.name(), position, entry.sizeBytes());
        SeekableTar.Chunk chunk = tar.chunk(entry, position, around.from(), around.to());
        show(chunk.start(), chunk.bytes());
        readAheadBytes =
                onward
                        ? Math.clamp(2 * readAheadBytes, chunk.bytes().length, MAX_READ_AHEAD_BYTES)
                        : 0;
        askedTo = onward ? Math.max(askedTo, chunk.end()) : Math.max(around.to(), chunk.end());
        if (askedTo - chunk.end() < readAheadBytes / 2 && askedTo < to) {
            long target = Math.min(to, chunk.end() + readAheadBytes);
            if (target > askedTo) {
                tar.prefetch(entry, askedTo, target - askedTo);
                askedTo = target;
            }
        }
    }

    /// The window is cut to the slice, so that being in the window is being in the slice.
    private void show(long start, byte[] bytes) {
        window = bytes;
        windowStart = start;
        windowEnd = Math.min(to, start + bytes.length);
    }

    @Override
    public void prefetch(long position, long length) throws IOException {
        long start = from + position;
        if (start < windowStart || start + length > windowEnd) {
            SplitFiles.Range around = SplitFiles.around(entry.name(), start, entry.sizeBytes());
            long end = Math.max(around.to(), start + Math.min(length, to - start));
            tar.prefetch(entry, start, around.from(), end);
        }
    }

    @Override
    public SplitInput slice(String description, long position, long length) throws IOException {
        if (position < 0 || length < 0 || position + length > length()) {
            throw new IllegalArgumentException(
                    "slice [%d, %d) outside of %s".formatted(position, position + length, this));
        }
        SplitInput slice =
                new SplitInput(
                        getFullSliceDescription(description),
                        tar,
                        entry,
                        hot,
                        from + position,
                        from + position + length);
        slice.inherit(this);
        return slice;
    }

    @Override
    public SplitInput clone() {
        SplitInput clone = new SplitInput(toString(), tar, entry, hot, from, to);
        clone.at = at;
        clone.inherit(this);
        return clone;
    }

    private void inherit(SplitInput other) {
        if (other.windowStart <= from && other.windowEnd > from) {
            show(other.windowStart, other.window);
        }
    }

    @Override
    public void close() {
        window = NOTHING;
        windowStart = 0;
        windowEnd = 0;
    }
}
