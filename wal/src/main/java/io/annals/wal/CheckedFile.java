package io.annals.wal;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/// The envelope of every small file of the log: magic and version in front, CRC-32C behind.
///
/// ```
/// magic i64 | version i32 | payload length i32 | payload | CRC-32C of all before
/// ```
///
/// @param magic eight letters that name the kind of file
/// @param version newest version of the payload that this program reads, and the one it writes
record CheckedFile(long magic, int version) {
    private static final int HEADER_BYTES = 16;
    private static final int CRC_BYTES = 4;

    /// This kind of file as older programs read it: what needs no newer version is written so.
    CheckedFile ofVersion(int older) {
        return new CheckedFile(magic, older);
    }

    void write(WalFiles files, Path file, Payload payload) throws IOException {
        files.replace(file, encode(payload));
    }

    ByteBuffer encode(Payload payload) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeLong(magic);
        out.writeInt(version);
        out.writeInt(0);
        payload.writeTo(out);
        out.writeInt(0);
        ByteBuffer content = ByteBuffer.wrap(bytes.toByteArray());
        content.putInt(HEADER_BYTES - 4, content.limit() - HEADER_BYTES - CRC_BYTES);
        content.putInt(content.limit() - CRC_BYTES, crc(content));
        return content;
    }

    /// The payload of a file.
    ///
    /// @throws CorruptWalException if the bytes are not what was written
    /// @throws UnsupportedWalVersionException if a newer program wrote it
    ByteBuffer read(Path file) throws IOException {
        ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file));
        int length = content.limit();
        if (length < HEADER_BYTES + CRC_BYTES) {
            throw new CorruptWalException(
                    file,
                    0,
                    "at least " + (HEADER_BYTES + CRC_BYTES) + " bytes",
                    length + " bytes");
        }
        if (content.getLong(0) != magic) {
            throw new CorruptWalException(
                    file, 0, "magic %016x".formatted(magic), "%016x".formatted(content.getLong(0)));
        }
        int expected = content.getInt(length - CRC_BYTES);
        int actual = crc(content);
        if (expected != actual) {
            throw new CorruptWalException(
                    file,
                    length - CRC_BYTES,
                    "CRC %08x".formatted(expected),
                    "%08x".formatted(actual));
        }
        if (content.getInt(8) > version) {
            throw new UnsupportedWalVersionException(file, content.getInt(8), version);
        }
        return content.slice(HEADER_BYTES, length - HEADER_BYTES - CRC_BYTES);
    }

    private static int crc(ByteBuffer content) {
        CRC32C crc = new CRC32C();
        crc.update(content.slice(0, content.limit() - CRC_BYTES));
        return (int) crc.getValue();
    }

    /// Writes the payload.
    @FunctionalInterface
    interface Payload {
        void writeTo(DataOutputStream out) throws IOException;
    }
}
