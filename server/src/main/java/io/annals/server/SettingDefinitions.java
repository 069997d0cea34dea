package io.annals.server;

import io.annals.ingest.group.GroupSettings;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Validator;

/// Every setting of the server: its name, type, default, bounds and meaning.
///
/// Kafka's names where Kafka has the setting, ours start with `annals.`. `docs/configuration.md` is
/// generated from here.
public final class SettingDefinitions {
    static final String DATA_DIR = "annals.data.dir";
    static final String LISTENERS = "listeners";
    static final String ADVERTISED_LISTENERS = "advertised.listeners";
    static final String LISTENER_PROTOCOLS = "listener.security.protocol.map";
    static final String NODE_ID = "node.id";
    static final String MAX_CONNECTIONS = "max.connections";
    static final String MAX_CONNECTIONS_PER_IP = "max.connections.per.ip";
    static final String CONNECTIONS_MAX_IDLE_MS = "connections.max.idle.ms";
    static final String CONNECTIONS_MAX_STALL_MS = "annals.connections.max.stall.ms";
    static final String CONNECTIONS_MIN_RATE = "annals.connections.min.bytes.per.second";
    static final String SOCKET_REQUEST_MAX_BYTES = "socket.request.max.bytes";
    static final String QUEUED_MAX_REQUEST_BYTES = "queued.max.request.bytes";
    static final String NUM_NETWORK_THREADS = "num.network.threads";
    static final String FETCH_MAX_BYTES = "fetch.max.bytes";
    static final String FETCH_SESSIONS = "max.incremental.fetch.session.cache.slots";
    static final String FETCH_SESSION_PARTITIONS = "annals.fetch.session.max.partitions";
    static final String HTTP_HOST = "annals.http.host";
    static final String HTTP_PORT = "annals.http.port";

    static final String HTTP_MAX_REQUESTS = "annals.http.max.requests";
    static final String HTTP_MAX_CONNECTIONS = "annals.http.max.connections";

    static final String AUTO_CREATE_TOPICS = "auto.create.topics.enable";
    static final String NUM_PARTITIONS = "num.partitions";
    static final String OFFSETS_PARTITIONS = "offsets.topic.num.partitions";
    static final String TRANSACTION_STATE_PARTITIONS = "transaction.state.log.num.partitions";
    static final String MESSAGE_MAX_BYTES = "message.max.bytes";
    static final String TIMESTAMP_TYPE = "log.message.timestamp.type";

    static final String TIMESTAMP_BEFORE_MAX_MS = "log.message.timestamp.before.max.ms";
    static final String TIMESTAMP_AFTER_MAX_MS = "log.message.timestamp.after.max.ms";
    static final String DECOMPRESSED_MAX_BYTES = "annals.batch.max.decompressed.bytes";

    static final String WAL_SHARDS = "annals.wal.shards";
    static final String SEGMENT_BYTES = "log.segment.bytes";
    static final String ROLL_MS = "log.roll.ms";
    static final String WAL_MAX_BYTES = "annals.wal.max.bytes";
    static final String THROTTLE_FROM = "annals.wal.throttle.from";
    static final String THROTTLE_MAX_MS = "annals.wal.throttle.max.ms";
    static final String FSYNC = "annals.wal.fsync";
    static final String FSYNC_BATCH_BYTES = "annals.wal.fsync.batch.bytes";
    static final String FSYNC_BATCH_MS = "annals.wal.fsync.batch.ms";
    static final String FLUSH_INTERVAL_MS = "log.flush.interval.ms";

