package io.annals.wal;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Optional;

/// Gives a new file its full size before it is written, so that an fsync has no size and no
/// allocation to record, and a full disk shows before anything is acknowledged.
///
/// `posix_fallocate` through the foreign-function interface where there is one; otherwise the file
/// is extended without reserving space. Why: `docs/adr/0010-preallocation.md`.
final class Preallocation {
    private static final int OPEN_READ_WRITE = 2;
    private static final int ENOSPC = 28;

    private static final Optional<Calls> CALLS = lookUp();

    private record Calls(MethodHandle open, MethodHandle fallocate, MethodHandle close) {}

    private Preallocation() {}

    /// Extends an empty file to `size` bytes of zeros.
    static void extend(Path file, FileChannel channel, long size) throws IOException {
        if (CALLS.isPresent() && allocate(CALLS.get(), file, size)) {
            return;
        }
        ByteBuffer last = ByteBuffer.allocate(1);
        while (last.hasRemaining()) {
            channel.write(last, size - 1);
        }
    }

    /// @return false if this file system cannot do it
    private static boolean allocate(Calls calls, Path file, long size) throws IOException {
        int error;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = arena.allocateFrom(file.toString());
            int descriptor = (int) calls.open.invokeExact(path, OPEN_READ_WRITE);
            if (descriptor < 0) {
                return false;
            }
            error = (int) calls.fallocate.invokeExact(descriptor, 0L, size);
            int closed = (int) calls.close.invokeExact(descriptor);
            if (closed != 0) {
                return false;
            }
        } catch (Throwable e) {
            throw new IOException("cannot allocate " + size + " bytes for " + file, e);
        }
        if (error == ENOSPC) {
            throw new IOException(
                    "cannot allocate %d bytes for %s: No space left on device"
                            .formatted(size, file));
        }
        return error == 0;
    }

    @SuppressWarnings("restricted") // the three calls are described above and checked
    private static Optional<Calls> lookUp() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return Optional.empty();
        }
        try {
            Linker linker = Linker.nativeLinker();
            SymbolLookup libc = linker.defaultLookup();
            return Optional.of(
                    new Calls(
                            linker.downcallHandle(
                                    libc.findOrThrow("open"),
                                    FunctionDescriptor.of(
                                            ValueLayout.JAVA_INT,
                                            ValueLayout.ADDRESS,
                                            ValueLayout.JAVA_INT),
                                    Linker.Option.firstVariadicArg(2)),
                            linker.downcallHandle(
                                    libc.findOrThrow("posix_fallocate"),
                                    FunctionDescriptor.of(
                                            ValueLayout.JAVA_INT,
                                            ValueLayout.JAVA_INT,
                                            ValueLayout.JAVA_LONG,
                                            ValueLayout.JAVA_LONG)),
                            linker.downcallHandle(
                                    libc.findOrThrow("close"),
                                    FunctionDescriptor.of(
                                            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))));
        } catch (RuntimeException e) {
            return Optional.empty();
        }
    }
}
