package io.annals.protocol;

import io.annals.protocol.FrontDoorListener.Violation;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleState;
import io.netty.handler.timeout.IdleStateEvent;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client connection: starts its requests in order, writes their responses in order.
///
/// ```
/// frames -> waiting --start--> running --handler done--> answered --in order--> socket
/// ```
///
/// A request starts when everything before it is answered, as in Kafka, so that a client sees its
/// own effects. Produce requests alone overlap: they may start while only Produce requests run,
/// which lets one fsync cover many of them; the log keeps their order.
///
/// What has arrived when the client closes is done all the same, without an answer: a member says
/// that it leaves behind a request that still waits, records come that nobody shall acknowledge.
///
/// Nothing starts while the socket does not take responses, or while the client is throttled. What
/// waits is bounded by [FrontDoorLimits]; beyond that [FrameReader] stops reading.
///
/// A long file, because it is one state machine: whatever happens to a connection (frames, answers,
/// writability, throttling, shutdown) asks and changes the same few fields.
///
/// Confined to the connection's event loop, except [#finish], which handlers' threads call.
final class Connection extends ChannelInboundHandlerAdapter implements FrameReader.Sink {
    private static final Logger log = LoggerFactory.getLogger(Connection.class);

    private final ServerState server;
    private final HostAndPort advertised;
    private final FrontDoorLimits limits;
    private final FrontDoorListener listener;
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final Queue<ByteBuf> waiting = new ArrayDeque<>();
    private final ArrayDeque<Exchange> running = new ArrayDeque<>();

    private @Nullable ChannelHandlerContext context;
    private @Nullable ResponseWriter responses;
    private @Nullable FrameReader reader;
    private @Nullable ClientSoftware software;
    private long heldBytes;
    private int runningProduces;
    private boolean throttled;
    private boolean draining;

    /// The client closed; nobody takes an answer.
    private boolean gone;

    /// Nothing starts or counts any more.
    private boolean ended;

    private boolean starting;

    /// @param advertised what clients of this connection's listener are told to connect to
    Connection(ServerState server, HostAndPort advertised) {
        this.server = server;
        this.advertised = advertised;
        this.limits = server.config().limits();
        this.listener = server.listener();
    }

    void reader(FrameReader frameReader) {
        reader = frameReader;
    }

    // Frames in.

    @Override
    public boolean accepts(int frameBytes) {
        int held = waiting.size() + running.size();
        if (draining) {
            return false;
        }
        return held == 0
                || gone
                || (held < limits.maxRequestsPerConnection()
                        && heldBytes + frameBytes <= limits.maxRequestBytesPerConnection());
    }

    @Override
    public void frame(ByteBuf frame) {
        heldBytes += frame.readableBytes();
        waiting.add(frame);
        startWaiting();
    }

    @Override
    public void badLength(int frameBytes) {
        violated(
                Violation.FRAME_TOO_LARGE,
                "a frame of %d bytes, allowed are up to %d"
                        .formatted(frameBytes, limits.maxRequestBytes()));
        drainAndClose();
    }

    @Override
    public void tooSlow(int frameBytes) {
        if (ended || draining) {
            return;
        }
        violated(
                Violation.TOO_SLOW,
                "a request of %d bytes was not complete after %s"
                        .formatted(frameBytes, limits.timeFor(frameBytes)));
        closeAfterWrites();
    }

    // Requests start.

    private void startWaiting() {
        if (starting) {
            return;
        }
        starting = true;
        ByteBuf next;
        while (!ended && (next = waiting.peek()) != null && mayStart(next)) {
            waiting.remove();
            start(next);
        }
        starting = false;
    }

    private boolean mayStart(ByteBuf next) {
        if (!gone && (throttled || !context().channel().isWritable())) {
            return false;
        }
        return running.isEmpty() || (runningProduces == running.size() && isProduce(next));
    }

