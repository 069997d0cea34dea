package io.annals.wal;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.Path;
import java.util.Optional;

/// The few calls on files that Linux has and Java does not offer, through the foreign-function
/// interface. Thread-safe.
final class LibC {
    static final int ENXIO = 6;
    static final int ENOSPC = 28;

    private static final int OPEN_READ_WRITE = 2;
    private static final int SEEK_DATA = 3;
    private static final int SEEK_HOLE = 4;

    private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final Optional<LibC> INSTANCE = lookUp();

    private final MethodHandle open;
    private final MethodHandle close;
    private final MethodHandle fallocate;
    private final MethodHandle lseek;

    @SuppressWarnings("restricted") // each call is described by its signature and checked
    private LibC(Linker linker, SymbolLookup libc) {
        this.open =
                linker.downcallHandle(
                        libc.findOrThrow("open"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                        Linker.Option.firstVariadicArg(2));
        this.close =
                linker.downcallHandle(
                        libc.findOrThrow("close"),
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        this.fallocate =
                linker.downcallHandle(
                        libc.findOrThrow("posix_fallocate"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_LONG));
        this.lseek =
                linker.downcallHandle(
                        libc.findOrThrow("lseek"),
                        FunctionDescriptor.of(
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT,
                                ValueLayout.JAVA_LONG,
                                ValueLayout.JAVA_INT),
                        Linker.Option.captureCallState("errno"));
    }

    /// Empty where there is no such library.
    static Optional<LibC> instance() {
        return INSTANCE;
    }

    private static Optional<LibC> lookUp() {
        if (!System.getProperty("os.name").equals("Linux")) {
            return Optional.empty();
        }
        try {
            Linker linker = Linker.nativeLinker();
            return Optional.of(new LibC(linker, linker.defaultLookup()));
        } catch (RuntimeException e) {
            return Optional.empty();
        }
    }

    /// Opens a file for reading and writing.
    ///
    /// @return empty if that fails
    Optional<Descriptor> open(Path file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int descriptor =
                    (int) open.invokeExact(arena.allocateFrom(file.toString()), OPEN_READ_WRITE);
            return descriptor < 0 ? Optional.empty() : Optional.of(new Descriptor(descriptor));
        } catch (Throwable e) {
            throw new IOException("cannot call open(2) for " + file, e);
        }
    }

    /// An open file. Confined to one thread.
    final class Descriptor implements AutoCloseable {
        private final int number;

        private Descriptor(int number) {
            this.number = number;
        }

        /// posix_fallocate(3) of `[0, size)`.
        ///
        /// @return 0 or the error number
        int allocate(long size) throws IOException {
            try {
                return (int) fallocate.invokeExact(number, 0L, size);
            } catch (Throwable e) {
                throw new IOException("cannot call posix_fallocate(3)", e);
            }
        }

        /// Start of the first data at or behind `position`.
        ///
        /// @return negative error number where there is none: `-ENXIO` if only a hole follows
        long seekData(long position) throws IOException {
            return seek(position, SEEK_DATA);
        }

        /// Start of the first hole at or behind `position`; a file ends in one.
        ///
        /// @return negative error number where there is none
        long seekHole(long position) throws IOException {
            return seek(position, SEEK_HOLE);
        }

        private long seek(long position, int whence) throws IOException {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment state = arena.allocate(CALL_STATE);
                long found = (long) lseek.invokeExact(state, number, position, whence);
                return found >= 0 ? found : -(int) ERRNO.get(state, 0L);
            } catch (Throwable e) {
                throw new IOException("cannot call lseek(2)", e);
            }
        }

        @Override
        public void close() throws IOException {
            int result;
            try {
                result = (int) close.invokeExact(number);
            } catch (Throwable e) {
                throw new IOException("cannot call close(2)", e);
            }
            if (result != 0) {
                throw new IOException("close(2) failed");
            }
        }
    }
}
