package io.annals.query.http;

import io.annals.query.RefusedException;
import io.annals.query.SearchOrder;
import io.annals.query.SearchRequest;
import io.annals.query.SearchResult;
import io.annals.query.SearchService;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.apache.kafka.common.IsolationLevel;

/// `GET /v1/topics/{topic}/search`. Thread-safe.
final class SearchEndpoint implements Endpoint {
    static final String ROUTE = "/v1/topics/{topic}/search";

    private static final Set<String> PARAMETERS =
            Set.of(
                    "q",
                    "from",
                    "to",
                    "as_of",
                    "generation",
                    "partition",
                    "limit",
                    "order",
                    "isolation",
                    "cursor",
                    "min_offset",
                    "require_complete",
                    "timeout_ms");

    private final SearchService service;

    SearchEndpoint(SearchService service) {
        this.service = service;
    }

    @Override
    public Answer answer(Call call) throws Exception {
        SearchResult result = service.search(request(call));
        return Answer.json(Json.bytes(json -> Json.writeSearch(json, result)));
    }

    static SearchRequest request(Call call) throws RefusedException {
        call.allow(PARAMETERS);
        SearchRequest.Builder request =
                SearchRequest.builder(call.part("topic"))
                        .query(call.text("q").orElse(""))
                        .order(order(call))
                        .isolation(isolation(call))
                        .partitions(partitions(call))
                        .minOffsets(minOffsets(call))
                        .requireComplete(call.flag("require_complete"))
                        .timeout(timeout(call));
        call.time("from").ifPresent(request::fromMs);
        call.time("to").ifPresent(request::toMs);
        call.time("as_of").ifPresent(request::asOfMs);
        call.number("generation", 0, Long.MAX_VALUE).ifPresent(request::generation);
        call.small("limit", 1, SearchService.MAX_LIMIT).ifPresent(request::limit);
        call.text("cursor").filter(cursor -> !cursor.isEmpty()).ifPresent(request::cursor);
        return request.build();
    }

    private static SearchOrder order(Call call) throws RefusedException {
        Optional<String> order = call.text("order");
        return switch (order.orElse("newest")) {
            case "newest" -> SearchOrder.NEWEST;
            case "oldest" -> SearchOrder.OLDEST;
            case "score" -> SearchOrder.SCORE;
            default ->
                    throw RefusedException.invalid(
                            "order",
                            "'%s' is not allowed, newest, oldest and score are"
                                    .formatted(order.orElseThrow()));
        };
    }

    /// As the setting of Kafka's consumers, but committed records are the default here.
    static IsolationLevel isolation(Call call) throws RefusedException {
        Optional<String> isolation = call.text("isolation");
        return switch (isolation.orElse("read_committed")) {
            case "read_committed" -> IsolationLevel.READ_COMMITTED;
            case "read_uncommitted" -> IsolationLevel.READ_UNCOMMITTED;
            default ->
                    throw RefusedException.invalid(
                            "isolation",
                            "'%s' is not allowed, read_committed and read_uncommitted are"
                                    .formatted(isolation.orElseThrow()));
        };
    }

    /// Partitions as `0`, `0,3` or repeated.
    private static Set<Integer> partitions(Call call) throws RefusedException {
        Set<Integer> partitions = new HashSet<>();
        for (String value : call.all("partition")) {
            for (String one : value.split(",", -1)) {
                partitions.add((int) Call.parse("partition", one, 0, Integer.MAX_VALUE));
            }
        }
        return partitions;
    }

    private static Map<Integer, Long> minOffsets(Call call) throws RefusedException {
        Map<Integer, Long> offsets = new HashMap<>();
        for (String value : call.all("min_offset")) {
            int colon = value.indexOf(':');
            if (colon < 0) {
                throw RefusedException.invalid(
                        "min_offset",
                        "'%s' is not allowed, PARTITION:OFFSET such as 0:42 is".formatted(value));
            }
            int partition =
                    (int) Call.parse("min_offset", value.substring(0, colon), 0, Integer.MAX_VALUE);
            long offset = Call.parse("min_offset", value.substring(colon + 1), 0, Long.MAX_VALUE);
            offsets.merge(partition, offset, Math::max);
        }
        return offsets;
    }

    static Duration timeout(Call call) throws RefusedException {
        OptionalInt ms = call.small("timeout_ms", 0, (int) SearchService.MAX_TIMEOUT.toMillis());
        return ms.isEmpty() ? SearchRequest.DEFAULT_TIMEOUT : Duration.ofMillis(ms.getAsInt());
    }
}
