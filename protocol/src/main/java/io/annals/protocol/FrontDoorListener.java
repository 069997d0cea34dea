package io.annals.protocol;

import org.apache.kafka.common.protocol.ApiKeys;

/// Hears what happens at the front door; where metrics hook in. Called on event loops: return at
/// once, never block, never throw.
public interface FrontDoorListener {

    FrontDoorListener NONE = new FrontDoorListener() {};

    default void connectionOpened() {}

    default void connectionClosed() {}

    /// A connection was turned away because of the connection limit.
    default void connectionRefused() {}

    /// A connection's client has said what it is; once for a connection.
    default void clientIdentified(ClientSoftware software) {}

    /// The connection of a client that had said what it is was closed.
    default void clientGone(ClientSoftware software) {}

    /// A connection is being closed because of what it sent, or did not send.
    default void protocolViolation(Violation violation) {}

    /// A request was answered (or needed no answer).
    default void requestDone(RequestDone done) {}

    enum Violation {
        FRAME_TOO_LARGE,
        UNDECODABLE,
        UNSUPPORTED,
        STALLED,
        TOO_SLOW
    }

    /// @param requestBytes the frame, without its length field
    /// @param responseBytes with its length field, 0 if there was none
    /// @param latencyNanos from the start of handling until the response was handed to the socket
    /// @param failed the handler failed; what it answered as a protocol outcome does not count
    record RequestDone(
            ApiKeys apiKey,
            short apiVersion,
            int requestBytes,
            long responseBytes,
            long latencyNanos,
            boolean failed) {}
}
