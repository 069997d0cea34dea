package io.annals.registry;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;

/// Bytes of a checkpoint page: catalogue entries as they are packed on the heap ([PackedEntry]), so
/// that reading them is little more than copying. Big-endian. No state.
///
/// ```
///  0 "ANNALSRP" | 8 version u32 = 1 | 12 entries u32
/// 16 groups: topic id (two u64) | entries u32 | (length varint, packed entry)*
/// at the end: CRC-32C u32 of all before
/// ```
///
/// Described in `docs/formats/registry.md`.
final class PageFormat {
    static final int VERSION = 1;

    private static final byte[] MAGIC = "ANNALSRP".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADER_BYTES = MAGIC.length + 2 * Integer.BYTES;
    private static final int GROUP_BYTES = 2 * Long.BYTES + Integer.BYTES;

    private PageFormat() {}

    /// @param entries entries of a topic stand together
    static byte[] encode(List<PackedEntry> entries) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(entries.size() * 160 + 64);
        out.writeBytes(MAGIC);
        out.writeBytes(ints(VERSION, entries.size()));
        int end = 0;
        for (int start = 0; start < entries.size(); start = end) {
            Uuid topicId = entries.get(start).topicId();
            end = start + 1;
            while (end < entries.size() && entries.get(end).topicId().equals(topicId)) {
                end++;
            }
            out.writeBytes(
                    ByteBuffer.allocate(2 * Long.BYTES + Integer.BYTES)
                            .putLong(topicId.getMostSignificantBits())
                            .putLong(topicId.getLeastSignificantBits())
                            .putInt(end - start)
                            .array());
            for (PackedEntry entry : entries.subList(start, end)) {
                byte[] packed = entry.packed();
                Packing.putNumber(out, packed.length);
                out.writeBytes(packed);
            }
        }
        CRC32C crc = new CRC32C();
        crc.update(out.toByteArray());
        out.writeBytes(ints((int) crc.getValue()));
        return out.toByteArray();
    }

    /// Checks the page and feeds its entries in order.
    ///
    /// @param topics gives the instance to share
    /// @throws CorruptRegistryException if the bytes are not a page
    /// @throws UnsupportedRegistryVersionException if a newer program wrote it
    static void decode(String name, byte[] bytes, Topics topics, Consumer<PackedEntry> entries) {
        ByteBuffer page = ByteBuffer.wrap(bytes);
        int count = readHeader(name, page);
        page.limit(bytes.length - Integer.BYTES);
        int read = 0;
        try {
            for (int at = HEADER_BYTES; at < page.limit(); ) {
                TopicKeys topic =
                        topics.shared(new Uuid(page.getLong(at), page.getLong(at + Long.BYTES)));
                PackedReader in = new PackedReader(bytes, at + GROUP_BYTES);
                for (int left = page.getInt(at + 2 * Long.BYTES); left > 0; left--) {
                    int length = length(name, in, page.limit());
                    int start = in.position();
                    in.skip(length);
                    byte[] packed = Arrays.copyOfRange(bytes, start, in.position());
                    entries.accept(PackedEntry.unpacked(topic, packed));
                    read++;
                }
                at = in.position();
            }
        } catch (IndexOutOfBoundsException e) {
            throw new CorruptRegistryException(name, "whole entries", "a cut one");
        }
        if (read != count) {
            throw new CorruptRegistryException(name, count + " entries", "" + read);
        }
    }

    /// One instance for equal ids.
    @FunctionalInterface
    interface Topics {
        TopicKeys shared(Uuid id);
    }

    private static int readHeader(String name, ByteBuffer in) {
        if (in.limit() < HEADER_BYTES + Integer.BYTES
                || !in.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC))) {
            throw new CorruptRegistryException(name, "a checkpoint page", "other bytes");
        }
        int version = in.getInt(MAGIC.length);
        if (version > VERSION) {
            throw new UnsupportedRegistryVersionException(name, version, VERSION);
        }
        int end = in.limit() - Integer.BYTES;
        CRC32C crc = new CRC32C();
        crc.update(in.slice(0, end));
        if ((int) crc.getValue() != in.getInt(end)) {
            throw new CorruptRegistryException(
                    name,
                    "CRC-32C %08x".formatted(in.getInt(end)),
                    "%08x".formatted((int) crc.getValue()));
        }
        return in.getInt(HEADER_BYTES - Integer.BYTES);
    }

    private static int length(String name, PackedReader in, int end) {
        long length = in.number();
        int left = end - in.position();
        if (length < 0 || length > left) {
            throw new CorruptRegistryException(
                    name, "an entry of at most %d bytes".formatted(left), "" + length);
        }
        return (int) length;
    }

    private static byte[] ints(int... numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Integer.BYTES);
        for (int number : numbers) {
            bytes.putInt(number);
        }
        return bytes.array();
    }
}
