package io.annals.indexer;

import static io.annals.indexer.RecordMapping.ALL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.lucene.search.Query;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FieldQueriesTest {
    private final FieldQueries queries = new FieldQueries(QueryBounds.DEFAULT);
    private TestIndex index;

    @BeforeEach
    void indexSomeRecords() throws IOException {
        index = new TestIndex(MappingLimits.DEFAULT);
        // 0
        index.add(
                Batches.record(
                        10,
                        "order-1",
                        """
                        {"level":"ERROR","status":500,"latency_ms":12.5,"ok":false,
                         "ts":"2026-11-20T10:00:00.123Z","msg":"Connection refused by peer",
                         "user":{"id":"u-17","tags":["alpha","beta gamma"]},
                         "url":"/api/v1/orders?id=7","trace":"4bf92f3577b34da6a3ce929d0e0e4736"}
                        """,
                        Batches.header("source", "web-1"),
                        Batches.header("retries", "3")));
        // 1
        index.add(
                Batches.record(
                        20,
                        "order-2",
                        """
                        {"level":"info","status":200,"latency_ms":3,"ok":true,
                         "ts":"2026-11-21T10:00:00+02:00","msg":"connection accepted, not refused",
                         "user":{"id":"u-18"},"n":9007199254740993,"day":"2026-11-21"}
                        """));
        // 2
        index.add(Batches.record(30, null, "plain text: Timeout after 1500 ms at 10.2.3.4"));
        // 3
        index.add(Batches.record(40, "gone", null));
        // 4
        index.add(
                new SimpleRecord(
                        50,
                        new byte[] {(byte) 0xff, 0, 1},
                        new byte[] {(byte) 0xfe, 'a', 'b', 'c', 0}));
        // 5
        index.add(Batches.record(60, "", "Ünïcödé Straße 日本語 ERROR"));
        // 6
        index.add(
                Batches.record(
                        70,
                        "order-3",
                        "{\"status\":404,\"n\":9007199254740992,\"_key\":\"mine\",\"err\":\"a\\tb\\u00e9\\\"x\","
                                + "\"id\":\"123e4567-e89b-12d3-a456-426614174000\",\"level\":\"fatal error\"}"));
        // 7
        index.add(Batches.record(80, "k", "42"));
    }

    @AfterEach
    void closeIndex() throws IOException {
        index.close();
    }

    private void assertFinds(Query query, long... offsets) throws IOException {
        assertThat(index.find(query))
                .containsExactlyElementsOf(java.util.Arrays.stream(offsets).boxed().toList());
    }

    @Test
    void aWordIsFoundInAnyCaseInAllText() throws IOException {
        assertFinds(queries.word(ALL, "error"), 0, 5, 6);
        assertFinds(queries.word(ALL, "ERROR"), 0, 5, 6);
        assertFinds(queries.word(ALL, "timeout"), 2);
        assertFinds(queries.word(ALL, "straße"), 5);
        assertFinds(queries.word(ALL, "ÜNÏCÖDÉ"), 5);
        assertFinds(queries.word(ALL, "日本"), 5);
        assertFinds(queries.word(ALL, "nowhere"));
    }

    @Test
    void aWordOfAFieldIsFoundOnlyThere() throws IOException {
        assertFinds(queries.word("level", "error"), 0, 6);
        assertFinds(queries.word("msg", "refused"), 0, 1);
        assertFinds(queries.word("msg", "error"));
        assertFinds(queries.word("user.tags", "gamma"), 0);
        assertFinds(queries.word("user.tags", "alpha"), 0);
        assertFinds(queries.word("_value.user.id", "u-17"), 0);
        assertFinds(queries.word("_headers.source", "web"), 0);
        assertFinds(queries.word("unknown", "error"));
    }

    @Test
    void theValueLeavesKeyAndHeadersOut() throws IOException {
        assertFinds(queries.word(RecordMapping.VALUE, "web"));
        assertFinds(queries.word(RecordMapping.VALUE, "order"));
        assertFinds(queries.prefix(RecordMapping.VALUE, "orde"), 0);
        assertFinds(queries.word(ALL, "order"), 0, 1, 6);
        assertFinds(queries.word(RecordMapping.KEY, "order"), 0, 1, 6);
    }

    @Test
    void severalWordsAreAPhraseWithinOneLeaf() throws IOException {
        assertFinds(queries.word(ALL, "connection refused"), 0);
        assertFinds(queries.word("msg", "connection refused"), 0);
        assertFinds(queries.phrase("msg", List.of("connection", "refused"), 2), 0, 1);
        assertFinds(queries.phrase(ALL, List.of("connection", "refused"), 2), 0, 1);
        assertFinds(queries.phrase("user.tags", List.of("alpha", "beta"), 5));
        assertFinds(queries.word(ALL, "10.2.3.4"), 2);
        assertFinds(queries.phrasePrefix(ALL, List.of("connection", "ref")), 0);
        assertFinds(queries.phrasePrefix("msg", List.of("refused", "b")), 0);
        assertFinds(queries.word(ALL, "fatal error"), 6);
    }

    @Test
    void anExactLeafIsCaseSensitive() throws IOException {
        assertFinds(queries.exact("level", "ERROR"), 0);
        assertFinds(queries.exact("level", "error"));
        assertFinds(queries.exact("level", "info"), 1);
        assertFinds(queries.exact("level", "fatal error"), 6);
        assertFinds(queries.exact(ALL, "ERROR"), 0);
        assertFinds(queries.exact(ALL, "info"), 1);
        assertFinds(queries.exact("trace", "4bf92f3577b34da6a3ce929d0e0e4736"), 0);
        assertFinds(queries.exact("id", "123e4567-e89b-12d3-a456-426614174000"), 6);
        assertFinds(queries.word(ALL, "123E4567-E89B-12D3-A456-426614174000"), 6);
        assertFinds(queries.exact("user.id", "u-17"), 0);
        assertFinds(queries.exact("url", "/api/v1/orders?id=7"), 0);
        assertFinds(queries.exact("err", "a\tbé\"x"), 6);
        assertFinds(queries.exact("ok", "false"), 0);
        assertFinds(queries.exact("_headers.source", "web-1"), 0);
    }

    @Test
    void numbersCompareAsNumbers() throws IOException {
        assertFinds(queries.word("status", "500"), 0);
        assertFinds(queries.word("status", "5e2"), 0);
        assertFinds(queries.exact("status", "500.0"), 0);
        assertFinds(queries.word(ALL, "500"), 0);
        assertFinds(queries.word(ALL, "1500"), 2);
        assertFinds(queries.word(ALL, "42"), 7);
        assertFinds(queries.word(RecordMapping.VALUE, "42"), 7);
        assertFinds(queries.range("status", "400", true, null, false), 0, 6);
        assertFinds(queries.range("status", "404", false, "500", true), 0);
        assertFinds(queries.range("status", "404", true, "500", false), 6);
        assertFinds(queries.range("latency_ms", "3", true, "12.5", true), 0, 1);
        assertFinds(queries.range("latency_ms", "-5", true, "12.4", true), 1);
        assertFinds(queries.range("n", "9007199254740992", false, null, false), 1);
        assertFinds(queries.exact("n", "9007199254740992"), 6);
        assertFinds(queries.range(RecordMapping.VALUE, "41", true, "43", true), 7);
        assertFinds(queries.range("_headers.retries", "2", true, "10", true), 0);
    }

    @Test
    void datesCompareAsInstants() throws IOException {
        assertFinds(
                queries.range("ts", "2026-11-20T10:00:00Z", true, "2026-11-20T10:00:01Z", true), 0);
        assertFinds(queries.range("ts", "2026-11-21", true, null, true), 1);
        assertFinds(
                queries.range("ts", "2026-11-21T08:00:00Z", true, "2026-11-21T08:00:00Z", true), 1);
        assertFinds(queries.range("ts", "1763632800000", false, null, true), 0, 1);
        assertFinds(queries.word("ts", "2026-11-21T08:00:00Z"), 1);
        assertFinds(queries.word(ALL, "2026-11-21T08:00:00Z"), 1);
        assertFinds(queries.word("day", "2026-11-21"), 1);
        assertFinds(queries.range("day", "2026-11-20", true, "2026-11-22", true), 1);
    }

    @Test
    void otherBoundsCompareKeywords() throws IOException {
        assertFinds(queries.range("level", "a", true, "z", true), 1, 6);
        assertFinds(queries.range("level", "ERROR", true, "EZ", true), 0);
        assertFinds(queries.range("user.id", "u-18", true, null, true), 1);
        assertFinds(queries.range("_key", "order-2", true, "order-3", false), 1);
    }

    @Test
    void patternsMatchWordsAndKeywords() throws IOException {
        assertFinds(queries.prefix(ALL, "conn"), 0, 1);
        assertFinds(queries.prefix(ALL, "CONN"), 0, 1);
        assertFinds(queries.prefix("url", "/api/v1"), 0);
        assertFinds(queries.prefix("trace", "4bf92"), 0);
        assertFinds(queries.prefix("msg", "4bf92"));
        assertFinds(queries.wildcard("msg", "acc*ed"), 1);
        assertFinds(queries.wildcard(ALL, "t?me*"), 2);
        assertFinds(queries.wildcard("url", "*orders*"), 0);
        assertFinds(queries.fuzzy(ALL, "timeuot", 1), 2);
        assertFinds(queries.fuzzy("msg", "conection", 1), 0, 1);
        assertFinds(queries.fuzzy("level", "conection", 1));
        assertFinds(queries.regexp(ALL, "time(out|r)"), 2);
        assertFinds(queries.regexp("url", "/api/v[0-9]/.*"), 0);
        assertFinds(queries.regexp(RecordMapping.KEY, "order-[12]"), 0, 1);
        assertFinds(queries.regexp(RecordMapping.VALUE, "order-[12]"));
    }

    @Test
    void whatExistsIsWhatHasALeaf() throws IOException {
        assertFinds(queries.exists("status"), 0, 1, 6);
        assertFinds(queries.exists("user"), 0, 1);
        assertFinds(queries.exists("user.tags"), 0);
        assertFinds(queries.exists(RecordMapping.KEY), 0, 1, 3, 4, 5, 6, 7);
        assertFinds(queries.exists(RecordMapping.VALUE), 0, 1, 2, 4, 5, 6, 7);
        assertFinds(queries.exists("_headers.source"), 0);
        assertFinds(queries.exists("use"));
    }

    @Test
    void everyKeyIsFoundByItsBytes() throws IOException {
        assertFinds(queries.key(Batches.utf8("order-1")), 0);
        assertFinds(queries.key(Batches.utf8("gone")), 3);
        assertFinds(queries.key(new byte[] {(byte) 0xff, 0, 1}), 4);
        assertFinds(queries.key(new byte[0]), 5);
        assertFinds(queries.key(Batches.utf8("k")), 7);
        byte[] large = new byte[5000];
        java.util.Arrays.fill(large, (byte) 'x');
        index.add(new SimpleRecord(90, large, null));
        large = large.clone();
        assertFinds(queries.key(large), 8);
        large[4999] = 'y';
        assertFinds(queries.key(large));
    }

    @Test
    void ourOwnNamesAreNotShadowedByJson() throws IOException {
        assertFinds(queries.exact(RecordMapping.KEY, "mine"));
        assertFinds(queries.exact("_value._key", "mine"), 6);
    }

    @Test
    void bytesThatAreNotTextAreFoundByTheirAsciiWords() throws IOException {
        assertFinds(queries.word(ALL, "abc"), 4);
        assertFinds(queries.longs(RecordMapping.OFFSET, 4, 5), 4);
    }

    @Test
    void docValuesFieldsAreRanges() throws IOException {
        assertFinds(queries.range(RecordMapping.OFFSET, "2", true, "4", false), 2, 3);
        assertFinds(
                queries.range(
                        RecordMapping.TIMESTAMP, "1970-01-01T00:00:00.070Z", true, null, true),
                6,
                7);
        assertFinds(queries.word(RecordMapping.PARTITION, "0"), 0, 1, 2, 3, 4, 5, 6, 7);
        assertFinds(queries.range(RecordMapping.INGEST_TIME, null, true, "1001", true), 0, 1);
        assertFinds(queries.within(Map.of(0, new SearchableView.OffsetRange(1, 3))), 1, 2);
        assertFinds(queries.within(Map.of(1, new SearchableView.OffsetRange(1, 3))));
    }

    @Test
    void explodingPatternsAreRefused() {
        assertThatThrownBy(() -> queries.regexp(ALL, "((a{1000}){1000}){1000}"))
                .isInstanceOf(QueryTooComplexException.class);
        assertThatThrownBy(() -> queries.regexp(ALL, "(.*a){12}.{20}"))
                .isInstanceOf(QueryTooComplexException.class);
        assertThatThrownBy(() -> queries.regexp(ALL, "(unclosed"))
                .isInstanceOf(QueryTooComplexException.class);
        assertThatThrownBy(() -> queries.wildcard(ALL, "*".repeat(2000)))
                .isInstanceOf(QueryTooComplexException.class);
        assertThatThrownBy(() -> queries.fuzzy(ALL, "word", 3))
                .isInstanceOf(QueryTooComplexException.class);
        FieldQueries tight = new FieldQueries(new QueryBounds(2, 100, 10_000));
        assertThatThrownBy(() -> index.find(tight.prefix(ALL, "a")))
                .isInstanceOf(QueryTooComplexException.class);
    }
}
