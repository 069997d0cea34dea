package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Random;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

class DocumentWriterTest {
    private final FieldQueries queries = new FieldQueries(QueryBounds.DEFAULT);

    @Test
    void pathsBeyondTheBoundAreSearchableInTheValueAndCounted() throws IOException {
        try (TestIndex index = new TestIndex(new MappingLimits(2, 20, 1000, 10))) {
            index.add(Batches.record(1, null, "{\"a\":\"one\",\"b\":\"two\",\"c\":\"three\"}"));
            assertThat(index.find(queries.word("a", "one"))).containsExactly(0L);
            assertThat(index.find(queries.word("c", "three"))).isEmpty();
            assertThat(index.find(queries.word(RecordMapping.VALUE, "three"))).containsExactly(0L);
            assertThat(index.counts().overflowLeaves()).isEqualTo(1);
            assertThat(index.counts().paths()).isEqualTo(2);
        }
    }

    @Test
    void namesBelowTheDepthAreLeftOutOfThePath() throws IOException {
        try (TestIndex index = new TestIndex(new MappingLimits(100, 2, 1000, 10))) {
            index.add(Batches.record(1, null, "{\"a\":{\"b\":{\"c\":{\"d\":\"deep\"}}}}"));
            assertThat(index.find(queries.word("a.b", "deep"))).containsExactly(0L);
        }
    }

    @Test
    void aValueBeyondTheBoundIsTextAsFarAsItGoes() throws IOException {
        try (TestIndex index = new TestIndex(new MappingLimits(100, 20, 100, 10))) {
            index.add(
                    Batches.record(
                            1, null, "{\"a\":\"early\",\"b\":\"" + "é ".repeat(90) + "late\"}"));
            assertThat(index.find(queries.word("", "early"))).containsExactly(0L);
            assertThat(index.find(queries.word("", "late"))).isEmpty();
            assertThat(index.counts().cutValues()).isEqualTo(1);
        }
    }

    @Test
    void headersBeyondTheBoundAreCounted() throws IOException {
        try (TestIndex index = new TestIndex(new MappingLimits(100, 20, 100, 2))) {
            index.add(
                    Batches.record(
                            1,
                            null,
                            "v",
                            Batches.header("a", "one"),
                            Batches.header("b", null),
                            Batches.header("c", "three")));
            assertThat(index.find(queries.word("_headers.a", "one"))).containsExactly(0L);
            assertThat(index.find(queries.exists("_headers.b"))).containsExactly(0L);
            assertThat(index.find(queries.word("", "three"))).isEmpty();
            assertThat(index.counts().overflowLeaves()).isEqualTo(1);
        }
    }

    @Test
    void noBytesKeepARecordOutOfTheIndex() throws IOException {
        Random random = new Random(41);
        try (TestIndex index = new TestIndex(new MappingLimits(50, 3, 4000, 5))) {
            int records = 400;
            for (int i = 0; i < records; i++) {
                Header[] headers = new Header[random.nextInt(8)];
                for (int h = 0; h < headers.length; h++) {
                    headers[h] = new RecordHeader("h" + random.nextInt(100), bytes(random, 50));
                }
                index.add(
                        new SimpleRecord(
                                random.nextLong(0, Long.MAX_VALUE),
                                bytes(random, 600),
                                bytes(random, 6000),
                                headers));
            }
            assertThat(index.counts().documents()).isEqualTo(records);
            for (int i = 0; i < records; i++) {
                assertThat(index.find(queries.longs(RecordMapping.OFFSET, i, i + 1)))
                        .containsExactly((long) i);
            }
        }
    }

    private static byte[] bytes(Random random, int max) {
        byte[] bytes = new byte[random.nextInt(max)];
        random.nextBytes(bytes);
        String alphabet = "{}[]\",:\\u0etrufalsn \u00e9";
        if (random.nextBoolean()) {
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) alphabet.charAt(random.nextInt(alphabet.length()));
            }
        }
        return bytes;
    }

    @Test
    void aValueAtTheBoundFullOfTheSameNameIsIndexed() throws IOException {
        try (TestIndex index = new TestIndex(MappingLimits.DEFAULT)) {
            StringBuilder value = new StringBuilder("[\"a\"");
            while (value.length() < (1 << 20) - 10) {
                value.append(",\"b c\"");
            }
            index.add(Batches.record(1, null, value.append("]").toString()));
            assertThat(index.find(queries.word(RecordMapping.VALUE, "b c"))).containsExactly(0L);
            assertThat(index.find(queries.word(RecordMapping.VALUE, "c b"))).isEmpty();
        }
    }
}
