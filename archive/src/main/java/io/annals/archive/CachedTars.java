package io.annals.archive;

import io.annals.registry.ArchiveObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.ToLongFunction;
import java.util.zip.DataFormatException;

/// [SeekableTars] over an object store: opened objects and unpacked chunks in two caches, each
/// bounded by its bytes. Thread-safe; an object is opened once however many ask for it.
public final class CachedTars implements SeekableTars {
    /// A larger tail is refused.
    static final int MAX_TAIL_BYTES = 64 * 1024 * 1024;

    /// A larger table of contents is refused.
    static final int MAX_TOC_BYTES = 64 * 1024 * 1024;

    /// What is read of an object whose tail position is not known.
    static final int GUESSED_TAIL_BYTES = 512 * 1024;

    /// The same, if the table of contents alone is wanted; most have room for the manifest too.
    static final int GUESSED_CONTENTS_BYTES = 32 * 1024;

    private final CountedStore store;
    private final RangeCache ranges;
    private final ChunkCache chunks;
    private final SingleFlightCache<String, StoredTar> opened;

    /// Without a cache on disk.
    public CachedTars(ObjectStore store, long maxTailBytes, long maxChunkBytes) {
        this(store, maxTailBytes, maxChunkBytes, RangeCache.NONE);
    }

    /// @param maxTailBytes bound of the opened objects' tails
    /// @param maxChunkBytes bound of the unpacked chunks
    /// @param ranges asked for what is in neither, before the store; stays the caller's
    public CachedTars(ObjectStore store, long maxTailBytes, long maxChunkBytes, RangeCache ranges) {
        this.ranges = ranges;
        this.store = new CountedStore(store, ranges);
        this.chunks = new ChunkCache(this.store, maxChunkBytes);
        this.opened =
                new SingleFlightCache<>(
                        maxTailBytes,
                        (String _, StoredTar tar) ->
                                (int) Math.min(Integer.MAX_VALUE, tar.weightBytes()));
    }

    /// What was read for this purpose since the start.
    public ReadCounts counts(ReadPurpose purpose) {
        return store.counts(purpose);
    }

    /// What the cache behind the ones in memory did since the start.
    public RangeCache.Counts rangeCounts() {
        return ranges.counts();
    }

    /// How often something did not fit its checksum and was read once more.
    public long rereads() {
        return store.rereads();
    }

    /// Bytes of unpacked chunks that are kept now, roughly.
    public long chunkCacheBytes() {
        return chunks.sizeBytes();
    }

    @Override
    public SeekableTar open(ArchiveObject object) throws IOException {
        StoredTar tar = openOnce(object);
        if (tar.object().sizeBytes() != object.sizeBytes()) {
            throw new CorruptObjectException(
                    object.key(),
                    "catalogue entry",
                    tar.object().sizeBytes() + " bytes",
                    object.sizeBytes() + " bytes");
        }
        return tar;
    }

    @Override
    public SeekableTar open(String key) throws IOException {
        store.miss(ReadPurpose.TAIL);
        return twice(() ->
                readGuessedTail(key, store.size(key), GUESSED_TAIL_BYTES, Footer::hotPosition));
    }

    @Override
    public SeekableTar open(String key, long sizeBytes) throws IOException {
        store.miss(ReadPurpose.TAIL);
        return twice(
                () -> readGuessedTail(key, sizeBytes, GUESSED_CONTENTS_BYTES, Footer::tocPosition));
    }

    private StoredTar openOnce(ArchiveObject object) throws IOException {
        SingleFlightCache.Claim<String, StoredTar> claim = claimAndRead(object);
        return opened.await(claim, () -> Futures.await(claimAndRead(object).future()));
    }

    private SingleFlightCache.Claim<String, StoredTar> claimAndRead(ArchiveObject object) {
        SingleFlightCache.Claim<String, StoredTar> claim = opened.claim(object.key());
        if (claim.mine()) {
            store.miss(ReadPurpose.TAIL);
            try {
                opened.complete(claim, twice(() -> readTail(object)));
            } catch (IOException | RuntimeException | Error e) {
                opened.fail(claim, e);
            }
        } else {
            store.hit(ReadPurpose.TAIL);
        }
        return claim;
    }

    @FunctionalInterface
    private interface Opening {
        StoredTar run() throws IOException;
    }

    /// A tail that does not fit its checksums may have been damaged on its way.
    private StoredTar twice(Opening opening) throws IOException {
        try {
            return opening.run();
        } catch (CorruptObjectException first) {
            store.again();
            return opening.run();
        }
    }

