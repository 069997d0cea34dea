package io.annals.benchmarks.e2e;

import java.util.List;
import java.util.function.Function;

/// One kind of search, in the words of either side; the newest 20 of what it finds.
///
/// @param annals the query string for what was drawn from a document
/// @param openSearch the same as a clause of OpenSearch's query language
record SearchCase(String name, Function<Drawn, String> annals, Function<Drawn, String> openSearch) {

    /// What was drawn from one of the documents, to search for.
    ///
    /// @param first a word of the message, and `second` the one that follows it
    record Drawn(String traceId, String service, int latencyMs, String first, String second) {
        /// @param document a record of [LogCorpus]
        static Drawn from(String document) {
            String[] words = member(document, "\"msg\":\"").split(" ", 3);
            return new Drawn(
                    member(document, "\"trace_id\":\""),
                    member(document, "\"service\":\""),
                    Integer.parseInt(document.replaceAll(".*\"latency_ms\":([0-9]+).*", "$1")),
                    words[0],
                    words[1]);
        }

        private static String member(String document, String begin) {
            int at = document.indexOf(begin) + begin.length();
            return document.substring(at, document.indexOf('"', at));
        }
    }

    /// All of them.
    static List<SearchCase> all() {
        return List.of(
                new SearchCase(
                        "rare term",
                        d -> "trace_id:" + d.traceId(),
                        d -> term("trace_id", d.traceId())),
                new SearchCase("frequent term", d -> "level:ERROR", d -> term("level", "ERROR")),
                new SearchCase(
                        "word of the message",
                        d -> "msg:" + d.first(),
                        d -> "{\"match\":{\"msg\":\"%s\"}}".formatted(d.first())),
                new SearchCase(
                        "phrase",
                        d -> "msg:\"%s %s\"".formatted(d.first(), d.second()),
                        d ->
                                "{\"match_phrase\":{\"msg\":\"%s %s\"}}"
                                        .formatted(d.first(), d.second())),
                new SearchCase(
                        "range",
                        d -> "latency_ms:[%d TO %d]".formatted(d.latencyMs(), d.latencyMs() + 20),
                        d -> range(d.latencyMs(), d.latencyMs() + 20)),
                new SearchCase(
                        "boolean",
                        d ->
                                "level:ERROR AND service:%s AND latency_ms:[%d TO %d]"
                                        .formatted(d.service(), d.latencyMs(), d.latencyMs() + 200),
                        d ->
                                "{\"bool\":{\"filter\":[%s,%s,%s]}}"
                                        .formatted(
                                                term("level", "ERROR"),
                                                term("service", d.service()),
                                                range(d.latencyMs(), d.latencyMs() + 200))),
                new SearchCase(
                        "wildcard",
                        d -> "trace_id:%s*".formatted(d.traceId().substring(0, 4)),
                        d ->
                                "{\"wildcard\":{\"trace_id\":\"%s*\"}}"
                                        .formatted(d.traceId().substring(0, 4))),
                new SearchCase("everything", d -> "*", d -> "{\"match_all\":{}}"));
    }

    private static String term(String field, String value) {
        return "{\"term\":{\"%s\":\"%s\"}}".formatted(field, value);
    }

    private static String range(int from, int to) {
        return "{\"range\":{\"latency_ms\":{\"gte\":%d,\"lte\":%d}}}".formatted(from, to);
    }
}
