package io.annals.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.annals.query.http.Answer;
import io.annals.query.http.Call;
import io.annals.wal.WalListener;
import io.annals.wal.WalUsage;
import io.annals.wal.WriteAheadLog;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/// Whether a node works and whether it serves, with the reasons if it does not. Thread-safe.
final class NodeHealth {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int OK = 200;
    private static final int UNAVAILABLE = 503;
    private static final int LARGE_BATCH_BYTES = 1 << 20; // 1 MiB, Kafka's default bound
    private static final String MEDIA_TYPE = "application/json; charset=utf-8";

    private final List<Supplier<Optional<String>>> checks = new CopyOnWriteArrayList<>();
    private final List<Supplier<List<String>>> warnings = new CopyOnWriteArrayList<>();
    private volatile State state = State.STARTING;

    /// Adds a check: empty if all is well, else the reason why the node does not serve fully.
    void check(Supplier<Optional<String>> check) {
        checks.add(check);
    }

    /// Not ready while the hot tier has no room for a large batch, or for good once a shard failed.
    void watch(WriteAheadLog wal) {
        check(() -> fullness(wal.usage()));
        wal.addListener(
                new WalListener() {
                    @Override
                    public void shardFailed(int shard, String message) {
                        String reason =
                                "WAL shard %d takes no writes until a restart: %s"
                                        .formatted(shard, message);
                        check(() -> Optional.of(reason));
                    }
                });
    }

    /// What does not fit is refused: the bound itself is hardly ever reached.
    static Optional<String> fullness(WalUsage usage) {
        return usage.maxBytes() - usage.usedBytes() >= LARGE_BATCH_BYTES
                ? Optional.empty()
                : Optional.of(
                        "hot tier is full: %d of %d bytes"
                                .formatted(usage.usedBytes(), usage.maxBytes()));
    }

    /// Adds something that an operator should look at though the node serves.
    void warn(Supplier<List<String>> warning) {
        warnings.add(warning);
    }

    void serving() {
        state = State.SERVING;
    }

    void stopping() {
        state = State.STOPPING;
    }

    List<String> reasons() {
        return switch (state) {
            case STARTING -> List.of("starting");
            case STOPPING -> List.of("stopping");
            case SERVING -> checks.stream().flatMap(check -> check.get().stream()).toList();
        };
    }

    /// `GET /health/live`: 200 as long as anybody answers.
    Answer live(Call call) {
        return answer(OK, JSON.createObjectNode().put("status", "live"));
    }

    /// `GET /health/ready`: 503 with reasons if the node should get no traffic.
    Answer ready(Call call) {
        List<String> reasons = reasons();
        ObjectNode body = JSON.createObjectNode();
        body.put("status", reasons.isEmpty() ? "ready" : "not ready");
        put(body, "reasons", reasons);
        put(body, "warnings", warnings.stream().flatMap(one -> one.get().stream()).toList());
        return answer(reasons.isEmpty() ? OK : UNAVAILABLE, body);
    }

    private static void put(ObjectNode body, String name, List<String> lines) {
        if (!lines.isEmpty()) {
            ArrayNode list = body.putArray(name);
            lines.forEach(list::add);
        }
    }

    private static Answer answer(int status, ObjectNode body) {
        try {
            return new Answer(status, MEDIA_TYPE, JSON.writeValueAsBytes(body));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("text and arrays of text are always JSON", e);
        }
    }

    private enum State {
        STARTING,
        SERVING,
        STOPPING
    }
}
