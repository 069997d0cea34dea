package io.annals.server;

import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractRequest;

/// What a read replica does not do: answers with `POLICY_VIOLATION`, which no client tries again,
/// and a message that says where to go instead.
final class RefusedRequests {
    static final String MESSAGE =
            "This server is a read replica (annals.replica=true): it serves what another server"
                    + " archived. Produce, commit and administer there.";

    /// All others may change something, or need the members of a group.
    private static final Set<ApiKeys> READING =
            EnumSet.of(
                    ApiKeys.METADATA,
                    ApiKeys.DESCRIBE_CLUSTER,
                    ApiKeys.DESCRIBE_CONFIGS,
                    ApiKeys.DESCRIBE_LOG_DIRS,
                    ApiKeys.DESCRIBE_PRODUCERS,
                    ApiKeys.DESCRIBE_QUORUM,
                    ApiKeys.DESCRIBE_TOPIC_PARTITIONS,
                    ApiKeys.LIST_CONFIG_RESOURCES,
                    ApiKeys.LIST_PARTITION_REASSIGNMENTS);

    private RefusedRequests() {}

    /// The same handlers, where they may change something replaced by a refusal.
    ///
    /// @param instead take the place of those with the same key
    static List<RequestHandler<?>> of(
            List<RequestHandler<?>> handlers, List<RequestHandler<?>> instead) {
        Set<ApiKeys> replaced = EnumSet.noneOf(ApiKeys.class);
        instead.forEach(handler -> replaced.add(handler.apiKey()));
        List<RequestHandler<?>> result = new ArrayList<>(instead);
        for (RequestHandler<?> handler : handlers) {
            if (!replaced.contains(handler.apiKey())) {
                result.add(READING.contains(handler.apiKey()) ? handler : new Refused<>(handler));
            }
        }
        return result;
    }

    private record Refused<R extends AbstractRequest>(RequestHandler<R> served)
            implements RequestHandler<R> {
        @Override
        public ApiKeys apiKey() {
            return served.apiKey();
        }

        @Override
        public Class<R> requestType() {
            return served.requestType();
        }

        @Override
        public short oldestVersion() {
            return served.oldestVersion();
        }

        @Override
        public short latestVersion() {
            return served.latestVersion();
        }

        @Override
        public CompletableFuture<Optional<ApiMessage>> handle(R request, RequestContext context) {
            return CompletableFuture.failedFuture(new PolicyViolationException(MESSAGE));
        }
    }
}
