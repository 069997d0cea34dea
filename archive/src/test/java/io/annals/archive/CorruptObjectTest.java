package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.registry.ArchiveObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Damaged, foreign and hostile objects: each a typed error that names the object, never wrong
/// bytes.
@ExtendWith(SeededRandom.class)
class CorruptObjectTest {
    private static final String KEY = TestObjects.KEY;

    @TempDir Path directory;

    private Map<String, byte[]> entries(Random random) {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("gz/text", TestObjects.text(random, 1_500));
        entries.put("gz/noise", TestObjects.noise(random, 300));
        entries.put("raw/a", TestObjects.noise(random, 200));
        entries.put("raw/hot", TestObjects.text(random, 300));
        return entries;
    }

    private static void readAll(ObjectStore store, ArchiveObject object, Map<String, byte[]> model)
            throws IOException {
        SeekableTar tar = TestObjects.tars(store).open(object);
        for (Map.Entry<String, byte[]> entry : model.entrySet()) {
            assertThat(tar.readAll(entry.getKey(), 1 << 20)).isEqualTo(entry.getValue());
        }
    }

    @Test
    void everyFlippedBitOfAChunkTheTableOrTheFooterIsFound(Random random) throws IOException {
        Map<String, byte[]> entries = entries(random);
        RecordingStore store = new RecordingStore();
        ArchiveObject object = TestObjects.store(store, directory, entries);
        byte[] bytes = bytes(store);
        boolean[] covered = coveredByChecksums(bytes);

        for (int at = 0; at < bytes.length; at++) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= (byte) (1 << random.nextInt(8));
            store.objects.put(KEY, damaged);
            if (!covered[at]) {
                assertFoundOrHarmless(store, object, entries);
            } else {
                assertThatThrownBy(() -> readAll(store, object, entries))
                        .as("flipped bit at %d", at)
                        .isInstanceOf(CorruptObjectException.class)
                        .hasMessageContaining(KEY);
            }
        }
    }

    private static void assertFoundOrHarmless(
            ObjectStore store, ArchiveObject object, Map<String, byte[]> model) {
        try {
            readAll(store, object, model);
        } catch (IOException e) {
            assertThat(e).isInstanceOf(CorruptObjectException.class);
        }
    }

    /// All but the members between entries and the ends of the members of stored blocks, which only
    /// tar reads, and the bytes around deflate data that hold bits without a meaning. The hash of
    /// the object covers these too.
    private static boolean[] coveredByChecksums(byte[] bytes) throws IOException {
        Footer footer = footer(bytes);
        TableOfContents toc = toc(bytes);
        boolean[] covered = new boolean[bytes.length];
        Arrays.fill(covered, (int) footer.tocPosition(), bytes.length, true);
        for (TocEntry entry : toc.entries()) {
            for (int i = 0; i < entry.chunks().count(); i++) {
                int start = (int) (entry.position() + entry.chunks().storedStart(i));
                int end = start + entry.chunks().storedLength(i);
                Arrays.fill(covered, start, end, true);
                if (entry.codec() == EntryCodec.GZ) {
                    covered[start + GzipFraming.HEADER_BYTES] = false;
                    covered[end - GzipFraming.TRAILER_BYTES - 1] = false;
                }
            }
        }
        return covered;
    }

    @Test
    void everyTruncationIsFound(Random random) throws IOException {
        Map<String, byte[]> entries = entries(random);
        RecordingStore store = new RecordingStore();
        ArchiveObject object = TestObjects.store(store, directory, entries);
        byte[] bytes = bytes(store);

        for (int length = 0; length < bytes.length; length++) {
            store.objects.put(KEY, Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> readAll(store, object, entries))
                    .as("cut to %d", length)
                    .isInstanceOf(CorruptObjectException.class);
            assertThatThrownBy(() -> TestObjects.tars(store).open(KEY))
                    .as("cut to %d, opened by key", length)
                    .isInstanceOf(CorruptObjectException.class);
        }
        store.objects.put(KEY, Arrays.copyOf(bytes, bytes.length + 1));
        assertThatThrownBy(() -> TestObjects.tars(store).open(KEY))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("footer");
    }

    @Test
    void anObjectThatIsNotThereSaysSo() {
        RecordingStore store = new RecordingStore();
        assertThatThrownBy(() -> TestObjects.tars(store).open(KEY))
                .isInstanceOf(NoSuchObjectException.class)
                .hasMessageContaining(KEY);
        assertThatThrownBy(() -> TestObjects.tars(store).open(new ArchiveObject(KEY, 100, 0, "")))
                .isInstanceOf(NoSuchObjectException.class);
    }

    @Test
    void aCatalogueEntryThatDoesNotFitTheObjectIsFound(Random random) throws IOException {
        RecordingStore store = new RecordingStore();
        ArchiveObject object = TestObjects.store(store, directory, entries(random));
        long size = object.sizeBytes();
        for (ArchiveObject wrong :
                new ArchiveObject[] {
                    new ArchiveObject(KEY, size, object.tailPosition() - 1, ""),
                    new ArchiveObject(KEY, size, object.tailPosition() + 1, ""),
                    new ArchiveObject(KEY, size, -1, ""),
                    new ArchiveObject(KEY, size, size, ""),
                    new ArchiveObject(KEY, Long.MAX_VALUE, 0, ""),
                    new ArchiveObject(KEY, size - 1, object.tailPosition(), "")
                }) {
            assertThatThrownBy(() -> TestObjects.tars(store).open(wrong))
                    .as("%s", wrong)
                    .isInstanceOf(CorruptObjectException.class);
        }
        CachedTars tars = TestObjects.tars(store);
        tars.open(object);
        assertThatThrownBy(() -> tars.open(new ArchiveObject(KEY, size + 1, 0, "")))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining("catalogue entry");
    }

    @Test
    void newerVersionsAreRefusedAsSuch(Random random) throws IOException {
        RecordingStore store = new RecordingStore();
        TestObjects.store(store, directory, entries(random));
        byte[] bytes = bytes(store);
        Footer footer = footer(bytes);
        byte[] json = toc(bytes).toJson();

        store.objects.put(KEY, withToc(bytes, json, TableOfContents.VERSION));
        TestObjects.tars(store).open(KEY);
        store.objects.put(KEY, withToc(bytes, json, TableOfContents.VERSION + 1));
        assertThatThrownBy(() -> TestObjects.tars(store).open(KEY))
                .isInstanceOf(TooNewObjectException.class)
                .hasMessage("object %s: footer has format version 2, newest known is 1", KEY);

        String newer = text(json).replace("\"version\":1", "\"version\":9");
        store.objects.put(KEY, withToc(bytes, utf8(newer), footer.version()));
        assertThatThrownBy(() -> TestObjects.tars(store).open(KEY))
                .isInstanceOf(TooNewObjectException.class)
                .hasMessageContaining("toc.json has format version 9");
    }

    @Test
    void hostileTablesOfContentsAreRefused(Random random) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("gz/one", TestObjects.text(random, 1_000));
        entries.put("gz/two", TestObjects.text(random, 1_000));
        entries.put("raw/one", TestObjects.text(random, 1_000));
        RecordingStore store = new RecordingStore();
        TestObjects.store(store, directory, entries);
        byte[] bytes = bytes(store);
        String json = text(toc(bytes).toJson());

        Map<String, String> hostile = new LinkedHashMap<>();
        hostile.put("not JSON", "{");
        hostile.put("another format", json.replace("annals-tar", "zip"));
        hostile.put("no entries", "{\"format\":\"annals-tar\",\"version\":1}");
        for (String name :
                new String[] {
                    "../gz", "/etc/passwd", "a/./b", "a\\\\b", "a//b", "", "x y", "\\u0000"
                }) {
            hostile.put("name " + name, json.replace("gz/one", name));
        }
        hostile.put("a name twice", json.replace("gz/two", "gz/one"));
        hostile.put("its own name", json.replace("gz/two", "toc.json"));
        hostile.put("no name", json.replace("\"name\":\"gz/one\",", ""));
        hostile.put("another codec", json.replaceFirst("\"codec\":\"gz\"", "\"codec\":\"xz\""));
        hostile.put("a huge size", json.replaceFirst("\"size\":1000", "\"size\":99999999999999"));
        hostile.put("a negative size", json.replaceFirst("\"size\":1000", "\"size\":-1000"));
        hostile.put("another size", json.replaceFirst("\"size\":1000", "\"size\":1001"));
        hostile.put("a far position", json.replaceFirst("\"position\":\\d+", "\"position\":99999"));
        hostile.put(
                "a position beyond long",
                json.replaceFirst("\"position\":\\d+", "\"position\":9223372036854775807"));
        hostile.put("a negative position", json.replaceFirst("\"position\":", "\"position\":-"));
        hostile.put("an overlap", json.replaceFirst("(gz/two.*?position\":)\\d+", "$11"));
        hostile.put(
                "a huge chunk",
                json.replaceFirst("\"chunkBytes\":\\[1000", "\"chunkBytes\":[2000000000"));
        hostile.put(
                "an impossible ratio",
                json.replaceFirst("\"size\":1000", "\"size\":100000000")
                        .replaceFirst("\"chunkBytes\":\\[1000", "\"chunkBytes\":[100000000"));
        hostile.put(
                "a negative chunk",
                json.replaceFirst("\"chunkStoredBytes\":\\[", "\"chunkStoredBytes\":[-"));
        hostile.put(
                "lists of other lengths",
                json.replaceFirst("\"chunkBytes\":\\[", "\"chunkBytes\":[5,"));
        hostile.put(
                "no checksums of stored blocks",
                json.replaceFirst("(raw/one.*chunkCrc32c\":)\\[\\d+]", "$1[]"));

        hostile.forEach((what, toc) -> {
            assertThat(toc).as(what).isNotEqualTo(json);
            store.objects.put(KEY, withToc(bytes, utf8(toc), TableOfContents.VERSION));
            assertThatThrownBy(() -> TestObjects.tars(store).open(KEY))
                    .as(what)
                    .isInstanceOf(CorruptObjectException.class)
                    .hasMessageContaining(KEY)
                    .hasMessageContaining("toc.json");
        });
    }

    @Test
    void aChunkThatUnpacksToMoreThanItShouldIsRefused(Random random) throws IOException {
        Map<String, byte[]> entries = Map.of("gz/zeros", new byte[100_000]);
        RecordingStore store = new RecordingStore();
        TestObjects.store(store, directory, entries);
        byte[] bytes = bytes(store);
        for (int claimed : new int[] {1, 99_999, 100_001}) {
            String json = text(toc(bytes).toJson()).replace("100000", "" + claimed);
            store.objects.put(KEY, withToc(bytes, utf8(json), TableOfContents.VERSION));
            assertThatThrownBy(() -> TestObjects.tars(store).open(KEY).readAll("gz/zeros", 1 << 20))
                    .isInstanceOf(CorruptObjectException.class)
                    .hasMessageContaining("entry gz/zeros chunk 0 at position");
        }
    }

    private static byte[] bytes(RecordingStore store) {
        return Objects.requireNonNull(store.objects.get(KEY)).clone();
    }

    private static Footer footer(byte[] bytes) throws IOException {
        ByteBuffer last = ByteBuffer.wrap(bytes, bytes.length - Footer.BYTES, Footer.BYTES);
        return Footer.parse(KEY, bytes.length, last.slice());
    }

    private static TableOfContents toc(byte[] bytes) throws IOException {
        Footer footer = footer(bytes);
        ByteBuffer member =
                ByteBuffer.wrap(bytes, (int) footer.tocPosition(), footer.tocLength()).slice();
        return TableOfContents.parse(KEY, CachedTars.tocJson(KEY, member), footer.tocPosition());
    }

    /// The object with another table of contents, and a footer that fits.
    private static byte[] withToc(byte[] bytes, byte[] json, int version) {
        try {
            Footer footer = footer(bytes);
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            out.write(bytes, 0, (int) footer.tocPosition());
            ByteBuffer content =
                    ByteBuffer.allocate(
                            TarHeaders.BLOCK_BYTES
                                    + json.length
                                    + TarHeaders.padding(json.length)
                                    + TarHeaders.END_BYTES);
            content.put(TarHeaders.header("toc.json", json.length)).put(json).rewind();
            ByteArrayOutputStream member = new ByteArrayOutputStream();
            GzipFraming.writeMember(
                    content, -1, new byte[0], part -> member.writeBytes(copy(part)));
            out.writeBytes(member.toByteArray());
            Footer open =
                    new Footer(
                            version, footer.tocPosition(), member.size(), footer.hotPosition(), 0);
            int checksum = open.checksum(ByteBuffer.wrap(member.toByteArray()));
            Footer closed =
                    new Footer(
                            version,
                            footer.tocPosition(),
                            member.size(),
                            footer.hotPosition(),
                            checksum);
            out.writeBytes(copy(closed.bytes()));
            return out.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] copy(ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        return copy;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] utf8) {
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
