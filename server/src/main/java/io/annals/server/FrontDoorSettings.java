package io.annals.server;

import static io.annals.server.SettingDefinitions.KIB;
import static io.annals.server.SettingDefinitions.MIB;

import io.annals.ingest.BrokerConfigs;
import io.annals.protocol.BrokerIdentity;
import io.annals.protocol.ConnectionLimits;
import io.annals.protocol.FrontDoorLimits;
import io.annals.protocol.HostAndPort;
import io.annals.protocol.KafkaServerConfig;
import io.annals.protocol.Listener;
import io.annals.query.FetchSessions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.common.config.ConfigDef;

/// Settings of where a node keeps its data and listens, and of its Kafka connections.
final class FrontDoorSettings {
    static final String DATA_DIR = "annals.data.dir";
    static final String LISTENERS = "listeners";
    static final String ADVERTISED_LISTENERS = "advertised.listeners";
    static final String LISTENER_PROTOCOLS = "listener.security.protocol.map";
    private static final String NODE_ID = "node.id";
    private static final String MAX_CONNECTIONS = "max.connections";
    private static final String MAX_CONNECTIONS_PER_IP = "max.connections.per.ip";

    /// Those that clients may change while the server runs.
    static final Set<String> DYNAMIC = Set.of(MAX_CONNECTIONS, MAX_CONNECTIONS_PER_IP);

    private static final String CONNECTIONS_MAX_IDLE_MS = "connections.max.idle.ms";
    private static final String CONNECTIONS_MAX_STALL_MS = "annals.connections.max.stall.ms";
    private static final String CONNECTIONS_MIN_RATE = "annals.connections.min.bytes.per.second";
    private static final String SOCKET_REQUEST_MAX_BYTES = "socket.request.max.bytes";
    private static final String QUEUED_MAX_REQUEST_BYTES = "queued.max.request.bytes";
    private static final String NUM_NETWORK_THREADS = "num.network.threads";
    private static final String FETCH_MAX_BYTES = "fetch.max.bytes";
    private static final String FETCH_SESSIONS = "max.incremental.fetch.session.cache.slots";
    private static final String FETCH_SESSION_PARTITIONS = "annals.fetch.session.max.partitions";
    private static final String HTTP_HOST = "annals.http.host";
    static final String HTTP_PORT = "annals.http.port";

    private FrontDoorSettings() {}

    static void define(SettingDefinitions definitions) {
        definePlace(definitions);
        defineConnections(definitions);
    }

    private static void definePlace(SettingDefinitions definitions) {
        definitions.section("Place and listeners");
        definitions.text(
                DATA_DIR,
                "data",
                new ConfigDef.NonEmptyString(),
                "Folder of everything the node keeps: `wal` (hot tier), `archive` (object store),"
                        + " `live` (index of the hot tail). Locked while a server runs on it.");
        definitions.text(
                LISTENERS,
                "PLAINTEXT://127.0.0.1:9092",
                new ListenerValidator(false),
                "Addresses that Kafka clients connect to; port 0 picks a free one, no host means all"
                        + " interfaces. There is no authentication yet, so the default is reachable"
                        + " from this machine only.");
        definitions.text(
                ADVERTISED_LISTENERS,
                "",
                new ListenerValidator(true),
                "Addresses that clients are told to connect to, by listener name, where they are not"
                        + " those of `listeners`. A client is told the one of the listener it came in"
                        + " on. Needed when that is a wildcard such as 0.0.0.0.");
        definitions.text(
                LISTENER_PROTOCOLS,
                ListenerRules.DEFAULT_PROTOCOLS,
                new ListenerRules.ProtocolMap(),
                "Protocol of each listener name, for other names than PLAINTEXT.");
        definitions.integer(
                NODE_ID, 1, 0, Integer.MAX_VALUE, "Number of this node, as clients see it.");
        definitions.text(
                HTTP_HOST,
                "127.0.0.1",
                new ConfigDef.NonEmptyString(),
                "Address that the HTTP API listens on; like the Kafka listener it knows no"
                        + " authentication yet.");
        definitions.integer(
                HTTP_PORT,
                SettingDefinitions.DEFAULT_HTTP_PORT,
                0,
                65_535,
                "Port of the HTTP API; 0 picks a free one.");
    }

