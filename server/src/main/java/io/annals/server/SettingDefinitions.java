package io.annals.server;

import static org.apache.kafka.common.config.ConfigDef.Range.atLeast;
import static org.apache.kafka.common.config.ConfigDef.Range.between;

import java.util.Locale;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.ValidString;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.jspecify.annotations.Nullable;

/// Every setting of the server: its name, type, default, bounds and meaning.
///
/// Kafka's names where Kafka has the setting, ours start with `annals.`. `docs/configuration.md` is
/// generated from here.
public final class SettingDefinitions {
    static final String DATA_DIR = "annals.data.dir";
    static final String LISTENERS = "listeners";
    static final String ADVERTISED_LISTENERS = "advertised.listeners";
    static final String NODE_ID = "node.id";
    static final String MAX_CONNECTIONS = "max.connections";
    static final String MAX_CONNECTIONS_PER_IP = "max.connections.per.ip";
    static final String CONNECTIONS_MAX_IDLE_MS = "connections.max.idle.ms";
    static final String SOCKET_REQUEST_MAX_BYTES = "socket.request.max.bytes";
    static final String QUEUED_MAX_REQUEST_BYTES = "queued.max.request.bytes";
    static final String NUM_NETWORK_THREADS = "num.network.threads";
    static final String FETCH_MAX_BYTES = "fetch.max.bytes";
    static final String HTTP_HOST = "annals.http.host";
    static final String HTTP_PORT = "annals.http.port";

    static final String AUTO_CREATE_TOPICS = "auto.create.topics.enable";
    static final String NUM_PARTITIONS = "num.partitions";
    static final String MESSAGE_MAX_BYTES = "message.max.bytes";
    static final String TIMESTAMP_TYPE = "log.message.timestamp.type";

    static final String WAL_SHARDS = "annals.wal.shards";
    static final String SEGMENT_BYTES = "log.segment.bytes";
    static final String ROLL_MS = "log.roll.ms";
    static final String WAL_MAX_BYTES = "annals.wal.max.bytes";
    static final String FSYNC = "annals.wal.fsync";
    static final String FSYNC_BATCH_BYTES = "annals.wal.fsync.batch.bytes";
    static final String FSYNC_BATCH_MS = "annals.wal.fsync.batch.ms";
    static final String FLUSH_INTERVAL_MS = "log.flush.interval.ms";

    static final String LOG_LEVEL = "annals.log.level";
    static final String LOG_FORMAT = "annals.log.format";

    /// Where the command line looks for a server, too.
    public static final int DEFAULT_HTTP_PORT = 8090;

    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;
    private static final long GIB = 1024 * MIB;
    private static final String ENVIRONMENT_PREFIX = "ANNALS_";

    private final ConfigDef definitions = new ConfigDef();
    private String section = "";
    private int orderInSection;

    private SettingDefinitions() {}

    /// All settings, grouped by section, in the order of the reference.
    public static ConfigDef all() {
        SettingDefinitions builder = new SettingDefinitions();
        builder.placeAndListeners();
        builder.connectionBounds();
        builder.http();
        builder.topics();
        builder.hotTier();
        builder.durability();
        builder.logging();
        return builder.definitions;
    }

    /// The environment variable of a setting: upper case, dots as underscores, `ANNALS_` in front
    /// once.
    public static String environmentVariable(String setting) {
        String name = setting.toUpperCase(Locale.ROOT).replace('.', '_');
        return name.startsWith(ENVIRONMENT_PREFIX) ? name : ENVIRONMENT_PREFIX + name;
    }

    private void placeAndListeners() {
        section = "Place and listeners";
        define(
                DATA_DIR,
                ConfigDef.Type.STRING,
                "data",
                new ConfigDef.NonEmptyString(),
                """
                Folder of everything the node keeps: `wal` (hot tier), `archive` (object store). \
                Locked while a server runs on it.\
                """);
        define(
                LISTENERS,
                ConfigDef.Type.STRING,
                "PLAINTEXT://127.0.0.1:9092",
                new ListenerValidator(false),
                """
                Address that Kafka clients connect to, as `PLAINTEXT://HOST:PORT`; port 0 picks a \
                free one. There is no authentication yet, so the default is reachable from this \
                machine only.\
                """);
        define(
                ADVERTISED_LISTENERS,
                ConfigDef.Type.STRING,
                "",
                new ListenerValidator(true),
                """
                Address that clients are told to connect to, if it is not the one of `listeners`.\
                """);
        define(
                NODE_ID,
                ConfigDef.Type.INT,
                1,
                atLeast(0),
                "Number of this node, as clients see it.");
    }

