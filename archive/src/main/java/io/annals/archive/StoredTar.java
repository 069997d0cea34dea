package io.annals.archive;

import io.annals.registry.ArchiveObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// An archive object in the store, opened: its tail in memory, its chunks through the cache.
/// Immutable.
final class StoredTar implements SeekableTar {
    private final ArchiveObject object;
    private final TableOfContents toc;
    private final Tail tail;
    private final CountedStore store;
    private final ChunkCache cache;
    private final List<Entry> entries;

    StoredTar(
            ArchiveObject object,
            TableOfContents toc,
            Tail tail,
            CountedStore store,
            ChunkCache cache) {
        this.object = object;
        this.toc = toc;
        this.tail = tail;
        this.store = store;
        this.cache = cache;
        this.entries = toc.entries().stream().map(TocEntry::view).toList();
    }

    @Override
    public ArchiveObject object() {
        return object;
    }

    @Override
    public List<Entry> entries() {
        return entries;
    }

    @Override
    public Optional<Entry> entry(String name) {
        return Optional.ofNullable(toc.byName().get(name)).map(TocEntry::view);
    }

    /// Memory it holds, roughly.
    long weightBytes() {
        long chunks = toc.entries().stream().mapToLong(entry -> entry.chunks().count()).sum();
        return tail.bytes().remaining() + 20 * chunks + 200L * entries.size();
    }

    @Override
    public void read(Entry entry, long position, byte[] target, int targetOffset, int length)
            throws IOException {
        if (length == 0) {
            return;
        }
        int done = 0;
        for (Chunk chunk : chunks(entry, position, length)) {
            int at = (int) (position + done - chunk.start());
            int part = Math.min(length - done, chunk.bytes().length - at);
            System.arraycopy(chunk.bytes(), at, target, targetOffset + done, part);
            done += part;
        }
    }

    @Override
    public byte[] readAll(String name, int maxBytes) throws IOException {
        Entry entry = entry(name).orElse(null);
        if (entry == null || entry.sizeBytes() > maxBytes) {
            throw new CorruptObjectException(
                    object.key(),
                    TableOfContents.ENTRY_NAME,
                    "entry %s of at most %d bytes".formatted(name, maxBytes),
                    entry == null ? "no such entry" : entry.sizeBytes() + " bytes");
        }
        byte[] bytes = new byte[(int) entry.sizeBytes()];
        read(entry, 0, bytes, 0, bytes.length);
        return bytes;
    }

    @Override
    public Chunk chunk(Entry entry, long position) throws IOException {
        return chunk(entry, position, position, position + 1);
    }

    @Override
    public Chunk chunk(Entry entry, long position, long from, long to) throws IOException {
        TocEntry row = row(entry, from, to - from);
        ChunkTable table = row.chunks();
        int chunk = table.chunkAt(position);
        byte[] bytes =
                cache.get(
                        new ChunkSource(object, row, tail),
                        chunk,
                        table.chunkAt(from),
                        table.chunkAt(to - 1) + 1);
        return new Chunk(table.start(chunk), bytes);
    }

    @Override
    public List<Chunk> chunks(Entry entry, long position, int length) throws IOException {
        TocEntry row = row(entry, position, length);
        ChunkTable table = row.chunks();
        int from = table.chunkAt(position);
        int to = table.chunkAt(position + length - 1) + 1;
        List<byte[]> found = cache.get(new ChunkSource(object, row, tail), from, to);
        List<Chunk> chunks = new ArrayList<>(found.size());
        for (int i = 0; i < found.size(); i++) {
            chunks.add(new Chunk(table.start(from + i), found.get(i)));
        }
        return chunks;
    }

    @Override
    public void prefetch(Entry entry, long position, long from, long to) {
        TocEntry row = row(entry, position, 0);
        ChunkSource source = new ChunkSource(object, row, tail);
        if (!cache.contains(source, row.chunks().chunkAt(position))) {
            prefetch(entry, from, to - from);
        }
    }

    @Override
    public void prefetch(Entry entry, long position, long length) {
        long within = Math.min(length, entry.sizeBytes() - position);
        if (within <= 0) {
            return;
        }
        TocEntry row = row(entry, position, within);
        ChunkSource source = new ChunkSource(object, row, tail);
        int from = row.chunks().chunkAt(position);
        int to = row.chunks().chunkAt(position + within - 1) + 1;
        cache.prefetch(source, from, to);
    }

    @Override
    public void scan(Entry entry, ChunkVisitor visitor) throws IOException {
        TocEntry row = row(entry, 0, 0);
        ChunkTable table = row.chunks();
        ChunkSource source = new ChunkSource(object, row, tail);
        int from = 0;
        while (from < table.count()) {
            int to = from + 1;
            long limit = table.storedStart(from) + ChunkCache.MAX_READ_BYTES;
            while (to < table.count() && table.storedStart(to) + table.storedLength(to) <= limit) {
                to++;
            }
            ByteBuffer packed = source.packed(from, to, store, ReadPurpose.SCAN);
            for (int chunk = from; chunk < to; chunk++) {
                int at = (int) (table.storedStart(chunk) - table.storedStart(from));
                ByteBuffer one = packed.slice(packed.position() + at, table.storedLength(chunk));
                visitor.chunk(new Chunk(table.start(chunk), scanned(source, chunk, one)));
            }
            from = to;
        }
    }

    /// Decodes every chunk of the tail.
    ///
    /// @throws CorruptObjectException if one is damaged
    void verifyTail() throws IOException {
        for (TocEntry row : toc.entries()) {
            ChunkSource source = new ChunkSource(object, row, tail);
            for (int chunk = 0; chunk < row.chunks().count(); chunk++) {
                if (tail.covers(row.position() + row.chunks().storedStart(chunk))) {
                    ByteBuffer packed = source.packed(chunk, chunk + 1, store, ReadPurpose.TAIL);
                    source.decode(chunk, packed);
                }
            }
        }
    }

    private byte[] scanned(ChunkSource source, int chunk, ByteBuffer packed) throws IOException {
        try {
            return source.decode(chunk, packed);
        } catch (CorruptObjectException damaged) {
            return source.decodeAgain(chunk, store, ReadPurpose.SCAN);
        }
    }

    private TocEntry row(Entry entry, long position, long length) {
        TocEntry row = entry.index() < entries.size() ? toc.entries().get(entry.index()) : null;
        if (row == null || !row.name().equals(entry.name())) {
            throw new IllegalArgumentException(
                    "no entry %s in %s".formatted(entry.name(), object.key()));
        }
        if (position < 0 || length < 0 || position > row.sizeBytes() - length) {
            throw new IndexOutOfBoundsException(
                    "range [%d, %d) of entry %s with %d bytes in %s"
                            .formatted(
                                    position,
                                    position + length,
                                    row.name(),
                                    row.sizeBytes(),
                                    object.key()));
        }
        return row;
    }
}
