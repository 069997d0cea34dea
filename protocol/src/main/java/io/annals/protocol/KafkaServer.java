package io.annals.protocol;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens for Kafka clients and hands their requests to handlers, one per API key.
///
/// Runs from [#start] until [#close]. Thread-safe.
public final class KafkaServer implements Closeable {
    private static final Logger log = LoggerFactory.getLogger(KafkaServer.class);
    private static final Duration CLOSE_GRACE = Duration.ofSeconds(2);
    private static final int BACKLOG = 1024;

    private final EventLoopGroup acceptor;
    private final EventLoopGroup workers;
    private final Channel listening;
    private final ServerState state;
    private final Set<Channel> open = ConcurrentHashMap.newKeySet();

    private KafkaServer(
            KafkaServerConfig config,
            List<? extends RequestHandler<?>> handlers,
            FrontDoorListener listener)
            throws IOException {
        RequestHandlers registered = new RequestHandlers(handlers);
        boolean epoll = Epoll.isAvailable();
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        acceptor = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("kafka-accept"), io);
        workers =
                new MultiThreadIoEventLoopGroup(
                        config.ioThreads(), new DefaultThreadFactory("kafka-io"), io);
        listening = bind(config, epoll);
        state =
                new ServerState(
                        config,
                        registered,
                        listener,
                        new ByteBudget(config.limits().maxRequestBytesTotal()),
                        config.advertise(port()));
        // Accepting begins here, when there is a state to accept with.
        listening.config().setAutoRead(true);
        log.info("kafka listens on {} ({})", listening.localAddress(), epoll ? "epoll" : "nio");
    }

    /// Binds and serves.
    ///
    /// @param handlers one per API key; what is not in the list is not advertised
    /// @throws IOException if the address cannot be bound
    public static KafkaServer start(
            KafkaServerConfig config,
            List<? extends RequestHandler<?>> handlers,
            FrontDoorListener listener)
            throws IOException {
        return new KafkaServer(config, handlers, listener);
    }

    private Channel bind(KafkaServerConfig config, boolean epoll) throws IOException {
        Class<? extends ServerChannel> type =
                epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        int writeBufferBytes = config.limits().writeBufferBytes();
        ServerBootstrap bootstrap =
                new ServerBootstrap()
                        .group(acceptor, workers)
                        .channel(type)
                        .option(ChannelOption.SO_REUSEADDR, true)
                        .option(ChannelOption.SO_BACKLOG, BACKLOG)
                        .option(ChannelOption.AUTO_READ, false)
                        .childOption(ChannelOption.TCP_NODELAY, true)
                        .childOption(ChannelOption.SO_KEEPALIVE, true)
                        .childOption(
                                ChannelOption.WRITE_BUFFER_WATER_MARK,
                                new WriteBufferWaterMark(writeBufferBytes / 2, writeBufferBytes))
                        .childHandler(
                                new ChannelInitializer<Channel>() {
                                    @Override
                                    protected void initChannel(Channel channel) {
                                        accept(channel);
                                    }
                                });
        HostAndPort address = config.bind();
        var bound = bootstrap.bind(address.host(), address.port()).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            stopEventLoops();
            throw new IOException("cannot listen on " + address, bound.cause());
        }
        return bound.channel();
    }

    private void accept(Channel channel) {
        FrontDoorLimits limits = state.config().limits();
        if (open.size() >= limits.maxConnections()
                || fromSameAddress(channel) >= limits.maxConnectionsPerAddress()) {
            state.listener().connectionRefused();
            channel.close();
            return;
        }
        open.add(channel);
        state.listener().connectionOpened();
        channel.closeFuture()
                .addListener(_ -> {
                    open.remove(channel);
                    state.listener().connectionClosed();
                });
        Connection connection = new Connection(state);
        FrameReader reader = new FrameReader(limits.maxRequestBytes(), state.budget(), connection);
        connection.reader(reader);
        channel.config().setRecvByteBufAllocator(reader.receiveAllocator());
        channel.pipeline()
                .addLast(
                        new IdleStateHandler(
                                limits.stallTimeout().toMillis(),
                                0,
                                limits.idleTimeout().toMillis(),
                                TimeUnit.MILLISECONDS),
                        reader,
                        connection);
    }

    private long fromSameAddress(Channel channel) {
        if (state.config().limits().maxConnectionsPerAddress()
                >= state.config().limits().maxConnections()) {
            return 0; // cannot be what binds: save the count
        }
        InetAddress address = ((InetSocketAddress) channel.remoteAddress()).getAddress();
        return open.stream()
                .map(Channel::remoteAddress)
                .filter(other ->
                        other instanceof InetSocketAddress inet
                                && inet.getAddress().equals(address))
                .count();
    }

    /// The port it listens on.
    public int port() {
        return ((InetSocketAddress) listening.localAddress()).getPort();
    }

    /// What clients are told to connect to.
    public HostAndPort advertised() {
        return state.advertised();
    }

    /// Request bytes that are held in memory at the moment, all connections.
    public long heldRequestBytes() {
        return state.budget().reservedBytes();
    }

    /// Stops accepting, answers the requests that have arrived within a short grace, then closes
    /// every connection.
    @Override
    public void close() {
        listening.close().awaitUninterruptibly();
        for (Channel channel : open) {
            channel.eventLoop().execute(() -> drainAndClose(channel));
        }
        long deadline = System.nanoTime() + CLOSE_GRACE.toNanos();
        for (Channel channel : open) {
            channel.closeFuture()
                    .awaitUninterruptibly(
                            Math.max(1, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        }
        open.forEach(channel -> channel.close().awaitUninterruptibly());
        stopEventLoops();
    }

    private static void drainAndClose(Channel channel) {
        Connection connection = channel.pipeline().get(Connection.class);
        if (connection != null) { // a closed channel has lost its handlers
            connection.drainAndClose();
        }
    }

    private void stopEventLoops() {
        acceptor.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
        workers.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
