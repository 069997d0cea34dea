package io.annals.ingest;

import io.annals.registry.TopicMetadata;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;

/// What became of a change to a topic.
public sealed interface TopicOutcome {

    /// The topic as it is (or would be, if only validated) after the change.
    record Done(TopicMetadata topic) implements TopicOutcome {}

    /// Nothing was changed.
    record Refused(ApiError error) implements TopicOutcome {

        static Refused because(Errors error, String message) {
            return new Refused(new ApiError(error, message));
        }
    }

    /// No error if it was done.
    default ApiError error() {
        return switch (this) {
            case Done _ -> ApiError.NONE;
            case Refused refused -> refused.error();
        };
    }
}