    static final String ARCHIVE_INTERVAL_MS = "annals.archive.interval.ms";
    static final String ARCHIVE_THREADS = "annals.archive.threads";
    static final String INDEX_RAM_BYTES = "annals.index.ram.bytes";
    static final String UPKEEP_INTERVAL_MS = "log.cleaner.backoff.ms";
    static final String COMPACTION_KEY_BYTES = "log.cleaner.dedupe.buffer.size";
    static final String RETENTION_INTERVAL_MS = "log.retention.check.interval.ms";
    static final String RETENTION_MS = "log.retention.ms";
    static final String RETENTION_BYTES = "log.retention.bytes";
    static final String MERGE_FACTOR = "annals.merge.factor";
    static final String MERGE_TARGET_BYTES = "annals.merge.target.bytes";
    static final String SWEEP_INTERVAL_MS = "annals.sweep.interval.ms";
    static final String SWEEP_GRACE_MS = "annals.sweep.grace.ms";
    static final String REGISTRY_HISTORY_MS = "annals.registry.history.ms";
    static final String ARCHIVE_READS = "annals.archive.read.parallelism";
    static final String TAIL_CACHE_BYTES = "annals.archive.cache.tail.bytes";
    static final String CHUNK_CACHE_BYTES = "annals.archive.cache.chunk.bytes";
    static final String LIVE_THREADS = "annals.live.threads";
    static final String LIVE_REFRESH_MS = "annals.live.refresh.ms";
    static final String LIVE_RAM_BYTES = "annals.live.ram.bytes";
    static final String SEARCH_READERS = "annals.search.readers";
    static final String SEARCH_PARALLELISM = "annals.search.parallelism";
    static final String SEARCH_MAX_PAGE_BYTES = "annals.search.max.page.bytes";

    static final String LOG_LEVEL = "annals.log.level";
    static final String LOG_FORMAT = "annals.log.format";

    /// Where the command line looks for a server, too.
    public static final int DEFAULT_HTTP_PORT = 8080;

    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;
    private static final long GIB = 1024 * MIB;

