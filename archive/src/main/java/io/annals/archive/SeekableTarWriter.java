package io.annals.archive;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// Writes one archive object to a local file: a tar.gz whose chunks can be read on their own.
///
/// Entries come one after the other ([#begin], [#write], [#end], or [#add]), each with its size
/// known beforehand, since tar wants it in front. Memory is bounded by a chunk, whatever the size
/// of the object. Deterministic: the same entries give the same bytes (with the same deflate
/// implementation). Confined to one thread.
///
/// Close it in any case: a file that was not finished is deleted.
public final class SeekableTarWriter implements Closeable {
    /// Least and largest deflate level that [#create] takes.
    public static final int MIN_LEVEL = 1;

    public static final int MAX_LEVEL = 9;

    private static final int COPY_BYTES = 128 * 1024;

    private final Path path;
    private final ObjectFileOutput out;
    private final ChunkDeflater deflater;
    private final GzEntryOutput.Room room = GzEntryOutput.Room.allocate();
    private final List<TocEntry> entries = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private @Nullable OpenEntry open;
    private int padding;
    private long hotPosition = -1;
    private boolean finished;

    private SeekableTarWriter(Path path, ObjectFileOutput out, ChunkDeflater deflater) {
        this.path = path;
        this.out = out;
        this.deflater = deflater;
    }

    /// @param path the local file; replaced if it is there
    /// @param level deflate level of chunks that shrink, [#MIN_LEVEL] to [#MAX_LEVEL]
    public static SeekableTarWriter create(Path path, int level) throws IOException {
        if (level < MIN_LEVEL || level > MAX_LEVEL) {
            throw new IllegalArgumentException(
                    "deflate level %d, allowed are %d to %d"
                            .formatted(level, MIN_LEVEL, MAX_LEVEL));
        }
        return new SeekableTarWriter(path, new ObjectFileOutput(path), ChunkDeflater.jdk(level));
    }

    /// Starts an entry.
    ///
    /// @param name relative, parts of `[A-Za-z0-9._-]`, at most 100 bytes, not used before
    /// @param sizeBytes what will be written, to the byte
    public void begin(String name, EntryCodec codec, long sizeBytes) throws IOException {
        check(open == null && !finished, "an entry is open or the object is finished");
        if (!EntryNames.isSafe(name) || TableOfContents.ENTRY_NAME.equals(name)) {
            throw new IllegalArgumentException("entry name \"%s\" is not allowed".formatted(name));
        }
        if (sizeBytes < 0 || sizeBytes > TarHeaders.MAX_ENTRY_BYTES) {
            throw new IllegalArgumentException(
                    "entry %s of %d bytes, at most %d are allowed"
                            .formatted(name, sizeBytes, TarHeaders.MAX_ENTRY_BYTES));
        }
        check(names.size() < TableOfContents.MAX_ENTRIES, "too many entries");
        check(names.add(name), "entry name used twice: " + name);
        writeBetween(TarHeaders.header(name, sizeBytes), 0, out::write);
        long position = out.position();
        EntryOutput output =
                switch (codec) {
                    case GZ -> new GzEntryOutput(out, deflater, room);
                    case RAW -> new RawEntryOutput(out, sizeBytes);
                };
        open = new OpenEntry(name, codec, sizeBytes, position, output);
    }

    /// Writes position to limit of `bytes`, and leaves the position at the limit. Chunks may be cut
    /// within.
    public void write(ByteBuffer bytes) throws IOException {
        openEntry().taking(bytes).write(bytes);
    }

    /// As [#write], but never cuts a chunk within `bytes`: they can be read as one piece. Only for
    /// [EntryCodec#GZ]; at most 128 MiB.
    ///
    /// @param packed whether they are compressed already: a chunk that consists of such bytes for
    ///   the most part is stored
    public void writeWhole(ByteBuffer bytes, boolean packed) throws IOException {
        openEntry().taking(bytes).writeWhole(bytes, packed);
    }

