package io.annals.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.UncheckedBooleanSupplier;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Cuts the byte stream of one connection into request frames (`length i32 | length bytes`).
///
/// Small frames are slices of the buffer the socket was read into. A frame that does not fit gets a
/// direct buffer of exactly its size, and the socket is then read straight *into* that buffer: the
/// receive allocator hands out its unwritten rest. So the bytes of a large Produce request are
/// written once by the kernel and never copied by us.
///
/// Confined to the connection's event loop. A frame is handed over only while the sink accepts;
/// otherwise reading from the socket stops, which is the backpressure a client feels.
final class FrameReader extends ChannelInboundHandlerAdapter {
    private static final int LENGTH_BYTES = 4;
    private static final RecvByteBufAllocator SIZING = new AdaptiveRecvByteBufAllocator();

    /// Smallest legal frame: api key, version and correlation id of the oldest request header.
    private static final int SMALLEST_FRAME_BYTES = 8;

    /// A rest smaller than this is copied from the next read instead of being read on its own.
    private static final int DIRECT_READ_BYTES = 16 << 10; // 16 KiB

    /// Takes frames; on the event loop.
    interface Sink {
        /// Whether the next frame may be handed over now.
        boolean accepts(int frameBytes);

        /// The sink owns the buffer and the frame's reservation in the budget.
        void frame(ByteBuf frame);

        /// The stream makes no sense from here on.
        void badLength(int frameBytes);

        /// A frame has begun and did not arrive in its time.
        void tooSlow(int frameBytes);
    }

    private final FrontDoorLimits limits;
    private final ByteBudget budget;
    private final Sink sink;

    private @Nullable ByteBuf received;
    private @Nullable ByteBuf frame;

    /// Ends the connection if `frame` is not complete by then.
    private @Nullable Future<?> deadline;

    /// Whether what the channel reads next lands in `frame`; decided anew before every read.
    private boolean landing;

    private boolean reserved;
    private boolean waitingForBudget;
    private boolean inDrain;
    private boolean done;

    FrameReader(FrontDoorLimits limits, ByteBudget budget, Sink sink) {
        this.limits = limits;
        this.budget = budget;
        this.sink = sink;
    }

    /// Where the channel must read into.
    RecvByteBufAllocator receiveAllocator() {
        return () -> new Landing((RecvByteBufAllocator.ExtendedHandle) SIZING.newHandle());
    }

    /// Whether a frame has begun to arrive and is not complete.
    boolean isMidFrame() {
        return frame != null || (received != null && received.isReadable() && !waitingForBudget);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        if (done) {
            bytes.release();
            return;
        }
        if (frame != null && landing) {
            frame.writerIndex(frame.writerIndex() + bytes.readableBytes());
            bytes.release();
            landing = false;
        } else {
            received =
                    received == null
                            ? bytes
                            : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(
                                    context.alloc(), received, bytes);
        }
        drain(context);
    }

    /// Hands over what is complete, as far as the sink accepts, then reads on or stops reading.
    void drain(ChannelHandlerContext context) {
        if (inDrain) { // the sink answered at once and asks for more: the loop below goes on
            return;
        }
        inDrain = true;
        boolean accepting;
        do {
            accepting = step(context);
        } while (accepting && !done && hasProgress());
        inDrain = false;
        ByteBuf rest = received;
        if (rest != null && !rest.isReadable()) {
            rest.release();
            received = null;
        }
        context.channel().config().setAutoRead(accepting && !done);
    }

    private boolean hasProgress() {
        if (frame != null) {
            return !frame.isWritable() || (received != null && received.isReadable());
        }
        return received != null && received.readableBytes() >= LENGTH_BYTES;
    }

    /// @return false if the sink or the budget says stop
    private boolean step(ChannelHandlerContext context) {
        ByteBuf filling = frame;
        ByteBuf bytes = received;
        if (filling != null) {
            if (bytes != null) {
                bytes.readBytes(filling, Math.min(bytes.readableBytes(), filling.writableBytes()));
            }
            if (!filling.isWritable()) {
                frame = null;
                hand(filling);
            }
            return true;
        }
        if (bytes == null || bytes.readableBytes() < LENGTH_BYTES) {
            return true;
        }
        int frameBytes = bytes.getInt(bytes.readerIndex());
        if (frameBytes < SMALLEST_FRAME_BYTES || frameBytes > limits.maxRequestBytes()) {
            done = true;
            sink.badLength(frameBytes);
            return false;
        }
        if (!sink.accepts(frameBytes) || !reserve(context, frameBytes)) {
            return false;
        }
        bytes.skipBytes(LENGTH_BYTES);
        if (bytes.readableBytes() >= frameBytes) {
            hand(bytes.readRetainedSlice(frameBytes));
        } else {
            frame = context.alloc().directBuffer(frameBytes, frameBytes);
            deadline =
                    context.executor()
                            .schedule(
                                    () -> sink.tooSlow(frameBytes),
                                    limits.timeFor(frameBytes).toMillis(),
                                    TimeUnit.MILLISECONDS);
        }
        return true;
    }

    private void hand(ByteBuf complete) {
        reserved = false;
        cancelDeadline();
        sink.frame(complete);
    }

    private void cancelDeadline() {
        Future<?> running = deadline;
        if (running != null) {
            running.cancel(false);
            deadline = null;
        }
    }

    private boolean reserve(ChannelHandlerContext context, int frameBytes) {
        if (waitingForBudget) {
            return false;
        }
        Runnable retry =
                () ->
                        context.executor()
                                .execute(() -> {
                                    waitingForBudget = false;
                                    if (!done) {
                                        drain(context);
                                    }
                                });
        reserved = budget.tryReserve(frameBytes, retry);
        waitingForBudget = !reserved;
        return reserved;
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        done = true;
        cancelDeadline();
        if (received != null) {
            received.release();
            received = null;
        }
        if (frame != null) {
            if (reserved) {
                budget.release(frame.capacity());
            }
            frame.release();
            frame = null;
        }
    }

    /// Netty's adaptive sizing, except that a large unfinished frame is read in place.
    private final class Landing extends RecvByteBufAllocator.DelegatingHandle
            implements RecvByteBufAllocator.ExtendedHandle {

        Landing(RecvByteBufAllocator.ExtendedHandle sizing) {
            super(sizing);
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            ByteBuf filling = frame;
            landing = filling != null && filling.writableBytes() >= DIRECT_READ_BYTES;
            return filling != null && landing
                    ? filling.retainedSlice(filling.writerIndex(), filling.writableBytes()).clear()
                    : super.allocate(allocator);
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
            return ((RecvByteBufAllocator.ExtendedHandle) delegate())
                    .continueReading(maybeMoreData);
        }
    }
}
