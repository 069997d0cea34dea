package io.annals.archive;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `toc.json`, the last entry of every archive object: which entries there are, and where their
/// chunks lie. Immutable.
///
/// Parsing trusts nothing: every number is checked against the object and against a bound before
/// anything is allocated or read with it.
///
/// @param entries in the order of the tar, without `toc.json` itself
record TableOfContents(List<TocEntry> entries, Map<String, TocEntry> byName) {
    static final String ENTRY_NAME = "toc.json";
    static final String FORMAT = "annals-tar";
    static final int VERSION = 1;

    static final int MAX_ENTRIES = 65_536;
    static final int MAX_CHUNK_BYTES = 128 * 1024 * 1024;

    /// Deflate cannot shrink by more than this.
    private static final int MAX_DEFLATE_RATIO = 1_032;

    private static final JsonMapper JSON =
            JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

    static TableOfContents of(List<TocEntry> entries) {
        Map<String, TocEntry> byName = HashMap.newHashMap(entries.size());
        entries.forEach(entry -> byName.put(entry.name(), entry));
        return new TableOfContents(List.copyOf(entries), Map.copyOf(byName));
    }

    byte[] toJson() {
        List<EntryJson> rows = entries.stream().map(EntryJson::of).toList();
        try {
            return JSON.writeValueAsBytes(new TocJson(FORMAT, VERSION, rows));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("table of contents cannot be written", e);
        }
    }

    /// @param end position where the table of contents starts: no chunk lies behind it
    static TableOfContents parse(String key, byte[] json, long end) throws ObjectStoreException {
        TocJson toc;
        try {
            toc = JSON.readValue(json, TocJson.class);
        } catch (IOException e) {
            throw new CorruptObjectException(key, ENTRY_NAME, "JSON of this format", e);
        }
        if (!FORMAT.equals(toc.format) || toc.entries == null) {
            throw corrupt(key, "format " + FORMAT, String.valueOf(toc.format));
        }
        if (toc.version > VERSION) {
            throw new TooNewObjectException(key, ENTRY_NAME, toc.version, VERSION);
        }
        if (toc.entries.size() > MAX_ENTRIES) {
            throw corrupt(key, "at most " + MAX_ENTRIES + " entries", "" + toc.entries.size());
        }
        List<TocEntry> entries = new ArrayList<>(toc.entries.size());
        long free = 0;
        for (EntryJson row : toc.entries) {
            TocEntry entry = row.check(key, entries.size());
            boolean fits =
                    entry.position() >= free
                            && entry.position() <= end
                            && entry.chunks().storedBytes() <= end - entry.position();
            if (!fits) {
                throw corrupt(
                        key,
                        "entry %s within [%d, %d)".formatted(entry.name(), free, end),
                        "%d bytes at %d".formatted(entry.chunks().storedBytes(), entry.position()));
            }
            free = entry.endPosition();
            entries.add(entry);
        }
        TableOfContents checked = of(entries);
        if (checked.byName.size() != entries.size() || checked.byName.containsKey(ENTRY_NAME)) {
            throw corrupt(key, "each entry name once", "a name twice");
        }
        return checked;
    }

    private static CorruptObjectException corrupt(String key, String expected, String actual) {
        return new CorruptObjectException(key, ENTRY_NAME, expected, actual);
    }

    @JsonPropertyOrder({"format", "version", "entries"})
    private record TocJson(
            @Nullable String format, int version, @Nullable List<EntryJson> entries) {}