    private static boolean isProduce(ByteBuf frame) {
        return frame.getShort(frame.readerIndex()) == ApiKeys.PRODUCE.id;
    }

    private void start(ByteBuf frame) {
        long now = System.nanoTime();
        switch (RequestDecoder.decode(frame, server.handlers())) {
            case RequestDecoder.Request decoded -> {
                RequestHeader header = decoded.header();
                Exchange exchange = new Exchange(header, header.apiVersion(), frame, now);
                begin(exchange);
                identify(decoded.request());
                HandlerCall.of(
                                decoded.handler(),
                                decoded.request(),
                                requestContext(exchange),
                                context().channel())
                        .thenAccept(outcome -> finish(exchange, outcome));
            }
            case RequestDecoder.FutureApiVersions(RequestHeader header) -> {
                Exchange exchange = new Exchange(header, (short) 0, frame, now);
                begin(exchange);
                ApiMessage answer = server.handlers().apiVersions().unsupportedVersion();
                finish(exchange, new Exchange.Outcome(Optional.of(answer), false, false));
            }
            case RequestDecoder.Refused(Violation violation, String reason) -> {
                violated(violation, reason);
                drop(frame);
                waiting.forEach(this::drop);
                waiting.clear();
                drainAndClose();
            }
        }
    }

    /// Takes note of what the client says it is, the first time.
    private void identify(AbstractRequest request) {
        if (software == null) {
            ClientSoftware.toldBy(request)
                    .ifPresent(told -> {
                        software = told;
                        listener.clientIdentified(told);
                    });
        }
    }

    private void begin(Exchange exchange) {
        running.add(exchange);
        if (exchange.header.apiKey() == ApiKeys.PRODUCE) {
            runningProduces++;
        }
    }

    private RequestContext requestContext(Exchange exchange) {
        InetSocketAddress client = (InetSocketAddress) context().channel().remoteAddress();
        return new RequestContext(
                context().channel().id().asShortText(),
                client.getAddress(),
                Optional.ofNullable(exchange.header.clientId()),
                exchange.header.apiVersion(),
                advertised,
                closed,
                context().executor());
    }

    // Requests finish, on any thread.

    private void finish(Exchange exchange, Exchange.Outcome outcome) {
        if (context().executor().inEventLoop()) {
            finished(exchange, outcome);
            return;
        }
        try {
            context().executor().execute(() -> finished(exchange, outcome));
        } catch (RejectedExecutionException _) { // the server has shut down
            exchange.releaseFrame();
            outcome.response().ifPresent(RecordSlices::releaseAll);
        }
    }

    private void finished(Exchange exchange, Exchange.Outcome outcome) {
        exchange.releaseFrame();
        letGo(exchange.requestBytes);
        if (ended) {
            outcome.response().ifPresent(RecordSlices::releaseAll);
            return;
        }
        exchange.complete(outcome);
        answerInOrder();
        startWaiting();
        readOn();
    }

    private void drop(ByteBuf frame) {
        letGo(frame.readableBytes());
        frame.release();
    }

    private void letGo(int requestBytes) {
        heldBytes -= requestBytes;
        server.budget().release(requestBytes);
    }

    private void readOn() {
        if (!ended && !gone) {
            takeIn();
        }
    }

    private void takeIn() {
        if (reader != null) {
            reader.drain(context().pipeline().context(reader));
        }
    }

    // Responses out.

    private void answerInOrder() {
        Exchange head;
        while (!ended && (head = running.peek()) != null) {
            Exchange.Outcome outcome = head.outcome();
            if (outcome == null) {
                return;
            }
            running.remove();
            if (head.header.apiKey() == ApiKeys.PRODUCE) {
                runningProduces--;
            }
            answer(head, outcome);
        }
        if (draining && running.isEmpty() && waiting.isEmpty()) {
            closeAfterWrites();
        }
    }

