package io.annals.query;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.CRC32C;

/// The outside of a cursor: what it is a cursor of, its content and a checksum, as text that a URL
/// takes as it is. Opaque to callers; the checksum tells a damaged one from a good one.
public final class CursorText {
    private static final int CHECKSUM_BYTES = 4;

    /// More than any request line holds.
    private static final int MAX_CHARACTERS = 1 << 16;

    private CursorText() {}

    /// What pages a cursor belongs to, and in which version.
    public enum Kind {
        SEARCH(1),
        SEGMENTS(2);

        private final byte number;

        Kind(int number) {
            this.number = (byte) number;
        }
    }

    /// Writes the content.
    @FunctionalInterface
    public interface Content {
        void write(DataOutputStream out) throws IOException;
    }

    /// Reads what [Content] wrote; throws an `IOException` or an `IllegalArgumentException` if it
    /// cannot be.
    @FunctionalInterface
    public interface Reader<T> {
        T read(DataInputStream in) throws IOException;
    }

    public static String encode(Kind kind, Content content) {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeByte(kind.number);
            content.write(out);
            out.writeInt(checksum(bytes.toByteArray()));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toByteArray());
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory failed", e);
        }
    }

    /// @throws RefusedException if it is not what [#encode] made of this kind
    public static <T> T decode(Kind kind, String text, Reader<T> reader) throws RefusedException {
        if (text.length() > MAX_CHARACTERS) {
            throw damaged();
        }
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text);
            int end = bytes.length - CHECKSUM_BYTES;
            if (end < 1 || bytes[0] != kind.number) {
                throw damaged();
            }
            DataInputStream tail =
                    new DataInputStream(new ByteArrayInputStream(bytes, end, CHECKSUM_BYTES));
            if (tail.readInt() != checksum(Arrays.copyOf(bytes, end))) {
                throw damaged();
            }
            return reader.read(new DataInputStream(new ByteArrayInputStream(bytes, 1, end - 1)));
        } catch (IOException | IllegalArgumentException _) {
            throw damaged();
        }
    }

    private static int checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length);
        return (int) crc.getValue();
    }

    private static RefusedException damaged() {
        return RefusedException.invalid(
                "cursor", "not a cursor of this server; take it from the page before, unchanged");
    }
}
