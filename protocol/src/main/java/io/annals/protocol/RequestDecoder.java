package io.annals.protocol;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestHeader;

/// Turns a frame into a request that refers to the frame's bytes. Never throws: what cannot be
/// decoded is an outcome.
final class RequestDecoder {

    sealed interface Decoded {}

    /// @param handler takes requests of exactly this request's type
    record Request(RequestHeader header, RequestHandler<?> handler, AbstractRequest request)
            implements Decoded {}

    /// ApiVersions in a version from the future: the one request that is answered all the same.
    record FutureApiVersions(RequestHeader header) implements Decoded {}

    record Refused(FrontDoorListener.Violation violation, String reason) implements Decoded {}

    private RequestDecoder() {}

    static Decoded decode(ByteBuf frame, RequestHandlers handlers) {
        ByteBuffer bytes = frame.nioBuffer();
        try {
            RequestHeader header = RequestHeader.parse(bytes);
            ApiKeys apiKey = header.apiKey();
            Optional<RequestHandler<?>> handler = handlers.serving(apiKey, header.apiVersion());
            if (handler.isEmpty()) {
                return apiKey == ApiKeys.API_VERSIONS
                        ? new FutureApiVersions(header)
                        : new Refused(
                                FrontDoorListener.Violation.UNSUPPORTED,
                                "%s version %d is not served"
                                        .formatted(apiKey, header.apiVersion()));
            }
            AbstractRequest request =
                    AbstractRequest.parseRequest(
                                    apiKey, header.apiVersion(), new ByteBufferAccessor(bytes))
                            .request;
            return new Request(header, handler.get(), request);
        } catch (Throwable thrown) {
            // The generated parser trusts its input: out of bounds, negative sizes, out of memory
            // and more come out of it. All of them are the sender's fault, and only the sender's.
            return new Refused(FrontDoorListener.Violation.UNDECODABLE, thrown.toString());
        }
    }
}