    private void answer(Exchange exchange, Exchange.Outcome outcome) {
        if (gone) {
            outcome.response().ifPresent(RecordSlices::releaseAll);
            listener.requestDone(exchange.done(0, outcome.failed()));
            return;
        }
        long responseBytes = 0;
        if (outcome.response().isPresent()) {
            ApiMessage message = outcome.response().get();
            try {
                responseBytes = responses().write(exchange, message);
            } catch (Throwable thrown) {
                RecordSlices.releaseAll(message);
                log.atError()
                        .setCause(thrown)
                        .log("cannot encode the response to {}", exchange.header);
                closeAfterWrites();
                return;
            }
            throttle(outcome.throttleTimeMs());
        }
        listener.requestDone(exchange.done(responseBytes, outcome.failed()));
        if (outcome.close()) {
            closeAfterWrites();
        }
    }

    /// The client was told to wait; whether or not it does, nothing of it is started until then
    /// (KIP-219).
    private void throttle(int throttleTimeMs) {
        if (throttleTimeMs <= 0 || throttled) {
            return;
        }
        throttled = true;
        context()
                .executor()
                .schedule(
                        () -> {
                            throttled = false;
                            startWaiting();
                            readOn();
                        },
                        throttleTimeMs,
                        TimeUnit.MILLISECONDS);
    }

    // The life of the connection.

    @Override
    public void handlerAdded(ChannelHandlerContext handlerContext) {
        context = handlerContext;
        responses = new ResponseWriter(handlerContext);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext handlerContext) {
        if (handlerContext.channel().isWritable()) {
            startWaiting();
            readOn();
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext handlerContext, Object event) {
        FrameReader frames = reader;
        if (!(event instanceof IdleStateEvent idle) || frames == null) {
            return;
        }
        boolean isWanted = handlerContext.channel().config().isAutoRead();
        if (idle.state() == IdleState.READER_IDLE && isWanted && frames.isMidFrame()) {
            violated(Violation.STALLED, "half a request, then nothing");
            closeAfterWrites();
        } else if (idle.state() == IdleState.ALL_IDLE && running.isEmpty()) {
            handlerContext.close();
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext handlerContext) {
        if (ended) {
            return;
        }
        leave();
        takeIn();
        startWaiting();
    }

    private void leave() {
        if (gone) {
            return;
        }
        gone = true;
        closed.complete(null);
        if (software != null) {
            listener.clientGone(software);
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext handlerContext, Throwable cause) {
        if (cause instanceof IOException) {
            log.debug("connection {} failed: {}", handlerContext.channel(), cause.toString());
        } else {
            log.atWarn().setCause(cause).log("connection {} failed", handlerContext.channel());
        }
        handlerContext.close();
    }

    /// Answers what has arrived, then closes; long polls end at once. On the event loop.
    void drainAndClose() {
        draining = true;
        closed.complete(null);
        context().channel().config().setAutoRead(false);
        if (running.isEmpty() && waiting.isEmpty()) {
            closeAfterWrites();
        }
    }

    private void violated(Violation violation, String reason) {
        log.info("closing {}: {}: {}", context().channel(), violation, reason);
        listener.protocolViolation(violation);
    }

    /// Ends the connection once the responses written so far are out; what runs goes unanswered.
    private void closeAfterWrites() {
        if (ended) {
            return;
        }
        end();
        context().writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(_ -> context().close());
    }

    private void end() {
        if (ended) {
            return;
        }
        ended = true;
        waiting.forEach(this::drop);
        waiting.clear();
        for (Exchange exchange : running) {
            Exchange.Outcome outcome = exchange.outcome();
            if (outcome != null) {
                outcome.response().ifPresent(RecordSlices::releaseAll);
            }
        }
        running.clear();
        leave();
    }

    private ChannelHandlerContext context() {
        if (context == null) {
            throw new IllegalStateException("not in a pipeline");
        }
        return context;
    }

    private ResponseWriter responses() {
        if (responses == null) {
            throw new IllegalStateException("not in a pipeline");
        }
        return responses;
    }
}
