package io.annals.protocol;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import org.apache.kafka.common.protocol.ApiMessage;

/// Encodes one connection's responses and writes them to its socket. Confined to the connection's
/// event loop.
final class ResponseWriter {
    private final ChannelHandlerContext context;
    private boolean flushScheduled;

    ResponseWriter(ChannelHandlerContext context) {
        this.context = context;
    }

    /// Record slices are released when they are written. If it throws, nothing was written and they
    /// are the caller's.
    ///
    /// @return how many bytes the response has
    long write(Exchange exchange, ApiMessage message) {
        ResponseEncoder.Encoded encoded =
                ResponseEncoder.encode(
                        context.alloc(),
                        exchange.header.apiKey(),
                        exchange.responseVersion,
                        exchange.header.correlationId(),
                        message);
        int last = encoded.buffers().size() - 1;
        for (int i = 0; i < last; i++) {
            context.write(encoded.buffers().get(i), context.voidPromise());
        }
        ChannelPromise written = context.newPromise();
        if (!encoded.slices().isEmpty()) {
            written.addListener(_ -> encoded.releaseSlices());
        }
        context.write(encoded.buffers().get(last), written);
        scheduleFlush();
        return encoded.sizeBytes();
    }

    /// One flush for all responses that are ready by the time it runs.
    private void scheduleFlush() {
        if (!flushScheduled) {
            flushScheduled = true;
            context.executor()
                    .execute(() -> {
                        flushScheduled = false;
                        context.flush();
                    });
        }
    }
}
