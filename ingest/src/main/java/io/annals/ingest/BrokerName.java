package io.annals.ingest;

import java.util.Optional;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/// The name by which admin requests mean this broker: its id.
final class BrokerName {
    private BrokerName() {}

    /// Why the name does not stand for this broker, in Kafka's words; empty if it does.
    static Optional<ApiError> refusal(String name, String nodeId) {
        if (name.equals(nodeId)) {
            return Optional.empty();
        }
        String reason =
                name.matches("-?[0-9]{1,10}")
                        ? "Unexpected broker id, expected %s, but received %s"
                                .formatted(nodeId, name)
                        : "Node id must be an integer, but it is: " + name;
        return Optional.of(new ApiError(Errors.INVALID_REQUEST, reason));
    }
}