    private StoredTar readTail(ArchiveObject object) throws IOException {
        long length = object.sizeBytes() - object.tailPosition();
        boolean possible =
                object.tailPosition() >= 0 && length >= Footer.BYTES && length <= MAX_TAIL_BYTES;
        if (!possible) {
            throw new CorruptObjectException(
                    object.key(),
                    "catalogue entry",
                    "a tail of %d to %d bytes".formatted(Footer.BYTES, MAX_TAIL_BYTES),
                    "%d bytes".formatted(length));
        }
        ByteBuffer bytes =
                store.read(object, object.tailPosition(), (int) length, ReadPurpose.TAIL);
        Tail tail = new Tail(object.tailPosition(), bytes);
        Footer footer = footer(object.key(), object.sizeBytes(), tail);
        if (footer.hotPosition() != object.tailPosition()) {
            throw new CorruptObjectException(
                    object.key(),
                    "footer",
                    "a tail at " + object.tailPosition(),
                    "one at " + footer.hotPosition());
        }
        StoredTar tar = open(object, footer, tail);
        if (ranges.isKeeping()) {
            tar.verifyTail(); // what is kept on disk must be right
            store.keep(object, tail.position(), bytes);
        }
        return tar;
    }

    /// @param guess bytes that are read at first
    /// @param wanted where that begins which must be in memory
    private StoredTar readGuessedTail(
            String key, long size, int guess, ToLongFunction<Footer> wanted) throws IOException {
        int length = (int) Math.min(size, guess);
        if (length < Footer.BYTES) {
            throw new CorruptObjectException(
                    key, "object", "at least %d bytes".formatted(Footer.BYTES), size + " bytes");
        }
        ByteBuffer end = store.read(key, size - length, length, ReadPurpose.TAIL);
        Tail tail = new Tail(size - length, end);
        Footer footer = footer(key, size, tail);
        long start = wanted.applyAsLong(footer);
        long missing = tail.position() - start;
        if (size - footer.hotPosition() > MAX_TAIL_BYTES) {
            throw new CorruptObjectException(
                    key,
                    "footer",
                    "a tail of at most %d bytes".formatted(MAX_TAIL_BYTES),
                    "one at %d of %d".formatted(footer.hotPosition(), size));
        }
        if (missing > 0) {
            ByteBuffer before = store.read(key, start, (int) missing, ReadPurpose.TAIL);
            ByteBuffer whole = ByteBuffer.allocate((int) missing + length);
            whole.put(before).put(end.duplicate()).flip();
            tail = new Tail(start, whole);
        }
        return open(new ArchiveObject(key, size, footer.hotPosition(), ""), footer, tail);
    }

    private static Footer footer(String key, long size, Tail tail) throws CorruptObjectException {
        return Footer.parse(key, size, tail.slice(size - Footer.BYTES, Footer.BYTES));
    }

    private StoredTar open(ArchiveObject object, Footer footer, Tail tail) throws IOException {
        String key = object.key();
        if (!tail.covers(footer.tocPosition())) {
            throw new CorruptObjectException(
                    key, "footer", "a table of contents in the tail", footer.toString());
        }
        ByteBuffer member = tail.slice(footer.tocPosition(), footer.tocLength());
        int crc = footer.checksum(member);
        if (crc != footer.crc32c()) {
            throw new CorruptObjectException(
                    key,
                    "table of contents at position %d and footer".formatted(footer.tocPosition()),
                    "CRC-32C %08x".formatted(footer.crc32c()),
                    "%08x".formatted(crc));
        }
        if (footer.version() != TableOfContents.VERSION) {
            throw new TooNewObjectException(
                    key, "footer", footer.version(), TableOfContents.VERSION);
        }
        byte[] json = tocJson(key, member);
        TableOfContents toc = TableOfContents.parse(key, json, footer.tocPosition());
        return new StoredTar(object, toc, tail, store, chunks);
    }

    /// The member holds padding, the tar header of the table of contents, its JSON, padding and the
    /// end of the tar: the JSON's length stands in the header.
    static byte[] tocJson(String key, ByteBuffer member) throws CorruptObjectException {
        try {
            ByteBuffer in = member.slice().order(ByteOrder.LITTLE_ENDIAN);
            long length = Integer.toUnsignedLong(in.getInt(in.limit() - Integer.BYTES));
            if (length > MAX_TOC_BYTES) {
                throw new DataFormatException(length + " bytes");
            }
            return TarHeaders.lastEntry(ChunkDecoder.member(in, (int) length));
        } catch (DataFormatException e) {
            throw new CorruptObjectException(
                    key,
                    "table of contents",
                    "one tar entry of at most %d bytes".formatted(MAX_TOC_BYTES),
                    e);
        }
    }
}
