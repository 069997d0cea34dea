package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Measure;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Random;
import java.util.zip.CRC32C;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/// What the hardware allows, measured in the same run as what is held against it. Each method takes
/// one sample and adds it as a case of its own; a case that it limits names it
/// ([Measure#limitedBy]). One thread, unless it says otherwise.
///
/// @param folder on the disk that is measured; what is written there is removed again
/// @param mib how much is moved per sample
record Limits(Path folder, int mib) {
    static final Measure WRITE = Measure.higher("sequential write + fdatasync", "MB/s");
    static final Measure SYNC_P50 = Measure.lower("4 KiB write + fdatasync, p50", "ms");
    static final Measure SYNC_P99 = Measure.lower("4 KiB write + fdatasync, p99", "ms");
    static final Measure READ = Measure.higher("sequential read, cold", "MB/s");
    static final Measure LOOPBACK = Measure.higher("loopback socket", "MB/s");
    static final Measure INFLATE = Measure.higher("inflate, per core", "MB/s");
    static final Measure CRC32C = Measure.higher("CRC32C, per core", "MB/s");
    static final Measure SHA256 = Measure.higher("SHA-256, per core", "MB/s");

    private static final int BLOCK = 1 << 20;
    private static final int SYNC_BYTES = 4 << 10;
    private static final int SYNCS = 200;
    private static final int LEAST_HASHED_MIB = 512;

    /// All of them.
    void measure(Results results) throws Exception {
        disk(results);
        sync(results);
        loopback(results);
        processor(results);
    }

    /// Writes a new file to its end and makes it durable once, then reads it with nothing of it in
    /// the page cache (where dropping that is permitted; a note says so where it is not).
    void disk(Results results) throws IOException, InterruptedException {
        Path file = folder.resolve("limit.data");
        ByteBuffer block = incompressible(BLOCK);
        long begin = System.nanoTime();
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int i = 0; i < mib; i++) {
                writeFully(channel, block.clear());
            }
            channel.force(false);
        }
        results.add(WRITE, Results.MACHINE, megabytesPerSecond(begin));
        if (!Processes.dropPageCache()) {
            results.note("the page cache cannot be dropped here: what is called cold is not");
        }
        begin = System.nanoTime();
        try (FileChannel channel = FileChannel.open(file)) {
            while (channel.read(block.clear()) >= 0) {
                // thrown away
            }
        }
        results.add(READ, Results.MACHINE, megabytesPerSecond(begin));
        Files.delete(file);
    }

    /// Small appends to a file that already has its length, each made durable.
    void sync(Results results) throws IOException {
        Path file = folder.resolve("limit.sync");
        ByteBuffer block = incompressible(SYNC_BYTES);
        double[] ms = new double[SYNCS];
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (int i = 0; i < SYNCS; i++) {
                writeFully(channel, block.clear());
            }
            channel.force(true);
            channel.position(0);
            for (int i = 0; i < SYNCS; i++) {
                long begin = System.nanoTime();
                writeFully(channel, block.clear());
                channel.force(false);
                ms[i] = (System.nanoTime() - begin) / 1e6;
            }
        }
        results.add(SYNC_P50, Results.MACHINE, Results.quantile(ms, 0.5));
        results.add(SYNC_P99, Results.MACHINE, Results.quantile(ms, 0.99));
        Files.delete(file);
    }

    /// From a thread that writes to one that reads, 64 KiB at a time, bytes thrown away.
    void loopback(Results results) throws IOException, InterruptedException {
        try (ServerSocketChannel server =
                ServerSocketChannel.open()
                        .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
            Thread sender =
                    Thread.ofPlatform()
                            .start(() -> {
                                ByteBuffer block = incompressible(64 << 10);
                                try (SocketChannel to =
                                        SocketChannel.open(server.getLocalAddress())) {
                                    for (long sent = 0; sent < bytes(); sent += block.capacity()) {
                                        block.clear();
                                        while (block.hasRemaining()) {
                                            to.write(block);
                                        }
                                    }
                                } catch (IOException e) {
                                    throw new java.io.UncheckedIOException(e);
                                }
                            });
            ByteBuffer block = ByteBuffer.allocateDirect(64 << 10);
            long received = 0;
            long begin;
            try (SocketChannel from = server.accept()) {
                begin = System.nanoTime();
                while (from.read(block.clear()) >= 0) {
                    received += block.position();
                }
            }
            sender.join();
            if (received < bytes()) {
                throw new IOException("only " + received + " bytes came through the loopback");
            }
            results.add(LOOPBACK, Results.MACHINE, megabytesPerSecond(begin));
        }
    }

    /// Inflating log records (megabytes of the result), CRC32C, SHA-256.
    void processor(Results results) throws NoSuchAlgorithmException, DataFormatException {
        inflate(results);
        ByteBuffer block = incompressible(BLOCK);
        CRC32C crc = new CRC32C();
        hash(results, CRC32C, () -> crc.update(block.clear()));
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        hash(results, SHA256, () -> sha.update(block.clear()));
    }

    private void hash(Results results, Measure measure, Runnable block) {
        for (int i = 0; i < 64; i++) {
            block.run(); // compiled before it counts
        }
        int blocks = Math.max(mib, LEAST_HASHED_MIB);
        long begin = System.nanoTime();
        for (int i = 0; i < blocks; i++) {
            block.run();
        }
        double seconds = (System.nanoTime() - begin) / 1e9;
        results.add(measure, Results.MACHINE, (double) blocks * BLOCK / 1e6 / seconds);
    }

    private void inflate(Results results) throws DataFormatException {
        ByteBuffer raw = ByteBuffer.allocate(BLOCK);
        LogCorpus corpus = new LogCorpus(42);
        for (byte[] next = corpus.next(); next.length <= raw.remaining(); next = corpus.next()) {
            raw.put(next);
        }
        byte[] packed = new byte[BLOCK];
        Deflater deflater = new Deflater(Deflater.BEST_SPEED);
        deflater.setInput(raw.flip());
        deflater.finish();
        int packedBytes = deflater.deflate(packed);
        deflater.end();
        byte[] out = new byte[BLOCK];
        Inflater inflater = new Inflater();
        long begin = System.nanoTime();
        long inflated = 0;
        while (inflated < bytes()) {
            inflater.reset();
            inflater.setInput(packed, 0, packedBytes);
            inflated += inflater.inflate(out);
        }
        inflater.end();
        results.add(INFLATE, Results.MACHINE, megabytesPerSecond(begin));
    }

    private long bytes() {
        return (long) mib * BLOCK;
    }

    private double megabytesPerSecond(long beginNanos) {
        return bytes() / 1e6 / ((System.nanoTime() - beginNanos) / 1e9);
    }

    private static void writeFully(FileChannel channel, ByteBuffer block) throws IOException {
        while (block.hasRemaining()) {
            channel.write(block);
        }
    }

    private static ByteBuffer incompressible(int bytes) {
        byte[] random = new byte[bytes];
        new Random(42).nextBytes(random);
        return ByteBuffer.allocateDirect(bytes).put(random).flip();
    }
}
