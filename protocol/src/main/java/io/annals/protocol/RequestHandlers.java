package io.annals.protocol;

import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.protocol.ApiKeys;

/// The handlers of one server, by API key, ApiVersions included. Immutable.
final class RequestHandlers {
    private final Map<ApiKeys, RequestHandler<?>> byKey = new EnumMap<>(ApiKeys.class);
    private final ApiVersionsHandler apiVersions;

    RequestHandlers(List<? extends RequestHandler<?>> handlers, Optional<BrokerIdentity> identity) {
        apiVersions = new ApiVersionsHandler(this, identity);
        add(apiVersions);
        handlers.forEach(this::add);
    }

    private void add(RequestHandler<?> handler) {
        if (handler.oldestVersion() < handler.apiKey().oldestVersion()
                || handler.latestVersion() > handler.apiKey().latestVersion(false)) {
            throw new IllegalArgumentException(
                    "%s %d to %d is more than the codec can parse"
                            .formatted(
                                    handler.apiKey(),
                                    handler.oldestVersion(),
                                    handler.latestVersion()));
        }
        if (byKey.put(handler.apiKey(), handler) != null) {
            throw new IllegalArgumentException("two handlers for " + handler.apiKey());
        }
    }

    /// The handler that serves this version, empty if none does.
    Optional<RequestHandler<?>> serving(ApiKeys apiKey, short version) {
        RequestHandler<?> handler = byKey.get(apiKey);
        return handler != null
                        && version >= handler.oldestVersion()
                        && version <= handler.latestVersion()
                ? Optional.of(handler)
                : Optional.empty();
    }

    boolean serves(ApiKeys apiKey) {
        return byKey.containsKey(apiKey);
    }

    ApiVersionsHandler apiVersions() {
        return apiVersions;
    }

    /// In API key order.
    Collection<RequestHandler<?>> all() {
        return byKey.values();
    }
}
