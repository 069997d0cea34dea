package io.annals.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.wal.AbortedTransaction;
import io.annals.wal.OpenTransaction;
import io.annals.wal.SegmentTransactions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The worked examples of `docs/formats/` are what this program reads and writes.
class ArchiveFormatsGoldenTest {
    private static final Path DOCS = Path.of("..", "docs", "formats");

    @TempDir Path directory;

    @Test
    void theWorkedExampleOfAnArchiveObjectIsRead() throws IOException {
        byte[] bytes = hex(block("archive-objects.md", "example object"));
        RecordingStore store = new RecordingStore();
        store.createIfAbsent("example", bytes);
        SeekableTar tar = TestObjects.tars(store).open("example");

        assertThat(tar.entries())
                .extracting(SeekableTar.Entry::name)
                .containsExactly("greeting.txt", "raw.bin");
        assertThat(tar.readAll("greeting.txt", 100)).asString().isEqualTo(greeting());
        assertThat(tar.readAll("raw.bin", 100)).containsExactly(1, 2, 3, 4, 5);
        assertThat(tar.object().tailPosition()).isEqualTo(0x77);
    }

    /// Another deflate library may pack differently, so only what does not depend on it is
    /// compared.
    @Test
    void theWorkedExampleOfAnArchiveObjectIsWritten() throws IOException {
        byte[] golden = hex(block("archive-objects.md", "example object"));
        Path path = directory.resolve("example");
        try (SeekableTarWriter writer = SeekableTarWriter.create(path, 1)) {
            writer.add("greeting.txt", EntryCodec.GZ, greeting().getBytes(UTF_8));
            writer.beginHotRegion();
            writer.add("raw.bin", EntryCodec.RAW, new byte[] {1, 2, 3, 4, 5});
            writer.finish();
        }
        RecordingStore store = new RecordingStore();
        store.createIfAbsent("example", golden);
        store.createIfAbsent("written", path);

        assertThat(TestObjects.tars(store).open("written").entries())
                .isEqualTo(TestObjects.tars(store).open("example").entries());
    }

    private static String greeting() {
        return "hello, hello, hello, hello, hello, hello\n";
    }

    @Test
    void theWorkedExampleOfATableOfContentsIsReadAndWritten() throws IOException {
        byte[] json = block("archive-objects.md", "example toc").strip().getBytes(UTF_8);
        TableOfContents toc = TableOfContents.parse("example", json, 1_000_000);

        assertThat(toc.toJson()).asString().isEqualTo(new String(json, UTF_8));
    }

    @Test
    void theWorkedExampleOfABatchIndexIsReadAndWritten() throws IOException {
        byte[] golden = hex(block("record-segment.md", "example index"));
        List<BatchIndex.Row> rows =
                List.of(
                        new BatchIndex.Row(
                                100, 103, 0, 200, 1_700_000_000_500L, 1_700_000_001_000L),
                        new BatchIndex.Row(
                                103, 104, 200, 75, 1_700_000_000_400L, 1_700_000_001_002L),
                        new BatchIndex.Row(
                                110, 120, 275, 950, 1_700_000_000_900L, 1_700_000_001_002L));
        BatchIndexBuilder builder = new BatchIndexBuilder();
        rows.forEach(builder::add);
        byte[] written = builder.build();
        assertThat(HexFormat.of().formatHex(written)).isEqualTo(HexFormat.of().formatHex(golden));

        RecordingStore store = new RecordingStore();
        TestObjects.store(store, directory, Map.of("gz/index", golden));
        SeekableTar tar = TestObjects.tars(store).open(TestObjects.KEY);
        BatchIndex index = BatchIndex.load(tar, tar.entry("gz/index").orElseThrow(), 1225);
        assertThat(index.batchCount()).isEqualTo(3);
        assertThat(index.block(tar, 0)).isEqualTo(rows);
    }

    @Test
    void theWorkedExampleOfAManifestIsReadAndWritten() throws IOException {
        byte[] json = block("record-segment.md", "example manifest").getBytes(UTF_8);
        RecordSegmentManifest manifest =
                Manifests.parse(
                        "example",
                        json,
                        RecordSegmentManifest.class,
                        RecordSegmentManifest.FORMAT,
                        RecordSegmentManifest.VERSION);

        assertThat(manifest).isEqualTo(manifest());
        assertThat(Manifests.write(manifest)).asString().isEqualTo(new String(json, UTF_8));
    }

    @Test
    void theTransactionsOfThePageAreWrittenAndRead() throws IOException {
        SegmentTransactions transactions =
                new SegmentTransactions(
                        List.of(new AbortedTransaction(4000, 100, 110)),
                        List.of(new OpenTransaction(4001, (short) 2, 103)));
        byte[] bytes = hex(block("record-segment.md", "example transactions"));

        assertThat(HexFormat.of().formatHex(TransactionsEntry.encode(transactions)))
                .isEqualTo(HexFormat.of().formatHex(bytes));
        assertThat(TransactionsEntry.decode("key", "entry", bytes)).isEqualTo(transactions);
        for (int at = 0; at < bytes.length; at++) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 0x21;
            assertThatThrownBy(() -> TransactionsEntry.decode("key", "entry", damaged))
                    .isInstanceOf(ObjectStoreException.class);
        }
    }

    private static RecordSegmentManifest manifest() {
        return new RecordSegmentManifest(
                "annals-record-segment",
                2,
                "annals 0.1.0",
                "5f2b1c0d9e8a7b6c5d4e3f2a1b0c9d8e",
                new RecordSegmentManifest.Topic(
                        "AAAAAAAAAAEAAAAAAAAAAg",
                        "clicks",
                        3,
                        2,
                        Map.of("retention.ms", "-1"),
                        1_700_000_000_000L),
                List.of("0-019aa1b2c3d4e5f60718-00000000000000000017"),
                null,
                List.of(
                        new RecordSegmentManifest.Partition(
                                0,
                                100,
                                120,
                                14,
                                3,
                                1225,
                                1_700_000_000_100L,
                                1_700_000_000_900L,
                                1_700_000_001_000L,
                                1_700_000_001_002L,
                                new RecordSegmentManifest.Part(
                                        "records/0.batches", 1225, "a".repeat(64)),
                                new RecordSegmentManifest.Part(
                                        "records/0.index", 100, "b".repeat(64)),
                                new RecordSegmentManifest.Part(
                                        "records/0.transactions", 66, "c".repeat(64)))));
    }

    /// The fenced block that follows the line `<!-- name -->`.
    private static String block(String file, String name) throws IOException {
        String text = Files.readString(DOCS.resolve(file));
        Matcher matcher =
                Pattern.compile("<!-- " + name + " -->\\s*```\\w*\\n(.*?)```", Pattern.DOTALL)
                        .matcher(text);
        assertThat(matcher.find()).as(name).isTrue();
        return matcher.group(1);
    }

    /// The bytes of a dump: position, then up to 16 bytes a line.
    private static byte[] hex(String dump) {
        StringBuilder digits = new StringBuilder();
        dump.lines().forEach(line -> digits.append(line.substring(4).replace(" ", "")));
        return HexFormat.of().parseHex(digits);
    }
}
