package io.annals.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreallocationTest {
    private static final int SIZE = 8 << 20;

    /// No file system in use has larger blocks.
    private static final int BLOCK_BYTES = 1 << 16;

    private Path file;

    @BeforeEach
    void nameAFile(@TempDir Path folder) {
        file = folder.resolve("preallocated");
    }

    @Test
    void nothingWasWrittenToAFreshFile() throws IOException {
        preallocateAndWrite(0, 0);

        assertThat(Preallocation.writtenEnd(file, SIZE)).isIn(0L, (long) SIZE);
    }

    @Test
    void whatWasWrittenLiesBelowTheEnd() throws IOException {
        preallocateAndWrite(0, 100);
        preallocateAndWrite(3 << 20, 1 << 20);

        assertThat(Preallocation.writtenEnd(file, SIZE)).isBetween(4L << 20, (long) SIZE);
    }

    @Test
    void zerosThatWereWrittenCount() throws IOException {
        preallocateAndWrite(5 << 20, BLOCK_BYTES);

        assertThat(Preallocation.writtenEnd(file, SIZE))
                .isGreaterThanOrEqualTo((5L << 20) + BLOCK_BYTES);
    }

    @Test
    void aFullFileIsWrittenToItsEnd() throws IOException {
        preallocateAndWrite(0, SIZE);

        assertThat(Preallocation.writtenEnd(file, SIZE)).isEqualTo(SIZE);
    }

    private void preallocateAndWrite(long position, int zeros) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            if (channel.size() == 0) {
                Preallocation.extend(file, channel, SIZE);
            }
            ByteBuffer bytes = ByteBuffer.allocate(zeros);
            while (bytes.hasRemaining()) {
                channel.write(bytes, position + bytes.position());
            }
        }
    }
}
