package io.annals.wal;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// File channels that do less than asked, or fail, when told to.
final class FaultyFiles {
    /// Suffix of the files that are concerned.
    volatile String suffix = ".wal";

    volatile @Nullable String failWrites;
    volatile @Nullable String failForces;
    volatile @Nullable String failOpens;
    volatile int bytesPerWrite = Integer.MAX_VALUE;
    final AtomicLong writableBytes = new AtomicLong(Long.MAX_VALUE);

    WalFiles files() {
        return new WalFiles(this::open);
    }

    private FileChannel open(Path file, Set<? extends OpenOption> options) throws IOException {
        if (!file.toString().endsWith(suffix) && !file.toString().endsWith(suffix + ".tmp")) {
            return FileChannel.open(file, options);
        }
        if (failOpens != null) {
            throw new IOException(failOpens);
        }
        return new FaultyChannel(FileChannel.open(file, options));
    }

    private final class FaultyChannel extends FileChannel {
        private final FileChannel real;

        FaultyChannel(FileChannel real) {
            this.real = real;
        }

        private int allowed(int wanted) throws IOException {
            if (failWrites != null) {
                throw new IOException(failWrites);
            }
            if (writableBytes.get() <= 0) {
                throw new IOException("No space left on device");
            }
            int allowed = (int) Math.min(Math.min(wanted, bytesPerWrite), writableBytes.get());
            writableBytes.addAndGet(-allowed);
            return allowed;
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            int allowed = allowed(source.remaining());
            int written = real.write(source.slice(source.position(), allowed));
            source.position(source.position() + written);
            return written;
        }

        @Override
        public int write(ByteBuffer source, long position) throws IOException {
            int allowed = allowed(source.remaining());
            int written = real.write(source.slice(source.position(), allowed), position);
            source.position(source.position() + written);
            return written;
        }

        @Override
        public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
            long written = 0;
            for (int i = offset; i < offset + length; i++) {
                while (sources[i].hasRemaining()) {
                    if (written >= bytesPerWrite || (written > 0 && writableBytes.get() <= 0)) {
                        return written;
                    }
                    written += write(sources[i]);
                }
            }
            return written;
        }

        @Override
        public void force(boolean metaData) throws IOException {
            if (failForces != null) {
                throw new IOException(failForces);
            }
            real.force(metaData);
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            return real.read(target);
        }

        @Override
        public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
            return real.read(targets, offset, length);
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            return real.read(target, position);
        }

        @Override
        public long position() throws IOException {
            return real.position();
        }

        @Override
        public FileChannel position(long position) throws IOException {
            real.position(position);
            return this;
        }

        @Override
        public long size() throws IOException {
            return real.size();
        }

        @Override
        public FileChannel truncate(long size) throws IOException {
            real.truncate(size);
            return this;
        }

        @Override
        public long transferTo(long position, long count, WritableByteChannel target)
                throws IOException {
            return real.transferTo(position, count, target);
        }

        @Override
        public long transferFrom(ReadableByteChannel source, long position, long count)
                throws IOException {
            return real.transferFrom(source, position, count);
        }

        @Override
        public MappedByteBuffer map(MapMode mode, long position, long size) throws IOException {
            return real.map(mode, position, size);
        }

        @Override
        public MemorySegment map(MapMode mode, long position, long size, Arena arena)
                throws IOException {
            return real.map(mode, position, size, arena);
        }

        @Override
        public FileLock lock(long position, long size, boolean shared) throws IOException {
            return real.lock(position, size, shared);
        }

        @Override
        public @Nullable FileLock tryLock(long position, long size, boolean shared)
                throws IOException {
            return real.tryLock(position, size, shared);
        }

        @Override
        protected void implCloseChannel() throws IOException {
            real.close();
        }
    }
}
