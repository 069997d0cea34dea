package io.annals.archive.s3;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.zip.CRC32C;
import software.amazon.awssdk.http.ContentStreamProvider;

/// Bytes `[from, from + length)` of an open file, as a body that can be sent again. Thread-safe:
/// every stream reads at positions of its own and holds no memory but its buffer.
record FileRange(FileChannel file, long from, long length) implements ContentStreamProvider {
    private static final int READ_BYTES = 64 << 10;

    @Override
    public InputStream newStream() {
        return new Stream();
    }

    /// @param whole gets the bytes too
    int crc32c(CRC32C whole) throws IOException {
        CRC32C crc = new CRC32C();
        byte[] buffer = new byte[READ_BYTES];
        Stream stream = new Stream();
        for (int read = stream.read(buffer); read >= 0; read = stream.read(buffer)) {
            crc.update(buffer, 0, read);
            whole.update(buffer, 0, read);
        }
        return (int) crc.getValue();
    }

    private final class Stream extends InputStream {
        private long done;

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (done == length()) {
                return -1;
            }
            int wanted = (int) Math.min(length, length() - done);
            int read = file.read(ByteBuffer.wrap(target, offset, wanted), from + done);
            if (read < 0) {
                throw new IOException("the file became shorter while it was sent");
            }
            done += read;
            return read;
        }
    }
}
