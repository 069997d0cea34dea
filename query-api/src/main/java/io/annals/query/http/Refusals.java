package io.annals.query.http;

import io.annals.query.RefusedException;
import io.annals.query.RefusedException.Reason;

/// Refusals that several routes share.
final class Refusals {
    private Refusals() {}

    static RefusedException unknownTopic(String name) {
        return new RefusedException(
                Reason.UNKNOWN_TOPIC, "topic", "there is no topic '%s'".formatted(name));
    }
}
