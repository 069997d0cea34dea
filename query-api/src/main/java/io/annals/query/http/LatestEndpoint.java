package io.annals.query.http;

import io.annals.query.LatestValues;
import io.annals.query.LatestValues.Latest;
import io.annals.query.RefusedException;
import io.annals.query.RefusedException.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;

/// `GET /v1/topics/{topic}/latest`. Thread-safe.
final class LatestEndpoint implements Endpoint {
    static final String ROUTE = "/v1/topics/{topic}/latest";

    private static final Set<String> PARAMETERS =
            Set.of("key", "key_base64", "as_of", "isolation", "timeout_ms");

    private final LatestValues latestValues;

    LatestEndpoint(LatestValues latestValues) {
        this.latestValues = latestValues;
    }

    @Override
    public Answer answer(Call call) throws Exception {
        call.allow(PARAMETERS);
        Latest latest =
                latestValues
                        .latest(
                                call.part("topic"),
                                key(call),
                                call.time("as_of"),
                                SearchEndpoint.isolation(call),
                                SearchEndpoint.timeout(call))
                        .orElseThrow(() ->
                                new RefusedException(
                                        Reason.UNKNOWN_KEY,
                                        "key",
                                        "no record of topic '%s' has this key"
                                                .formatted(call.part("topic"))));
        return Answer.json(
                Json.bytes(json -> {
                    json.writeStartObject();
                    Json.writePlace(json, latest.topic(), latest.partition());
                    Json.writeRecordFields(json, latest.record());
                    json.writeBooleanField("deleted", latest.record().value() == null);
                    json.writeEndObject();
                }));
    }

    private static byte[] key(Call call) throws RefusedException {
        Optional<String> text = call.text("key");
        Optional<String> base64 = call.text("key_base64");
        if (text.isPresent() == base64.isPresent()) {
            throw RefusedException.invalid(
                    "key", "exactly one of key (UTF-8 text) and key_base64 (bytes) must be given");
        }
        if (text.isPresent()) {
            return text.get().getBytes(StandardCharsets.UTF_8);
        }
        try {
            String standard = base64.orElseThrow().replace('-', '+').replace('_', '/');
            return Base64.getDecoder().decode(standard);
        } catch (IllegalArgumentException _) {
            throw RefusedException.invalid("key_base64", "not base64");
        }
    }
}