    /// What every reader of batches can unpack: no larger batch may ever be accepted.
    static final int LARGEST_BATCH_BYTES = 128 * 1024 * 1024; // 128 MiB

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
        builder.topics();
        builder.internalTopics();
        builder.include("Consumer groups", GroupSettings.definitions().values());
        builder.section = "Transactions";
        TransactionSettings.define(builder);
        builder.hotTier();
        builder.durability();
        builder.archiving();
        builder.include("Archive store", ArchiveStoreSettings.definitions().configKeys().values());
        builder.upkeep();
        builder.searching();
        QueryTopicSettings.define(builder);
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
        text(
                DATA_DIR,
                "data",
                new ConfigDef.NonEmptyString(),
                "Folder of everything the node keeps: `wal` (hot tier), `archive` (object store),"
                        + " `live` (index of the hot tail). Locked while a server runs on it.");
        text(
                LISTENERS,
                "PLAINTEXT://127.0.0.1:9092",
                new ListenerValidator(false),
                "Addresses that Kafka clients connect to; port 0 picks a free one, no host means all"
                        + " interfaces. There is no authentication yet, so the default is reachable"
                        + " from this machine only.");
        text(
                ADVERTISED_LISTENERS,
                "",
                new ListenerValidator(true),
                "Addresses that clients are told to connect to, by listener name, where they are not"
                        + " those of `listeners`. A client is told the one of the listener it came in"
                        + " on. Needed when that is a wildcard such as 0.0.0.0.");
        text(
                LISTENER_PROTOCOLS,
                ListenerRules.DEFAULT_PROTOCOLS,
                new ListenerRules.ProtocolMap(),
                "Protocol of each listener name, for other names than PLAINTEXT.");
        integer(NODE_ID, 1, 0, Integer.MAX_VALUE, "Number of this node, as clients see it.");
        text(
                HTTP_HOST,
                "127.0.0.1",
                new ConfigDef.NonEmptyString(),
                "Address that the HTTP API listens on; like the Kafka listener it knows no"
                        + " authentication yet.");
        integer(
                HTTP_PORT,
                DEFAULT_HTTP_PORT,
                0,
                65_535,
                "Port of the HTTP API; 0 picks a free one.");
    }

    private void connectionBounds() {
        section = "Kafka connections";
        integer(
                MAX_CONNECTIONS,
                10_000,
                1,
                1_000_000,
                "Connections at one time; more are closed at once.");
        integer(
                MAX_CONNECTIONS_PER_IP,
                10_000,
                1,
                1_000_000,
                "Connections at one time from one client address.");
        number(
                CONNECTIONS_MAX_IDLE_MS,
                600_000,
                1_000,
                Long.MAX_VALUE,
                "A connection without traffic for this long is closed.");
        number(
                CONNECTIONS_MAX_STALL_MS,
                30_000,
                1_000,
                Long.MAX_VALUE,
                "A connection that sends half a request and then nothing for this long is closed.");
        integer(
                CONNECTIONS_MIN_RATE,
                64 * KIB,
                1,
                Integer.MAX_VALUE,
                "A request that has begun must be complete when it would be at this rate, and the"
                        + " stall time is over; otherwise its connection is closed.");
        integer(
                SOCKET_REQUEST_MAX_BYTES,
                100 * MIB,
                64 * KIB,
                256 * MIB,
                "Largest request; a larger one closes its connection.");
        number(
                QUEUED_MAX_REQUEST_BYTES,
                256 * MIB,
                MIB,
                Long.MAX_VALUE,
                "Bytes of requests held in memory, all connections together; above it reading from"
                        + " sockets pauses.");
        integer(
                FETCH_MAX_BYTES,
                55 * MIB,
                1024,
                1024 * MIB,
                "Most record bytes in one fetch response, whatever the client asks for (the first"
                        + " batch is always sent whole).");
        integer(
                FETCH_SESSIONS,
                1_000,
                0,
                1_000_000,
                "Fetch sessions that are remembered; clients without one name all their partitions"
                        + " in each request.");
        integer(
                FETCH_SESSION_PARTITIONS,
                500_000,
                0,
                Integer.MAX_VALUE,
                "Partitions of all fetch sessions together.");
        integer(NUM_NETWORK_THREADS, 2, 1, 64, "Threads that move bytes from and to sockets.");
    }

    private void topics() {
        section = "Topics";
        flag(AUTO_CREATE_TOPICS, true, "Create a topic when a client first asks for it.");
        integer(
                NUM_PARTITIONS,
                1,
                1,
                10_000,
                "Partitions of a topic that is created without a number.");
        integer(
                MESSAGE_MAX_BYTES,
                1_048_588,
                1024,
                100 * MIB,
                "Largest record batch, as compressed by the producer. Per topic:"
                        + " `max.message.bytes`.");
        integer(
                DECOMPRESSED_MAX_BYTES,
                LARGEST_BATCH_BYTES,
                MIB,
                LARGEST_BATCH_BYTES,
                "Bound of one batch's records when decompressed; what would be larger is refused.");
        choice(
                TIMESTAMP_TYPE,
                List.of("CreateTime", "LogAppendTime"),
                "Whether a record keeps its producer's timestamp or gets the time of its append."
                        + " Per topic: `message.timestamp.type`.");
        number(
                TIMESTAMP_BEFORE_MAX_MS,
                Long.MAX_VALUE,
                0,
                Long.MAX_VALUE,
                "How far a record's timestamp may lie behind the server's clock. Per topic:"
                        + " `message.timestamp.before.max.ms`.");
        number(
                TIMESTAMP_AFTER_MAX_MS,
                3_600_000,
                0,
                Long.MAX_VALUE,
                "How far a record's timestamp may lie ahead of the server's clock. Per topic:"
                        + " `message.timestamp.after.max.ms`.");
    }

    private void internalTopics() {
        section = "Internal topics";
        integer(
                OFFSETS_PARTITIONS,
                50,
                1,
                10_000,
                "Partitions of `__consumer_offsets`. Read when that topic is made, on first use;"
                        + " fixed from then on.");
        integer(
                TRANSACTION_STATE_PARTITIONS,
                50,
                1,
                10_000,
                "Partitions of `__transaction_state`. Read when that topic is made, on first use;"
                        + " fixed from then on.");
    }

    /// Kafka's own definitions.
    private void include(String title, Collection<ConfigDef.ConfigKey> keys) {
        section = title;
        keys.forEach(key ->
                define(
                        key.name,
                        key.type,
                        key.defaultValue,
                        KafkaValidator.of(key),
                        KafkaValidator.plain(key.documentation)));
    }

    private void hotTier() {
        section = "Hot tier (write-ahead log)";
        integer(
                WAL_SHARDS,
                1,
                1,
                64,
                "Logs that are written side by side, each by one thread; a partition lives in"
                        + " exactly one.");
        number(
                SEGMENT_BYTES,
                256 * MIB,
                MIB,
                1920 * MIB,
                "A WAL segment is sealed, and archived at once, when it reaches this size.");
        number(
                ROLL_MS,
                30_000,
                100,
                Long.MAX_VALUE,
                "A WAL segment that holds records is sealed when its first one is this old.");
        number(
                WAL_MAX_BYTES,
                8 * GIB,
                4 * MIB,
                Long.MAX_VALUE,
                "Bound of the hot tier. If archiving does not keep up, producers are slowed and at"
                        + " this size refused with a retriable error; nothing is dropped.");
        share(THROTTLE_FROM, 0.8, "Share of that bound in use above which producers are slowed.");
        number(
                THROTTLE_MAX_MS,
                1_000,
                0,
                60_000,
                "The longest a producer is told to wait, just below the bound.");
    }

    private void durability() {
        section = "Durability";
        choice(
                FSYNC,
                List.of("always", "batch", "periodic"),
                "When a record counts as written: `always` after an fsync that covers it"
                        + " (concurrent requests share one), `batch` after an fsync that waits for"
                        + " bytes or milliseconds, `periodic` before the fsync (as Kafka does; a"
                        + " crash of the machine can lose acknowledged records). Per topic:"
                        + " `annals.fsync`.");
        number(FSYNC_BATCH_BYTES, MIB, 1, GIB, "`batch`: fsync when this many bytes wait.");
        number(
                FSYNC_BATCH_MS,
                10,
                1,
                10_000,
                "`batch`: fsync when the oldest waiting request is this old.");
        number(
                FLUSH_INTERVAL_MS,
                1_000,
                1,
                600_000,
                "`periodic`: at most this long between two fsyncs.");
    }

    private void archiving() {
        section = "Archiving";
        number(
                ARCHIVE_INTERVAL_MS,
                30_000,
                100,
                3_600_000,
                "Sealed WAL segments are looked for at least this often, beside the moment they are"
                        + " sealed.");
        integer(
                ARCHIVE_THREADS,
                0,
                0,
                256,
                "Threads that make archive objects; 0 is one less than there are processors.");
        number(
                INDEX_RAM_BYTES,
                256 * MIB,
                16 * MIB,
                1900 * MIB,
                "Memory for one index split in the making, per thread.");
        number(
                SWEEP_INTERVAL_MS,
                3_600_000,
                1_000,
                Long.MAX_VALUE,
                "Objects that no kept generation refers to are deleted this often.");
        number(
                SWEEP_GRACE_MS,
                3_600_000,
                0,
                Long.MAX_VALUE,
                "Objects younger than this are never swept.");
        number(
                REGISTRY_HISTORY_MS,
                7 * 86_400_000L,
                0,
                Long.MAX_VALUE,
                "How far back older generations of the registry can be searched.");
        integer(
                ARCHIVE_READS,
                32,
                1,
                1024,
                "Fetches that read from the object store at the same time; more wait.");
        number(
                TAIL_CACHE_BYTES,
                128 * MIB,
                MIB,
                Long.MAX_VALUE,
                "Memory for the tables of contents of opened archive objects.");
        number(
                CHUNK_CACHE_BYTES,
                384 * MIB,
                MIB,
                Long.MAX_VALUE,
                "Memory for unpacked chunks of archive objects.");
    }

    private void upkeep() {
        section = "Upkeep of the archive";
        number(
                UPKEEP_INTERVAL_MS,
                15_000,
                100,
                Long.MAX_VALUE,
                "Topics are looked after this often: compacted and merged where that is due. After"
                        + " a longer look, the rest is as long.");
        number(
                COMPACTION_KEY_BYTES,
                128 * MIB,
                MIB,
                16 * GIB,
                "Memory for the keys of a compaction, 24 bytes a key and some room.");
        number(
                MERGE_TARGET_BYTES,
                512 * MIB,
                64 * KIB,
                64 * GIB,
                "Record segments are compacted and merged into ones of about this many bytes of"
                        + " batches.");
        integer(
                MERGE_FACTOR,
                10,
                2,
                1_000,
                "So many small record segments that follow each other become one, with one index.");
        number(
                RETENTION_INTERVAL_MS,
                300_000,
                1,
                Long.MAX_VALUE,
                "What is past its retention, or deleted, is looked for this often.");
        number(
                RETENTION_MS,
                -1,
                -1,
                Long.MAX_VALUE,
                "How long records are kept, by event time, if their topic does not say; -1 is"
                        + " forever.");
        number(
                RETENTION_BYTES,
                -1,
                -1,
                Long.MAX_VALUE,
                "How many bytes of a partition are kept, if its topic does not say; -1 is all.");
    }

    private void searching() {
        section = "Search and the HTTP API";
        integer(
                LIVE_THREADS,
                0,
                0,
                256,
                "Threads that index the hot tail; 0 is half the processors.");
        number(
                LIVE_REFRESH_MS,
                250,
                10,
                60_000,
                "New records of a topic are made searchable at most this often.");
        number(
                LIVE_RAM_BYTES,
                32 * MIB,
                MIB,
                GIB,
                "Memory for the documents of one topic's hot tail before they go to `live`.");
        integer(SEARCH_READERS, 512, 1, 100_000, "Index splits kept open.");
        integer(
                SEARCH_PARALLELISM,
                32,
                1,
                1024,
                "Indexes and records that all searches together read at the same time.");
        number(
                SEARCH_MAX_PAGE_BYTES,
                32 * MIB,
                MIB,
                GIB,
                "Keys, values and headers of one page of hits; a page ends early when it is"
                        + " reached.");
        integer(
                HTTP_MAX_REQUESTS,
                64,
                1,
                10_000,
                "Requests of the HTTP API at one time; more are refused with 429.");
        integer(
                HTTP_MAX_CONNECTIONS,
                1_024,
                1,
                1_000_000,
                "Connections to the HTTP API at one time; more are closed at once.");
    }

    private void logging() {
        section = "Logging";
        choice(
                LOG_LEVEL,
                List.of("info", "error", "warn", "debug", "trace"),
                "Least level that is logged, to stderr.");
        choice(
                LOG_FORMAT,
                List.of("plain", "json"),
                "`plain` for people, `json` for one JSON object per line.");
    }

    private void integer(String name, long preset, long least, long most, String documentation) {
        define(
                name,
                ConfigDef.Type.INT,
                Math.toIntExact(preset),
                new SettingValidators.WholeNumber(least, most),
                documentation);
    }

    void number(String name, long preset, long least, long most, String documentation) {
        define(
                name,
                ConfigDef.Type.LONG,
                preset,
                new SettingValidators.WholeNumber(least, most),
                documentation);
    }

    /// From 0 to below 1.
    private void share(String name, double preset, String documentation) {
        define(name, ConfigDef.Type.DOUBLE, preset, new SettingValidators.Share(), documentation);
    }

    private void flag(String name, boolean preset, String documentation) {
        define(name, ConfigDef.Type.BOOLEAN, preset, new SettingValidators.Flag(), documentation);
    }

    /// The first choice is the default.
    private void choice(String name, List<String> choices, String documentation) {
        text(name, choices.getFirst(), new SettingValidators.Choice(choices), documentation);
    }

    private void text(String name, String preset, Validator validator, String documentation) {
        define(name, ConfigDef.Type.STRING, preset, validator, documentation);
    }

    private void define(
            String name,
            ConfigDef.Type type,
            Object preset,
            Validator validator,
            String documentation) {
        definitions.define(
                name,
                type,
                preset,
                validator,
                Importance.MEDIUM,
                documentation,
                section,
                orderInSection++,
                ConfigDef.Width.MEDIUM,
                name);
    }
}
