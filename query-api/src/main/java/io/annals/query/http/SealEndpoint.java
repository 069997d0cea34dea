package io.annals.query.http;

import io.annals.query.RefusedException;
import io.annals.query.RefusedException.Reason;
import io.annals.registry.Registry;
import java.util.Set;
import java.util.concurrent.Semaphore;

/// `POST /v1/admin/seal`. Thread-safe; one at a time.
final class SealEndpoint implements Endpoint {
    static final String ROUTE = "/v1/admin/seal";

    private final Sealer sealer;
    private final Registry registry;
    private final Semaphore turn = new Semaphore(1);

    SealEndpoint(Sealer sealer, Registry registry) {
        this.sealer = sealer;
        this.registry = registry;
    }

    @Override
    public Answer answer(Call call) throws Exception {
        call.allow(Set.of());
        if (!turn.tryAcquire()) {
            throw new RefusedException(
                    Reason.TOO_BUSY, "", "another request is sealing; one at a time is allowed");
        }
        long start = System.nanoTime();
        try {
            sealer.sealAndArchive();
        } finally {
            turn.release();
        }
        long tookMs = (System.nanoTime() - start) / 1_000_000;
        return Answer.json(
                Json.bytes(json -> {
                    json.writeStartObject();
                    json.writeNumberField("generation", registry.snapshot().generation());
                    json.writeNumberField("took_ms", tookMs);
                    json.writeEndObject();
                }));
    }
}