    /// @param chunkBytes unpacked length per chunk, `gz` only
    /// @param chunkStoredBytes packed length per chunk, `gz` only
    /// @param chunkCrc32c unsigned
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @JsonPropertyOrder({
        "name",
        "size",
        "position",
        "codec",
        "chunkBytes",
        "chunkStoredBytes",
        "chunkCrc32c"
    })
    private record EntryJson(
            @Nullable String name,
            long size,
            long position,
            @Nullable String codec,
            int @Nullable [] chunkBytes,
            int @Nullable [] chunkStoredBytes,
            long @Nullable [] chunkCrc32c) {

        static EntryJson of(TocEntry entry) {
            ChunkTable chunks = entry.chunks();
            int count = chunks.count();
            boolean gz = entry.codec() == EntryCodec.GZ;
            int[] bytes = new int[gz ? count : 0];
            int[] stored = new int[gz ? count : 0];
            long[] crcs = new long[count];
            for (int i = 0; i < count; i++) {
                if (gz) {
                    bytes[i] = chunks.length(i);
                    stored[i] = chunks.storedLength(i);
                }
                crcs[i] = Integer.toUnsignedLong(chunks.crc32c(i));
            }
            return new EntryJson(
                    entry.name(),
                    entry.sizeBytes(),
                    entry.position(),
                    entry.codec().label(),
                    gz ? bytes : null,
                    gz ? stored : null,
                    crcs);
        }

        TocEntry check(String key, int index) throws CorruptObjectException {
            if (name == null || !EntryNames.isSafe(name)) {
                throw corrupt(key, "a safe relative entry name", quoted(name));
            }
            if (size < 0 || size > TarHeaders.MAX_ENTRY_BYTES || position < 0) {
                throw corrupt(
                        key,
                        "entry %s with a size of at most %d"
                                .formatted(name, TarHeaders.MAX_ENTRY_BYTES),
                        "%d bytes at %d".formatted(size, position));
            }
            if (EntryCodec.GZ.label().equals(codec)) {
                return new TocEntry(index, name, size, EntryCodec.GZ, position, members(key, name));
            }
            if (EntryCodec.RAW.label().equals(codec)) {
                return new TocEntry(index, name, size, EntryCodec.RAW, position, blocks(key, name));
            }
            throw corrupt(key, "entry %s with codec gz or raw".formatted(name), quoted(codec));
        }

        private ChunkTable members(String key, String name) throws CorruptObjectException {
            int[] crcs = crcs();
            int count = crcs.length;
            if (chunkBytes == null
                    || chunkStoredBytes == null
                    || chunkBytes.length != count
                    || chunkStoredBytes.length != count) {
                throw corrupt(key, "entry %s with three equal lists".formatted(name), "others");
            }
            long[] starts = new long[count + 1];
            long[] storedStarts = new long[count + 1];
            for (int i = 0; i < count; i++) {
                int length = chunkBytes[i];
                int stored = chunkStoredBytes[i];
                boolean possible =
                        length > 0
                                && length <= MAX_CHUNK_BYTES
                                && stored >= GzipFraming.MEMBER_BYTES_MIN
                                && length <= (long) stored * MAX_DEFLATE_RATIO;
                if (!possible) {
                    throw corrupt(
                            key,
                            "entry %s chunk %d of 1 to %d bytes"
                                    .formatted(name, i, MAX_CHUNK_BYTES),
                            "%d bytes stored in %d".formatted(length, stored));
                }
                starts[i + 1] = starts[i] + length;
                storedStarts[i + 1] = storedStarts[i] + stored;
            }
            if (starts[count] != size) {
                throw corrupt(
                        key, "entry %s of %d bytes".formatted(name, size), "" + starts[count]);
            }
            return new ChunkTable.Members(starts, storedStarts, crcs);
        }

        private ChunkTable blocks(String key, String name) throws CorruptObjectException {
            int[] crcs = crcs();
            int count = ChunkTable.Blocks.count(size);
            if (crcs.length != count) {
                throw corrupt(
                        key, "entry %s with %d checksums".formatted(name, count), "" + crcs.length);
            }
            return new ChunkTable.Blocks(size, crcs);
        }

        private int[] crcs() {
            long[] unsigned = chunkCrc32c == null ? new long[0] : chunkCrc32c;
            int[] crcs = new int[unsigned.length];
            for (int i = 0; i < crcs.length; i++) {
                crcs[i] = (int) unsigned[i];
            }
            return crcs;
        }

        private static String quoted(@Nullable String text) {
            if (text == null) {
                return "none";
            }
            return '"' + text.substring(0, Math.min(text.length(), 2 * EntryNames.MAX_BYTES)) + '"';
        }
    }
}
