package io.annals.wal;

import io.annals.wal.LibC.Descriptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Optional;

/// Gives a new file its full size before it is written, so that an fsync has no size and no
/// allocation to record, and a full disk shows before anything is acknowledged. Tells afterwards
/// how much of that was written.
///
/// Where the system has no call for it, the file is extended without reserving space. Why:
/// `docs/adr/0010-preallocation.md`.
final class Preallocation {
    private Preallocation() {}

    /// Extends an empty file to `size` bytes of zeros.
    static void extend(Path file, FileChannel channel, long size) throws IOException {
        if (LibC.instance().isPresent() && allocate(LibC.instance().get(), file, size)) {
            return;
        }
        ByteBuffer last = ByteBuffer.allocate(1);
        while (last.hasRemaining()) {
            channel.write(last, size - 1);
        }
    }

    /// @return false if this file system cannot do it
    private static boolean allocate(LibC libc, Path file, long size) throws IOException {
        Optional<Descriptor> opened = libc.open(file);
        if (opened.isEmpty()) {
            return false;
        }
        int error;
        try (Descriptor descriptor = opened.get()) {
            error = descriptor.allocate(size);
        }
        if (error == LibC.ENOSPC) {
            throw new IOException(
                    "cannot allocate %d bytes for %s: No space left on device"
                            .formatted(size, file));
        }
        return error == 0;
    }

    /// Everything behind this position is zero because it was never written; so nobody has to read
    /// it to know.
    ///
    /// @param size of the file
    /// @return at most `size`, and `size` where the system does not tell
    static long writtenEnd(Path file, long size) throws IOException {
        Optional<Descriptor> opened =
                LibC.instance().isEmpty() ? Optional.empty() : LibC.instance().get().open(file);
        if (opened.isEmpty()) {
            return size;
        }
        try (Descriptor descriptor = opened.get()) {
            long end = 0;
            while (end < size) {
                long data = descriptor.seekData(end);
                if (data == -LibC.ENXIO) {
                    return end;
                }
                end = data < 0 ? -1 : descriptor.seekHole(data);
                if (end < 0) {
                    return size;
                }
            }
            return size;
        }
    }
}
