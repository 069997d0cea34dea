package io.annals.protocol;

import io.netty.buffer.ByteBuf;
import java.util.Optional;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.RequestHeader;
import org.jspecify.annotations.Nullable;

/// One request and its answer, from decoding until the response is handed to the socket.
final class Exchange {
    final RequestHeader header;
    final short responseVersion;
    final int requestBytes;
    final long startedNanos;

    private @Nullable ByteBuf frame;
    private @Nullable Outcome outcome;

    /// @param close the connection ends here: there is no answer that fits the request
    record Outcome(Optional<ApiMessage> response, boolean failed, boolean close) {

        /// How long the client is told to wait; 0 if it is not.
        int throttleTimeMs() {
            return switch (response.orElse(null)) {
                case ProduceResponseData produce -> produce.throttleTimeMs();
                case FetchResponseData fetch -> fetch.throttleTimeMs();
                case null, default -> 0;
            };
        }
    }

    Exchange(RequestHeader header, short responseVersion, ByteBuf frame, long startedNanos) {
        this.header = header;
        this.responseVersion = responseVersion;
        this.requestBytes = frame.readableBytes();
        this.frame = frame;
        this.startedNanos = startedNanos;
    }

    /// The handler is done: its request's bytes may go.
    void releaseFrame() {
        if (frame != null) {
            frame.release();
            frame = null;
        }
    }

    void complete(Outcome result) {
        outcome = result;
    }

    FrontDoorListener.RequestDone done(long responseBytes, boolean failed) {
        return new FrontDoorListener.RequestDone(
                header.apiKey(),
                header.apiVersion(),
                requestBytes,
                responseBytes,
                System.nanoTime() - startedNanos,
                failed);
    }

    @Nullable Outcome outcome() {
        return outcome;
    }
}