    /// Ends the entry; as many bytes as announced must have been written.
    public void end() throws IOException {
        OpenEntry entry = openEntry();
        check(
                entry.written == entry.sizeBytes,
                "entry %s: %d bytes announced, %d written"
                        .formatted(entry.name, entry.sizeBytes, entry.written));
        ChunkTable chunks = entry.output.finish();
        entries.add(
                new TocEntry(
                        entries.size(),
                        entry.name,
                        entry.sizeBytes,
                        entry.codec,
                        entry.position,
                        chunks));
        padding = TarHeaders.padding(entry.sizeBytes);
        open = null;
    }

    /// Writes a whole entry from memory.
    public void add(String name, EntryCodec codec, byte[] bytes) throws IOException {
        begin(name, codec, bytes.length);
        write(ByteBuffer.wrap(bytes));
        end();
    }

    /// Writes a whole entry from a local file that does not change meanwhile.
    public void add(String name, EntryCodec codec, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            begin(name, codec, channel.size());
            ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
            while (channel.read(buffer) >= 0) {
                write(buffer.flip());
                buffer.clear();
            }
            end();
        }
    }

    /// Everything from here on is the tail, read with one request when the object is opened.
    /// Without it the tail is the table of contents alone.
    public void beginHotRegion() {
        check(open == null && hotPosition < 0, "an entry is open or the hot region began before");
        hotPosition = out.position();
    }

    /// Writes table of contents and footer.
    public ArchiveFile finish() throws IOException {
        check(open == null && !finished, "an entry is open or the object is finished");
        byte[] json = TableOfContents.of(entries).toJson();
        ByteBuffer content =
                ByteBuffer.allocate(TarHeaders.BLOCK_BYTES + json.length)
                        .put(TarHeaders.header(TableOfContents.ENTRY_NAME, json.length))
                        .put(json);
        long tocPosition = out.position();
        CRC32C crc = new CRC32C();
        writeBetween(
                content.array(),
                TarHeaders.padding(json.length) + TarHeaders.END_BYTES,
                bytes -> {
                    crc.update(bytes.duplicate());
                    out.write(bytes);
                });
        int tocLength = Math.toIntExact(out.position() - tocPosition);
        long tail = hotPosition < 0 ? tocPosition : hotPosition;
        out.write(Footer.of(tocPosition, tocLength, tail, crc).bytes());
        String sha256 = out.finish();
        out.close();
        finished = true;
        return new ArchiveFile(path, out.position(), tail, sha256);
    }

    @Override
    public void close() throws IOException {
        deflater.close();
        out.close();
        if (!finished) {
            Files.deleteIfExists(path);
        }
    }

    /// What lies between the data of two entries, as one gzip member: the padding of the entry
    /// before, `bytes`, and `zeros` more.
    private void writeBetween(byte[] bytes, int zeros, GzipFraming.Sink sink) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(padding + bytes.length + zeros);
        content.put(padding, bytes);
        padding = 0;
        byte[] deflated = new byte[content.capacity()];
        int length = deflater.deflate(content, deflated, deflated.length);
        GzipFraming.writeMember(content, length, deflated, sink);
    }

    private OpenEntry openEntry() {
        OpenEntry entry = open;
        if (entry == null) {
            throw new IllegalStateException("no entry is open");
        }
        return entry;
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalStateException(otherwise);
        }
    }

    /// The entry being written.
    private static final class OpenEntry {
        final String name;
        final EntryCodec codec;
        final long sizeBytes;
        final long position;
        final EntryOutput output;
        long written;

        OpenEntry(
                String name, EntryCodec codec, long sizeBytes, long position, EntryOutput output) {
            this.name = name;
            this.codec = codec;
            this.sizeBytes = sizeBytes;
            this.position = position;
            this.output = output;
        }

        EntryOutput taking(ByteBuffer bytes) {
            check(
                    bytes.remaining() <= sizeBytes - written,
                    "entry %s: more than the %d bytes announced".formatted(name, sizeBytes));
            written += bytes.remaining();
            return output;
        }
    }
}
