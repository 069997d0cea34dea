package io.annals.archive;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;

/// The local file an object is written to: buffered, hashed on the way, positions counted. Confined
/// to one thread.
final class ObjectFileOutput implements Closeable {
    private static final int BUFFER_BYTES = 128 * 1024;

    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    private final MessageDigest digest = Sha256.newDigest();
    private long position;

    /// @param path always a new file: the one that may be there now may have been linked into an
    ///   object store
    ObjectFileOutput(Path path) throws IOException {
        Files.deleteIfExists(path);
        channel = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    }

    /// Position of the next byte.
    long position() {
        return position;
    }

    /// Writes position to limit of `bytes`, and leaves the position at the limit.
    void write(ByteBuffer bytes) throws IOException {
        position += bytes.remaining();
        digest.update(bytes.duplicate());
        while (bytes.hasRemaining()) {
            if (!buffer.hasRemaining()) {
                drain();
            }
            int length = Math.min(bytes.remaining(), buffer.remaining());
            buffer.put(buffer.position(), bytes, bytes.position(), length);
            buffer.position(buffer.position() + length);
            bytes.position(bytes.position() + length);
        }
    }

    /// Writes out what is buffered, and returns the SHA-256 of everything, lower-case hex. Call it
    /// once.
    String finish() throws IOException {
        drain();
        return HexFormat.of().formatHex(digest.digest());
    }

    private void drain() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
