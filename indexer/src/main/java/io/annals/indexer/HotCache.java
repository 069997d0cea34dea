package io.annals.indexer;

import io.annals.archive.CorruptObjectException;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The ends of a split's big files, which every opening of the index reads: kept beside the small
/// files, so that opening needs one request. Immutable.
///
/// ```
/// "ANNALSHC" | version u32 | fileCount u32
/// per file: nameLength u16, name | sliceCount u16, per slice: position u64, length u32, bytes
/// ```
///
/// Big-endian; guarded by the checksum of the tar chunk it lies in.
final class HotCache {
    static final int VERSION = 1;
    static final int MAX_BYTES = 16 * 1024 * 1024;

    private static final byte[] MAGIC = "ANNALSHC".getBytes(StandardCharsets.US_ASCII);

    private final Map<String, List<Slice>> slices;

    private HotCache(Map<String, List<Slice>> slices) {
        this.slices = slices;
    }

    /// @param position of the first byte in its file
    record Slice(long position, byte[] bytes) {}

    List<Slice> of(String file) {
        return slices.getOrDefault(file, List.of());
    }

    /// The hot cache of local index files.
    static byte[] build(Path folder, List<String> bigFiles) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(MAGIC);
        out.writeInt(VERSION);
        out.writeInt(bigFiles.size());
        for (String file : bigFiles) {
            byte[] name = file.getBytes(StandardCharsets.UTF_8);
            out.writeShort(name.length);
            out.write(name);
            try (FileChannel channel =
                    FileChannel.open(folder.resolve(file), StandardOpenOption.READ)) {
                long size = channel.size();
                int head = (int) Math.min(size, SplitFiles.HEAD_BYTES);
                int foot = (int) Math.min(size - head, SplitFiles.FOOT_BYTES);
                out.writeShort(2);
                write(out, channel, 0, head);
                write(out, channel, size - foot, foot);
            }
        }
        return bytes.toByteArray();
    }

    private static void write(DataOutputStream out, FileChannel file, long position, int length)
            throws IOException {
        ByteBuffer slice = ByteBuffer.allocate(length);
        while (slice.hasRemaining()) {
            if (file.read(slice, position + slice.position()) < 0) {
                throw new IOException("index file became shorter while it was packed");
            }
        }
        out.writeLong(position);
        out.writeInt(length);
        out.write(slice.array(), slice.arrayOffset(), length);
    }

    /// @param key of the object, for messages
    static HotCache parse(String key, byte[] bytes) throws CorruptObjectException {
        Map<String, List<Slice>> slices = new HashMap<>();
        try {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            byte[] magic = new byte[MAGIC.length];
            in.get(magic);
            int version = in.getInt();
            if (!java.util.Arrays.equals(magic, MAGIC) || version != VERSION) {
                throw corrupt(key, "version %d".formatted(version));
            }
            for (int files = in.getInt(); files > 0; files--) {
                byte[] name = new byte[Short.toUnsignedInt(in.getShort())];
                in.get(name);
                List<Slice> of = new ArrayList<>();
                for (int n = Short.toUnsignedInt(in.getShort()); n > 0; n--) {
                    long position = in.getLong();
                    int length = in.getInt();
                    if (length < 0 || length > in.remaining()) {
                        throw corrupt(key, "a slice of %d bytes".formatted(length));
                    }
                    byte[] slice = new byte[length];
                    in.get(slice);
                    of.add(new Slice(position, slice));
                }
                slices.put(new String(name, StandardCharsets.UTF_8), List.copyOf(of));
            }
        } catch (BufferUnderflowException _) {
            throw corrupt(key, "an end too early");
        }
        return new HotCache(Map.copyOf(slices));
    }

    private static CorruptObjectException corrupt(String key, String actual) {
        return new CorruptObjectException(
                key, "entry " + SplitFiles.HOT_CACHE, "a hot cache, version " + VERSION, actual);
    }
}