    private void connectionBounds() {
        section = "Connection bounds";
        define(
                MAX_CONNECTIONS,
                ConfigDef.Type.INT,
                10_000,
                atLeast(1),
                """
                Kafka connections at one time; more are closed at once.\
                """);
        define(
                MAX_CONNECTIONS_PER_IP,
                ConfigDef.Type.INT,
                10_000,
                atLeast(1),
                """
                Kafka connections at one time from one address.\
                """);
        define(
                CONNECTIONS_MAX_IDLE_MS,
                ConfigDef.Type.LONG,
                600_000L,
                atLeast(1_000),
                """
                A connection that sends nothing for this long is closed.\
                """);
        define(
                SOCKET_REQUEST_MAX_BYTES,
                ConfigDef.Type.INT,
                (int) (100 * MIB),
                between(64 * KIB, 256 * MIB),
                """
                Largest Kafka request; a larger one closes its connection.\
                """);
        define(
                QUEUED_MAX_REQUEST_BYTES,
                ConfigDef.Type.LONG,
                256 * MIB,
                atLeast(MIB),
                """
                Bytes of requests being worked on, all connections together; above it reading \
                from sockets pauses.\
                """);
        define(
                FETCH_MAX_BYTES,
                ConfigDef.Type.INT,
                (int) (55 * MIB),
                atLeast(1024),
                """
                Most record bytes in one fetch response, whatever the client asks for (one batch \
                is always sent whole).\
                """);
    }

    private void http() {
        section = "HTTP API";
        define(
                HTTP_HOST,
                ConfigDef.Type.STRING,
                "127.0.0.1",
                new ConfigDef.NonEmptyString(),
                """
                Address that the HTTP API listens on.\
                """);
        define(
                HTTP_PORT,
                ConfigDef.Type.INT,
                DEFAULT_HTTP_PORT,
                between(0, 65_535),
                """
                Port of the HTTP API; 0 picks a free one.\
                """);
    }

    private void topics() {
        section = "Topics";
        define(
                AUTO_CREATE_TOPICS,
                ConfigDef.Type.BOOLEAN,
                true,
                null,
                """
                Create a topic when a client first asks for it.\
                """);
        define(
                NUM_PARTITIONS,
                ConfigDef.Type.INT,
                1,
                between(1, 10_000),
                """
                Partitions of a topic that is created without a number.\
                """);
        define(
                MESSAGE_MAX_BYTES,
                ConfigDef.Type.INT,
                1_048_588,
                between(1024, 100 * MIB),
                """
                Largest record batch, as compressed by the producer. Per topic: `max.message.bytes`.\
                """);
        define(
                TIMESTAMP_TYPE,
                ConfigDef.Type.STRING,
                "CreateTime",
                ValidString.in("CreateTime", "LogAppendTime"),
                """
                Whether a record keeps its producer's timestamp or gets the time of its append. \
                Per topic: `message.timestamp.type`.\
                """);
    }

    private void hotTier() {
        section = "Hot tier (write-ahead log)";
        define(
                WAL_SHARDS,
                ConfigDef.Type.INT,
                1,
                between(1, 64),
                """
                Logs that are written side by side, each by one thread; a partition lives in \
                exactly one. Cannot change while the log holds records.\
                """);
        define(
                SEGMENT_BYTES,
                ConfigDef.Type.LONG,
                256 * MIB,
                between(MIB, 1920 * MIB),
                """
                A WAL segment is sealed, and archived at once, when it reaches this size.\
                """);
        define(
                ROLL_MS,
                ConfigDef.Type.LONG,
                30_000L,
                atLeast(100),
                """
                A WAL segment that holds records is sealed when its first one is this old.\
                """);
        define(
                WAL_MAX_BYTES,
                ConfigDef.Type.LONG,
                8 * GIB,
                atLeast(4 * MIB),
                """
                Bound of the hot tier. If archiving does not keep up, producers are slowed and \
                at this size refused with a retriable error; nothing is dropped.\
                """);
    }

    private void durability() {
        section = "Durability";
        define(
                FSYNC,
                ConfigDef.Type.STRING,
                "always",
                ValidString.in("always", "batch", "periodic"),
                """
                When a record counts as written: `always` after an fsync that covers it \
                (concurrent requests share one), `batch` after an fsync that waits for bytes or \
                milliseconds, `periodic` before the fsync (as Kafka does; a crash of the machine \
                can lose acknowledged records).\
                """);
        define(
                FSYNC_BATCH_BYTES,
                ConfigDef.Type.LONG,
                MIB,
                atLeast(1),
                """
                `batch`: fsync when this many bytes wait.\
                """);
        define(
                FSYNC_BATCH_MS,
                ConfigDef.Type.LONG,
                10L,
                between(1, 10_000),
                """
                `batch`: fsync when the oldest waiting request is this old.\
                """);
        define(
                FLUSH_INTERVAL_MS,
                ConfigDef.Type.LONG,
                1_000L,
                between(1, 600_000),
                """
                `periodic`: at most this long between two fsyncs.\
                """);
    }

    private void logging() {
        section = "Logging";
        define(
                LOG_LEVEL,
                ConfigDef.Type.STRING,
                "info",
                ValidString.in("error", "warn", "info", "debug", "trace"),
                """
                Least level that is logged, to stderr.\
                """);
        define(
                LOG_FORMAT,
                ConfigDef.Type.STRING,
                "plain",
                ValidString.in("plain", "json"),
                """
                `plain` for people, `json` for one JSON object per line.\
                """);
    }

    private void define(
            String name,
            ConfigDef.Type type,
            Object defaultValue,
            @Nullable Validator validator,
            String documentation) {
        definitions.define(
                name,
                type,
                defaultValue,
                validator,
                Importance.MEDIUM,
                documentation,
                section,
                orderInSection++,
                ConfigDef.Width.MEDIUM,
                name);
    }
}
