package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.Manifests;
import io.annals.registry.PartitionRange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.util.BytesRef;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Parses the examples in `docs/formats/index-split.md`.
class IndexFormatGoldenTest {
    private static final Path PAGE = Path.of("../docs/formats/index-split.md");

    @TempDir Path folder;

    private static String example(String name) throws IOException {
        String page = Files.readString(PAGE);
        int at = page.indexOf("<!-- example " + name + " -->");
        assertThat(at).as("example " + name).isNotNegative();
        int from = page.indexOf('\n', page.indexOf("```", at)) + 1;
        return page.substring(from, page.indexOf("```", from));
    }

    @Test
    void theRecordOfTheExampleHasTheTermsOfTheExample() throws IOException {
        SimpleRecord record =
                Batches.record(
                        1_790_000_000_000L,
                        "order-7",
                        example("value").strip(),
                        Batches.header("source", "web"));
        StringBuilder terms = new StringBuilder();
        try (TestIndex index = new TestIndex(MappingLimits.DEFAULT)) {
            index.add(record);
            LeafReader reader = index.searcher().getLeafContexts().getFirst().reader();
            for (String field :
                    List.of(TermCode.TEXT, TermCode.KEYWORD, TermCode.NUMBER, TermCode.FIELDS)) {
                append(terms, reader, field);
            }
        }
        assertThat(terms).hasToString(example("terms"));
    }

    private static void append(StringBuilder out, LeafReader reader, String field)
            throws IOException {
        TermsEnum terms = reader.terms(field).iterator();
        for (BytesRef term = terms.next(); term != null; term = terms.next()) {
            out.append(field).append("  ").append(printable(term));
            if (field.equals(TermCode.TEXT)) {
                PostingsEnum postings = terms.postings(null, PostingsEnum.POSITIONS);
                postings.nextDoc();
                List<Integer> positions = new ArrayList<>();
                for (int i = 0; i < postings.freq(); i++) {
                    positions.add(postings.nextPosition());
                }
                out.append("  ").append(positions);
            }
            out.append('\n');
        }
    }

    private static String printable(BytesRef term) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < term.length; i++) {
            int b = term.bytes[term.offset + i] & 0xff;
            text.append(b > ' ' && b < 0x7f && b != '\\' ? "" + (char) b : "\\%02x".formatted(b));
        }
        return text.toString();
    }

    @Test
    void theHotCacheOfTheExampleIsWrittenAndRead() throws IOException {
        byte[] file = new byte[300];
        for (int i = 0; i < file.length; i++) {
            file[i] = (byte) i;
        }
        Files.write(folder.resolve("_0.tim"), file);
        Files.write(folder.resolve("_0.doc"), new byte[] {1, 2, 3});
        byte[] cache = HotCache.build(folder, List.of("_0.doc", "_0.tim"));
        StringBuilder hex = new StringBuilder();
        for (int i = 0; i < cache.length; i += 32) {
            hex.append("%04x  ".formatted(i))
                    .append(HexFormat.of().formatHex(cache, i, Math.min(cache.length, i + 32)))
                    .append('\n');
        }
        assertThat(hex).hasToString(example("hotcache"));
        HotCache parsed = HotCache.parse("key", cache);
        assertThat(parsed.of("_0.tim"))
                .extracting(HotCache.Slice::position)
                .containsExactly(0L, 236L);
        assertThat(parsed.of("_0.doc").getFirst().bytes()).containsExactly(1, 2, 3);
        assertThat(parsed.of("unknown")).isEmpty();
    }

    @Test
    void theManifestOfTheExampleIsWrittenAndRead() throws IOException {
        SplitManifest manifest =
                new SplitManifest(
                        SplitManifest.FORMAT,
                        SplitManifest.VERSION,
                        "annals 0.1.0",
                        "0123456789abcdef0123456789abcdef-89abcdef",
                        Uuid.ONE_UUID.toString(),
                        List.of("0123456789abcdef0123456789abcdef"),
                        RecordMapping.VERSION,
                        RecordMapping.ANALYZER_VERSION,
                        100,
                        List.of(new PartitionRange(0, 200, 300, 100, 5000, 1, 2, 3, 4)),
                        new SplitManifest.Outside(12, 0, 0, 0));
        assertThat(new String(Manifests.write(manifest), StandardCharsets.UTF_8))
                .isEqualTo(example("manifest"));
        assertThat(
                        Manifests.parse(
                                "key",
                                example("manifest").getBytes(StandardCharsets.UTF_8),
                                SplitManifest.class,
                                SplitManifest.FORMAT,
                                SplitManifest.VERSION))
                .isEqualTo(manifest);
    }
}
