package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.registry.ArchiveObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(SeededRandom.class)
class SeekableTarTest {
    private final RecordingStore store = new RecordingStore();
    private final CachedTars tars = TestObjects.tars(store);

    @TempDir Path directory;

    @Test
    void anyRangeOfAnyEntryReadsAsItWasWritten(Random random) throws IOException {
        Map<String, byte[]> entries = TestObjects.entries(random);
        SeekableTar tar = tars.open(TestObjects.store(store, directory, entries));

        assertThat(tar.entries())
                .extracting(SeekableTar.Entry::name)
                .containsExactlyElementsOf(entries.keySet());
        List<Map.Entry<String, byte[]>> all = new ArrayList<>(entries.entrySet());
        for (int i = 0; i < 3_000; i++) {
            Map.Entry<String, byte[]> entry = all.get(random.nextInt(all.size()));
            String name = entry.getKey();
            byte[] expected = entry.getValue();
            int from = random.nextInt(expected.length + 1);
            int to = from + random.nextInt(expected.length - from + 1);
            byte[] actual = new byte[to - from + 3];
            tar.read(tar.entry(name).orElseThrow(), from, actual, 3, to - from);
            assertThat(Arrays.compare(expected, from, to, actual, 3, actual.length))
                    .as("%s [%d, %d)", name, from, to)
                    .isZero();
        }
    }