    private static void defineConnections(SettingDefinitions definitions) {
        definitions.section("Kafka connections");
        definitions.integer(
                MAX_CONNECTIONS,
                10_000,
                1,
                1_000_000,
                "Connections at one time; more are closed at once.");
        definitions.integer(
                MAX_CONNECTIONS_PER_IP,
                10_000,
                1,
                1_000_000,
                "Connections at one time from one client address.");
        definitions.number(
                CONNECTIONS_MAX_IDLE_MS,
                600_000,
                1_000,
                Long.MAX_VALUE,
                "A connection without traffic for this long is closed.");
        definitions.number(
                CONNECTIONS_MAX_STALL_MS,
                30_000,
                1_000,
                Long.MAX_VALUE,
                "A connection that sends half a request and then nothing for this long is closed.");
        definitions.integer(
                CONNECTIONS_MIN_RATE,
                64 * KIB,
                1,
                Integer.MAX_VALUE,
                "A request that has begun must be complete when it would be at this rate, and the"
                        + " stall time is over; otherwise its connection is closed.");
        definitions.integer(
                SOCKET_REQUEST_MAX_BYTES,
                100 * MIB,
                64 * KIB,
                256 * MIB,
                "Largest request; a larger one closes its connection.");
        definitions.number(
                QUEUED_MAX_REQUEST_BYTES,
                256 * MIB,
                MIB,
                Long.MAX_VALUE,
                "Bytes of requests held in memory, all connections together; above it reading from"
                        + " sockets pauses.");
        definitions.integer(
                FETCH_MAX_BYTES,
                55 * MIB,
                1024,
                1024 * MIB,
                "Most record bytes in one fetch response, whatever the client asks for (the first"
                        + " batch is always sent whole).");
        definitions.integer(
                FETCH_SESSIONS,
                1_000,
                0,
                1_000_000,
                "Fetch sessions that are remembered; clients without one name all their partitions"
                        + " in each request.");
        definitions.integer(
                FETCH_SESSION_PARTITIONS,
                500_000,
                0,
                Integer.MAX_VALUE,
                "Partitions of all fetch sessions together.");
        definitions.integer(
                NUM_NETWORK_THREADS, 2, 1, 64, "Threads that move bytes from and to sockets.");
    }

    static KafkaServerConfig of(Settings settings, String clusterId) {
        FrontDoorLimits defaults = FrontDoorLimits.DEFAULTS;
        return new KafkaServerConfig(
                listeners(settings),
                settings.integer(NUM_NETWORK_THREADS),
                new FrontDoorLimits(
                        settings.integer(SOCKET_REQUEST_MAX_BYTES),
                        new ConnectionLimits(
                                settings.integer(MAX_CONNECTIONS),
                                settings.integer(MAX_CONNECTIONS_PER_IP)),
                        defaults.maxRequestsPerConnection(),
                        defaults.maxRequestBytesPerConnection(),
                        settings.number(QUEUED_MAX_REQUEST_BYTES),
                        settings.millis(CONNECTIONS_MAX_IDLE_MS),
                        settings.millis(CONNECTIONS_MAX_STALL_MS),
                        settings.integer(CONNECTIONS_MIN_RATE),
                        defaults.writeBufferBytes()),
                Optional.of(new BrokerIdentity(clusterId, nodeId(settings))));
    }

    /// As clients may have changed them since.
    static ConnectionLimits connections(Settings settings, BrokerConfigs configs) {
        return new ConnectionLimits(
                configs.integer(MAX_CONNECTIONS, settings.integer(MAX_CONNECTIONS)),
                configs.integer(MAX_CONNECTIONS_PER_IP, settings.integer(MAX_CONNECTIONS_PER_IP)));
    }

    static List<Listener> listeners(Settings settings) {
        return new ListenerRules(
                        settings.text(LISTENERS),
                        settings.text(ADVERTISED_LISTENERS),
                        settings.text(LISTENER_PROTOCOLS))
                .listeners();
    }

    /// As the operator wrote them.
    static String listenersText(Settings settings) {
        return settings.text(LISTENERS);
    }

    static HostAndPort httpListener(Settings settings) {
        return new HostAndPort(settings.text(HTTP_HOST), settings.integer(HTTP_PORT));
    }

    static int nodeId(Settings settings) {
        return settings.integer(NODE_ID);
    }

    static int fetchMaxBytes(Settings settings) {
        return settings.integer(FETCH_MAX_BYTES);
    }

    static FetchSessions.Limits fetchSessions(Settings settings) {
        return new FetchSessions.Limits(
                settings.integer(FETCH_SESSIONS), settings.integer(FETCH_SESSION_PARTITIONS));
    }
}
