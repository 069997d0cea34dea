package io.annals.ingest;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.jspecify.annotations.Nullable;

/// The brokers that a client assigns to a partition by hand: there is only one to choose.
final class BrokerAssignment {
    private BrokerAssignment() {}

    /// What is wrong with it, in Kafka's words; empty if it is this broker.
    static Optional<ApiError> refusal(List<Integer> brokers, int nodeId) {
        if (brokers.isEmpty()) {
            return refuse("The manual partition assignment includes an empty replica list.");
        }
        Set<Integer> seen = new HashSet<>();
        for (int broker : brokers.stream().sorted().toList()) {
            if (broker != nodeId) {
                return refuse(
                        "The manual partition assignment includes broker %d, but no such broker is registered."
                                .formatted(broker));
            }
            if (!seen.add(broker)) {
                return refuse(
                        "The manual partition assignment includes the broker %d more than once."
                                .formatted(broker));
            }
        }
        return Optional.empty();
    }

    /// What comes of moving a partition to these brokers: nothing, if it is there already.
    ///
    /// @param brokers null to cancel a reassignment
    static ApiError reassignment(@Nullable List<Integer> brokers, int nodeId) {
        return brokers == null
                ? new ApiError(
                        Errors.NO_REASSIGNMENT_IN_PROGRESS,
                        Errors.NO_REASSIGNMENT_IN_PROGRESS.message())
                : refusal(brokers, nodeId).orElse(ApiError.NONE);
    }

    private static Optional<ApiError> refuse(String message) {
        return Optional.of(new ApiError(Errors.INVALID_REPLICA_ASSIGNMENT, message));
    }
}
