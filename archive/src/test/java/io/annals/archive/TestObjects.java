package io.annals.archive;

import io.annals.registry.ArchiveObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/// Archive objects for tests.
final class TestObjects {
    static final long CACHE_BYTES = 64 * 1024 * 1024;
    static final String KEY = "splits/t/one.tar.gz";

    private TestObjects() {}

    /// Text that deflate shrinks to a half or so.
    static byte[] text(Random random, int length) {
        byte[] bytes = noise(random, length);
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ('a' + (bytes[i] & 15));
        }
        return bytes;
    }

    static byte[] noise(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /// Some entries of either codec, among them an empty one and some of just a block or a chunk.
    static Map<String, byte[]> entries(Random random) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("gz/empty", new byte[0]);
        entries.put("raw/empty", new byte[0]);
        entries.put("gz/one", new byte[] {7});
        entries.put("raw/one", new byte[] {7});
        entries.put("raw/block", noise(random, ChunkTable.Blocks.BLOCK_BYTES));
        entries.put("raw/chunk", text(random, ChunkTable.Blocks.CHUNK_BYTES));
        entries.put("gz/chunk", text(random, GzEntryOutput.CHUNK_BYTES));
        entries.put("gz/text", text(random, 700_000 + random.nextInt(100_000)));
        entries.put("gz/noise", noise(random, 700_000 + random.nextInt(100_000)));
        entries.put("raw/text", text(random, 300_000 + random.nextInt(100_000)));
        entries.put("raw/hot", text(random, 1_000 + random.nextInt(100_000)));
        entries.put("gz/hot", text(random, 1_000 + random.nextInt(100_000)));
        return entries;
    }

    /// Writes entries in their order; the codec is the first part of the name, the hot region
    /// starts at the first name that ends in `hot`.
    static ArchiveFile write(Path path, Map<String, byte[]> entries) throws IOException {
        boolean hot = false;
        try (SeekableTarWriter writer = SeekableTarWriter.create(path, 1)) {
            for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
                String name = entry.getKey();
                if (!hot && name.endsWith("hot")) {
                    writer.beginHotRegion();
                    hot = true;
                }
                writer.begin(
                        name,
                        name.startsWith("raw") ? EntryCodec.RAW : EntryCodec.GZ,
                        entry.getValue().length);
                writer.write(ByteBuffer.wrap(entry.getValue()));
                writer.end();
            }
            return writer.finish();
        }
    }

    static CachedTars tars(ObjectStore store) {
        return new CachedTars(store, CACHE_BYTES, CACHE_BYTES);
    }

    /// Writes entries, puts the object into the store under [#KEY].
    static ArchiveObject store(ObjectStore store, Path directory, Map<String, byte[]> entries)
            throws IOException {
        ArchiveFile file = write(directory.resolve("object.tar.gz"), entries);
        store.createIfAbsent(KEY, file.path());
        return file.at(KEY);
    }
}
