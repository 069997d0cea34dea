package io.annals.archive;

import io.annals.archive.SingleFlightCache.Claim;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/// Unpacked chunks of archive objects, bounded by their bytes.
///
/// Whoever finds a chunk missing first claims and reads it, everybody else waits. One call claims a
/// whole range and reads its missing chunks with one ranged read per run of at most
/// [#MAX_READ_BYTES]; a run passes over present chunks of up to [#MAX_GAP_BYTES], for another
/// request would cost more than their bytes.
///
/// Thread-safe. Demand reads run on the caller's thread, read-ahead on virtual threads, bounded by
/// [#MAX_READ_AHEAD_BYTES] in flight: beyond that a hint is dropped.
final class ChunkCache {
    /// One ranged read is not larger, unless a single chunk is.
    static final int MAX_READ_BYTES = 8 * 1024 * 1024;

    static final int MAX_GAP_BYTES = 256 * 1024;

    static final long MAX_READ_AHEAD_BYTES = 64L * 1024 * 1024;

    /// What an entry of the cache costs beside its bytes.
    private static final int OVERHEAD_BYTES = 128;

    private final CountedStore store;
    private final SingleFlightCache<ChunkKey, byte[]> cache;
    private final AtomicLong readAheadBytes = new AtomicLong();

    ChunkCache(CountedStore store, long maxBytes) {
        this.store = store;
        this.cache =
                new SingleFlightCache<>(
                        maxBytes, (ChunkKey _, byte[] bytes) -> bytes.length + OVERHEAD_BYTES);
    }

    /// Chunks `[from, to)` of an entry, read as far as they are missing. Shared: not to be written
    /// to.
    List<byte[]> get(ChunkSource source, int from, int to) throws IOException {
        Claims claims = claim(source, from, to, ReadPurpose.DEMAND);
        claims.read(ReadPurpose.DEMAND);
        List<byte[]> chunks = new ArrayList<>(to - from);
        for (int chunk = from; chunk < to; chunk++) {
            int number = chunk;
            chunks.add(cache.await(claims.all.get(chunk - from), () -> again(source, number)));
        }
        return chunks;
    }

    /// One chunk of `[from, to)`; if it is missing, what is missing of them is read with it.
    byte[] get(ChunkSource source, int chunk, int from, int to) throws IOException {
        byte[] present = cache.peek(source.key(chunk));
        if (present != null) {
            store.hit(ReadPurpose.DEMAND);
            return present;
        }
        Claims claims = claim(source, from, to, ReadPurpose.DEMAND);
        claims.read(ReadPurpose.DEMAND);
        return cache.await(claims.all.get(chunk - from), () -> again(source, chunk));
    }

    boolean contains(ChunkSource source, int chunk) {
        return cache.peek(source.key(chunk)) != null;
    }

    /// Starts reading the missing chunks of `[from, to)`, if the bound allows.
    void prefetch(ChunkSource source, int from, int to) {
        ChunkTable chunks = source.entry().chunks();
        long bytes = chunks.storedStart(to - 1) - chunks.storedStart(from);
        bytes += chunks.storedLength(to - 1);
        if (readAheadBytes.addAndGet(bytes) > MAX_READ_AHEAD_BYTES) {
            readAheadBytes.addAndGet(-bytes);
            return;
        }
        long reserved = bytes;
        Claims claims = claim(source, from, to, ReadPurpose.READ_AHEAD);
        if (claims.missing.isEmpty()) {
            readAheadBytes.addAndGet(-reserved);
            return;
        }
        Thread.ofVirtual()
                .name("archive-read-ahead")
                .start(() -> {
                    try {
                        claims.read(ReadPurpose.READ_AHEAD);
                    } finally {
                        readAheadBytes.addAndGet(-reserved);
                    }
                });
    }

    /// Bytes that are kept now, roughly.
    long sizeBytes() {
        return cache.weight();
    }

    private byte[] again(ChunkSource source, int chunk) throws IOException {
        Claims claims = claim(source, chunk, chunk + 1, ReadPurpose.DEMAND);
        claims.read(ReadPurpose.DEMAND);
        return Futures.await(claims.all.getFirst().future());
    }

    private Claims claim(ChunkSource source, int from, int to, ReadPurpose purpose) {
        Claims claims = new Claims(source);
        for (int chunk = from; chunk < to; chunk++) {
            Claim<ChunkKey, byte[]> claim = cache.claim(source.key(chunk));
            claims.all.add(claim);
            if (claim.mine()) {
                claims.missing.add(new Missing(chunk, claim));
                store.miss(purpose);
            } else {
                store.hit(purpose);
            }
        }
        return claims;
    }

    /// @param object key of the object
    /// @param position of the packed chunk in it
    record ChunkKey(String object, long position) {}

    private record Missing(int chunk, Claim<ChunkKey, byte[]> claim) {}

    /// The chunks of one call, and those of them that this call has to read.
    private final class Claims {
        final ChunkSource source;
        final List<Claim<ChunkKey, byte[]>> all = new ArrayList<>();
        final List<Missing> missing = new ArrayList<>();

        Claims(ChunkSource source) {
            this.source = source;
        }

        /// Completes every claim, one way or the other.
        void read(ReadPurpose purpose) {
            int first = 0;
            while (first < missing.size()) {
                int end = endOfRun(first);
                readRun(missing.subList(first, end), purpose);
                first = end;
            }
        }

        private int endOfRun(int first) {
            ChunkTable chunks = source.entry().chunks();
            long start = chunks.storedStart(missing.get(first).chunk);
            int end = first + 1;
            while (end < missing.size()) {
                int chunk = missing.get(end).chunk;
                long gap =
                        chunks.storedStart(chunk) - storedEnd(chunks, missing.get(end - 1).chunk);
                if (gap > MAX_GAP_BYTES || storedEnd(chunks, chunk) - start > MAX_READ_BYTES) {
                    break;
                }
                end++;
            }
            return end;
        }

        private static long storedEnd(ChunkTable chunks, int chunk) {
            return chunks.storedStart(chunk) + chunks.storedLength(chunk);
        }

        private void readRun(List<Missing> run, ReadPurpose purpose) {
            try {
                int from = run.getFirst().chunk;
                ByteBuffer packed = source.packed(from, run.getLast().chunk + 1, store, purpose);
                ChunkTable chunks = source.entry().chunks();
                boolean allDecoded = run.size() == run.getLast().chunk + 1 - from;
                for (Missing missing : run) {
                    long at = chunks.storedStart(missing.chunk) - chunks.storedStart(from);
                    int length = chunks.storedLength(missing.chunk);
                    allDecoded &=
                            decode(
                                    missing,
                                    packed.slice(packed.position() + (int) at, length),
                                    purpose);
                }
                if (allDecoded) {
                    source.keep(from, packed, store);
                }
            } catch (IOException | RuntimeException | Error e) {
                run.forEach(missing -> cache.fail(missing.claim, e));
            }
        }

        /// @return whether the packed bytes were right as they came
        private boolean decode(Missing missing, ByteBuffer packed, ReadPurpose purpose) {
            try {
                cache.complete(missing.claim, source.decode(missing.chunk, packed));
                return true;
            } catch (CorruptObjectException damaged) {
                decodeAgain(missing, purpose);
                return false;
            }
        }

        private void decodeAgain(Missing missing, ReadPurpose purpose) {
            try {
                cache.complete(missing.claim, source.decodeAgain(missing.chunk, store, purpose));
            } catch (IOException e) {
                cache.fail(missing.claim, e);
            }
        }
    }
}
