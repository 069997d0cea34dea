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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
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
    private final List<Bound> bound = new ArrayList<>();
    private final ServerState state;
    private final Set<Channel> open = ConcurrentHashMap.newKeySet();
    private final Map<InetAddress, Integer> openPerAddress = new ConcurrentHashMap<>();

    private volatile ConnectionLimits connectionLimits;

    private record Bound(Listener listener, Channel channel) {

        int port() {
            return ((InetSocketAddress) channel.localAddress()).getPort();
        }

        HostAndPort advertised() {
            return listener.advertise(port());
        }
    }

    private KafkaServer(
            KafkaServerConfig config,
            List<? extends RequestHandler<?>> handlers,
            FrontDoorListener listener)
            throws IOException {
        connectionLimits = config.limits().connections();
        RequestHandlers registered = new RequestHandlers(handlers, config.identity());
        boolean epoll = Epoll.isAvailable();
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        acceptor = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("kafka-accept"), io);
        workers =
                new MultiThreadIoEventLoopGroup(
                        config.ioThreads(), new DefaultThreadFactory("kafka-io"), io);
        state =
                new ServerState(
                        config,
                        registered,
                        listener,
                        new ByteBudget(config.limits().maxRequestBytesTotal()));
        for (Listener one : config.listeners()) {
            bound.add(new Bound(one, bind(one, epoll)));
        }
        // Accepting begins here, when every listener is bound.
        for (Bound one : bound) {
            one.channel().config().setAutoRead(true);
            log.info(
                    "kafka listener {} on {}, advertised as {} ({})",
                    one.listener().name(),
                    one.channel().localAddress(),
                    one.advertised(),
                    epoll ? "epoll" : "nio");
        }
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

    private Channel bind(Listener listener, boolean epoll) throws IOException {
        Class<? extends ServerChannel> type =
                epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        int writeBufferBytes = state.config().limits().writeBufferBytes();
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
                                        accept(channel, listener);
                                    }
                                });
        HostAndPort address = listener.bind();
        var bind =
                address.host().isEmpty()
                        ? bootstrap.bind(address.port())
                        : bootstrap.bind(address.host(), address.port());
        bind.awaitUninterruptibly();
        if (!bind.isSuccess()) {
            bound.forEach(other -> other.channel().close().awaitUninterruptibly());
            stopEventLoops();
            throw new IOException("cannot listen on " + address, bind.cause());
        }
        return bind.channel();
    }

    private void accept(Channel channel, Listener listener) {
        FrontDoorLimits limits = state.config().limits();
        InetAddress address = ((InetSocketAddress) channel.remoteAddress()).getAddress();
        if (open.size() >= connectionLimits.most() || !enter(address)) {
            state.listener().connectionRefused();
            channel.close();
            return;
        }
        open.add(channel);
        state.listener().connectionOpened();
        channel.closeFuture()
                .addListener(_ -> {
                    open.remove(channel);
                    openPerAddress.computeIfPresent(
                            address, (_, count) -> count == 1 ? null : count - 1);
                    state.listener().connectionClosed();
                });
        int port = ((InetSocketAddress) channel.localAddress()).getPort();
        Connection connection = new Connection(state, listener.advertise(port));
        FrameReader reader = new FrameReader(limits, state.budget(), connection);
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

    /// Counts a connection of this address.
    ///
    /// @return false if it has too many
    private boolean enter(InetAddress address) {
        int most = connectionLimits.mostPerAddress();
        boolean[] entered = new boolean[1];
        openPerAddress.compute(
                address,
                (_, present) -> {
                    int count = present == null ? 0 : present;
                    entered[0] = count < most;
                    if (entered[0]) {
                        return count + 1;
                    }
                    return present;
                });
        return entered[0];
    }

    /// Holds to these limits from now on; connections above them that there are stay.
    public void limit(ConnectionLimits limits) {
        connectionLimits = limits;
    }

    /// The port its first listener is bound to.
    public int port() {
        return bound.getFirst().port();
    }

    /// What clients of its first listener are told to connect to.
    public HostAndPort advertised() {
        return bound.getFirst().advertised();
    }

    /// What clients are told to connect to, by listener name.
    public Map<String, HostAndPort> addresses() {
        return bound.stream()
                .collect(Collectors.toMap(one -> one.listener().name(), Bound::advertised));
    }

    /// Request bytes that are held in memory at the moment, all connections.
    public long heldRequestBytes() {
        return state.budget().reservedBytes();
    }

    /// Stops accepting, answers the requests that have arrived within a short grace, then closes
    /// every connection.
    @Override
    public void close() {
        bound.forEach(one -> one.channel().close().awaitUninterruptibly());
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