    @Test
    void scanningAnEntryGivesAllItsBytesAndKeepsNone(Random random) throws IOException {
        Map<String, byte[]> entries = TestObjects.entries(random);
        SeekableTar tar = tars.open(TestObjects.store(store, directory, entries));

        for (SeekableTar.Entry entry : tar.entries()) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            tar.scan(
                    entry,
                    chunk -> {
                        assertThat(chunk.start()).isEqualTo(bytes.size());
                        bytes.writeBytes(chunk.bytes());
                    });
            assertThat(bytes.toByteArray()).isEqualTo(entries.get(entry.name()));
        }
        assertThat(tars.chunkCacheBytes()).isZero();
    }

    @Test
    void chunksCoverTheRangeAskedFor(Random random) throws IOException {
        Map<String, byte[]> entries = TestObjects.entries(random);
        SeekableTar tar = tars.open(TestObjects.store(store, directory, entries));
        SeekableTar.Entry entry = tar.entry("gz/text").orElseThrow();

        SeekableTar.Chunk first = tar.chunk(entry, GzEntryOutput.CHUNK_BYTES - 1);
        assertThat(first.start()).isZero();
        assertThat(first.bytes()).hasSize(GzEntryOutput.CHUNK_BYTES);
        assertThat(tar.chunk(entry, GzEntryOutput.CHUNK_BYTES).start()).isEqualTo(first.end());
        assertThat(tar.chunks(entry, GzEntryOutput.CHUNK_BYTES - 1, 2)).hasSize(2);
        assertThatThrownBy(() -> tar.chunk(entry, entry.sizeBytes()))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessageContaining("gz/text");
    }

    @Test
    void theSameEntriesGiveTheSameBytes(Random random) throws IOException {
        Map<String, byte[]> entries = TestObjects.entries(random);
        ArchiveFile one = TestObjects.write(directory.resolve("one"), entries);
        ArchiveFile two = TestObjects.write(directory.resolve("two"), entries);

        assertThat(Files.mismatch(one.path(), two.path())).isEqualTo(-1);
        assertThat(one.sha256())
                .isEqualTo(two.sha256())
                .isEqualTo(Sha256.hex(Files.readAllBytes(one.path())));
        assertThat(one.sizeBytes()).isEqualTo(Files.size(one.path()));
    }

    @Test
    void openingTakesOneRequestAndTheHotRegionNoMore(Random random) throws IOException {
        Map<String, byte[]> entries = TestObjects.entries(random);
        ArchiveObject object = TestObjects.store(store, directory, entries);

        SeekableTar tar = tars.open(object);
        assertThat(store.drainReads())
                .containsExactly(
                        new RecordingStore.Read(
                                object.key(),
                                object.tailPosition(),
                                (int) (object.sizeBytes() - object.tailPosition())));
        assertThat(tar.readAll("raw/hot", 1 << 20)).isEqualTo(entries.get("raw/hot"));
        assertThat(tar.readAll("gz/hot", 1 << 20)).isEqualTo(entries.get("gz/hot"));
        tars.open(object);
        assertThat(store.drainReads()).isEmpty();

        tar.readAll("gz/text", 1 << 20);
        assertThat(store.drainReads()).hasSize(1);
        assertThat(tars.counts(ReadPurpose.TAIL)).isEqualTo(new ReadCounts(1, size(object), 1, 1));
    }

    private static long size(ArchiveObject object) {
        return object.sizeBytes() - object.tailPosition();
    }

    @Test
    void anObjectOpensByItsKeyAloneWithAtMostTwoRequests(Random random) throws IOException {
        Map<String, byte[]> entries = TestObjects.entries(random);
        ArchiveObject object = TestObjects.store(store, directory, entries);
        SeekableTar small = tars.open(object.key());
        assertThat(store.drainReads()).hasSize(1);
        assertThat(small.object())
                .isEqualTo(
                        new ArchiveObject(
                                object.key(), object.sizeBytes(), object.tailPosition(), ""));

        entries.put("raw/more-hot", TestObjects.noise(random, CachedTars.GUESSED_TAIL_BYTES));
        ArchiveFile file = TestObjects.write(directory.resolve("large"), entries);
        store.createIfAbsent("large", file.path());
        SeekableTar large = tars.open("large");
        assertThat(large.object().tailPosition()).isEqualTo(file.tailPosition());
        assertThat(large.readAll("raw/hot", 1 << 20)).isEqualTo(entries.get("raw/hot"));
        assertThat(large.readAll("raw/more-hot", 1 << 20)).isEqualTo(entries.get("raw/more-hot"));
        assertThat(store.drainReads()).hasSize(2);
    }

    @Test
    void wholePiecesLieInOneChunk(Random random) throws IOException {
        List<byte[]> pieces = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            pieces.add(TestObjects.text(random, 1 + random.nextInt(100_000)));
        }
        pieces.add(30, TestObjects.text(random, 2 * GzEntryOutput.CHUNK_BYTES));
        pieces.add(40, TestObjects.noise(random, 3 * GzEntryOutput.CHUNK_BYTES));
        long size = pieces.stream().mapToLong(piece -> piece.length).sum();
        try (SeekableTarWriter writer = SeekableTarWriter.create(directory.resolve("w"), 1)) {
            writer.begin("pieces", EntryCodec.GZ, size);
            for (byte[] piece : pieces) {
                writer.writeWhole(ByteBuffer.wrap(piece), random.nextBoolean());
            }
            writer.end();
            store.createIfAbsent("w", writer.finish().path());
        }

        SeekableTar tar = tars.open("w");
        SeekableTar.Entry entry = tar.entry("pieces").orElseThrow();
        long position = 0;
        for (byte[] piece : pieces) {
            SeekableTar.Chunk chunk = tar.chunk(entry, position);
            int at = (int) (position - chunk.start());
            assertThat(Arrays.copyOfRange(chunk.bytes(), at, at + piece.length)).isEqualTo(piece);
            position += piece.length;
        }
    }

    @Test
    void chunksThatDoNotShrinkAreStored(Random random) throws IOException {
        byte[] noise = TestObjects.noise(random, 4_000_000);
        byte[] text = TestObjects.text(random, 4_000_000);
        ArchiveFile stored = TestObjects.write(directory.resolve("n"), Map.of("gz/n", noise));
        ArchiveFile shrunk = TestObjects.write(directory.resolve("t"), Map.of("gz/t", text));

        assertThat(stored.sizeBytes()).isBetween(4_000_000L, 4_010_000L);
        assertThat(shrunk.sizeBytes()).isLessThan(3_000_000L);
    }

    @Test
    void chunksThatArePackedAlreadyForTheMostPartAreStored(Random random) throws IOException {
        byte[] text = TestObjects.text(random, 60_000);
        assertThat(sizeWhenHalfIsPacked(text, true)).isGreaterThan(120_000);
        assertThat(sizeWhenHalfIsPacked(text, false)).isLessThan(90_000);
    }

    private long sizeWhenHalfIsPacked(byte[] bytes, boolean packed) throws IOException {
        try (SeekableTarWriter writer = SeekableTarWriter.create(directory.resolve("p"), 1)) {
            writer.begin("half", EntryCodec.GZ, 2L * bytes.length);
            writer.writeWhole(ByteBuffer.wrap(bytes), packed);
            writer.writeWhole(ByteBuffer.wrap(bytes), false);
            writer.end();
            return writer.finish().sizeBytes();
        }
    }

    @Test
    void aWriterRefusesWhatTarOrTheReaderWouldRefuse() throws IOException {
        Path path = directory.resolve("refused");
        try (SeekableTarWriter writer = SeekableTarWriter.create(path, 6)) {
            for (String name :
                    List.of(
                            "",
                            "/etc/x",
                            "../x",
                            "a/../b",
                            "a//b",
                            "a/",
                            ".",
                            "a b",
                            "ä",
                            "toc.json",
                            "x".repeat(101))) {
                assertThatThrownBy(() -> writer.begin(name, EntryCodec.GZ, 1))
                        .as(name)
                        .isInstanceOf(IllegalArgumentException.class);
            }
            assertThatThrownBy(() -> writer.begin("a", EntryCodec.GZ, 1L << 33))
                    .hasMessageContaining("at most 8589934591");
            writer.begin("a", EntryCodec.GZ, 2);
            writer.write(ByteBuffer.wrap(new byte[1]));
            assertThatThrownBy(writer::end).hasMessageContaining("2 bytes announced, 1 written");
            assertThatThrownBy(() -> writer.write(ByteBuffer.wrap(new byte[2])))
                    .hasMessageContaining("more than the 2 bytes announced");
            assertThatThrownBy(writer::finish).isInstanceOf(IllegalStateException.class);
            writer.write(ByteBuffer.wrap(new byte[1]));
            writer.end();
            assertThatThrownBy(() -> writer.begin("a", EntryCodec.RAW, 1))
                    .hasMessageContaining("used twice");
        }
        assertThat(path).doesNotExist();
    }
}
