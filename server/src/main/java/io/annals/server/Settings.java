package io.annals.server;

import io.annals.archive.ArchiveSweeper;
import io.annals.archive.s3.S3Settings;
import io.annals.indexer.ArchiverSettings;
import io.annals.indexer.LiveIndexSettings;
import io.annals.indexer.SplitWriter;
import io.annals.indexer.UpkeepSettings;
import io.annals.ingest.IngestConfig;
import io.annals.ingest.group.GroupSettings;
import io.annals.ingest.internal.InternalTopic;
import io.annals.protocol.BrokerIdentity;
import io.annals.protocol.FrontDoorLimits;
import io.annals.protocol.HostAndPort;
import io.annals.protocol.KafkaServerConfig;
import io.annals.protocol.Listener;
import io.annals.query.FetchSessions;
import io.annals.query.QueryLimits;
import io.annals.query.SearchLimits;
import io.annals.query.http.HttpConfig;
import io.annals.wal.WalConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.TopicConfig;

/// The valid settings of one node, and the plain records that its components get of them.
/// Immutable.
public final class Settings {
    /// Which server setting is the default of which topic setting.
    private static final Map<String, String> TOPIC_DEFAULTS =
            Map.of(
                    SettingDefinitions.MESSAGE_MAX_BYTES,
                    TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                    SettingDefinitions.TIMESTAMP_TYPE,
                    TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
                    SettingDefinitions.TIMESTAMP_BEFORE_MAX_MS,
                    TopicConfig.MESSAGE_TIMESTAMP_BEFORE_MAX_MS_CONFIG,
                    SettingDefinitions.TIMESTAMP_AFTER_MAX_MS,
                    TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG,
                    SettingDefinitions.RETENTION_MS,
                    TopicConfig.RETENTION_MS_CONFIG,
                    SettingDefinitions.RETENTION_BYTES,
                    TopicConfig.RETENTION_BYTES_CONFIG,
                    SettingDefinitions.FSYNC,
                    "annals.fsync");

    private final Map<String, Object> values;
    private final Map<String, String> explicit;

    /// @param explicit what was set, as it was set
    Settings(Map<String, Object> values, Map<String, String> explicit) {
        this.values = Map.copyOf(values);
        this.explicit = Map.copyOf(explicit);
    }

    public Path dataDirectory() {
        return Path.of(text(SettingDefinitions.DATA_DIR)).toAbsolutePath().normalize();
    }

    /// As the operator wrote them.
    String listenersText() {
        return text(SettingDefinitions.LISTENERS);
    }

    List<Listener> listeners() {
        return new ListenerRules(
                        listenersText(),
                        text(SettingDefinitions.ADVERTISED_LISTENERS),
                        text(SettingDefinitions.LISTENER_PROTOCOLS))
                .listeners();
    }

    HostAndPort httpListener() {
        return new HostAndPort(
                text(SettingDefinitions.HTTP_HOST), integer(SettingDefinitions.HTTP_PORT));
    }

    KafkaServerConfig kafkaServer(String clusterId) {
        FrontDoorLimits defaults = FrontDoorLimits.DEFAULTS;
        return new KafkaServerConfig(
                listeners(),
                integer(SettingDefinitions.NUM_NETWORK_THREADS),
                new FrontDoorLimits(
                        integer(SettingDefinitions.SOCKET_REQUEST_MAX_BYTES),
                        integer(SettingDefinitions.MAX_CONNECTIONS),
                        integer(SettingDefinitions.MAX_CONNECTIONS_PER_IP),
                        defaults.maxRequestsPerConnection(),
                        defaults.maxRequestBytesPerConnection(),
                        number(SettingDefinitions.QUEUED_MAX_REQUEST_BYTES),
                        millis(SettingDefinitions.CONNECTIONS_MAX_IDLE_MS),
                        millis(SettingDefinitions.CONNECTIONS_MAX_STALL_MS),
                        integer(SettingDefinitions.CONNECTIONS_MIN_RATE),
                        defaults.writeBufferBytes()),
                Optional.of(new BrokerIdentity(clusterId, integer(SettingDefinitions.NODE_ID))));
    }

    IngestConfig ingest(String clusterId) {
        return new IngestConfig(
                clusterId,
                integer(SettingDefinitions.NODE_ID),
                (Boolean) value(SettingDefinitions.AUTO_CREATE_TOPICS),
                integer(SettingDefinitions.NUM_PARTITIONS),
                topicDefaults(),
                integer(SettingDefinitions.DECOMPRESSED_MAX_BYTES),
                (Double) value(SettingDefinitions.THROTTLE_FROM),
                millis(SettingDefinitions.THROTTLE_MAX_MS),
                new IngestConfig.BrokerSettings(
                        SettingDefinitions.all(), explicit, topicDefaultNames()));
    }

    /// How many partitions each internal topic gets when it is made.
    Map<InternalTopic, Integer> internalTopics() {
        return Map.of(
                InternalTopic.CONSUMER_OFFSETS,
                integer(SettingDefinitions.OFFSETS_PARTITIONS),
                InternalTopic.TRANSACTION_STATE,
                integer(SettingDefinitions.TRANSACTION_STATE_PARTITIONS));
    }

    GroupSettings groups() {
        Map<String, Object> group = new LinkedHashMap<>();
        GroupSettings.definitions().keySet().forEach(name -> group.put(name, value(name)));
        return new GroupSettings(group);
    }

    int nodeId() {
        return integer(SettingDefinitions.NODE_ID);
    }

    int fetchMaxBytes() {
        return integer(SettingDefinitions.FETCH_MAX_BYTES);
    }

    FetchSessions.Limits fetchSessions() {
        return new FetchSessions.Limits(
                integer(SettingDefinitions.FETCH_SESSIONS),
                integer(SettingDefinitions.FETCH_SESSION_PARTITIONS));
    }

    ArchiverSettings archiver(Path work) {
        ArchiverSettings defaults = ArchiverSettings.defaults(work, Node.PROGRAM);
        int threads = orElse(SettingDefinitions.ARCHIVE_THREADS, defaults.threads());
        SplitWriter.Options split = defaults.split();
        return new ArchiverSettings(
                work,
                millis(SettingDefinitions.ARCHIVE_INTERVAL_MS),
                threads,
                threads + 1,
                defaults.backoffMin(),
                defaults.backoffMax(),
                new SplitWriter.Options(
                        split.limits(),
                        number(SettingDefinitions.INDEX_RAM_BYTES),
                        SettingDefinitions.LARGEST_BATCH_BYTES,
                        split.deflateLevel(),
                        split.producer()));
    }

    UpkeepSettings upkeep(Path work) {
        return new UpkeepSettings(
                work,
                millis(SettingDefinitions.UPKEEP_INTERVAL_MS),
                topicDefaults(),
                number(SettingDefinitions.COMPACTION_KEY_BYTES),
                millis(SettingDefinitions.RETENTION_INTERVAL_MS),
                integer(SettingDefinitions.MERGE_FACTOR),
                number(SettingDefinitions.MERGE_TARGET_BYTES),
                archiver(work).split());
    }

    LiveIndexSettings live(Path folder) {
        LiveIndexSettings defaults = LiveIndexSettings.defaults(folder);
        return new LiveIndexSettings(
                folder,
                orElse(SettingDefinitions.LIVE_THREADS, defaults.threads()),
                millis(SettingDefinitions.LIVE_REFRESH_MS),
                defaults.slice(),
                number(SettingDefinitions.LIVE_RAM_BYTES),
                defaults.generationBytes(),
                SettingDefinitions.LARGEST_BATCH_BYTES,
                defaults.limits());
    }

    ArchiveSweeper.Settings sweeper() {
        return new ArchiveSweeper.Settings(
                millis(SettingDefinitions.SWEEP_GRACE_MS),
                millis(SettingDefinitions.REGISTRY_HISTORY_MS),
                _ -> false); // what is about to be catalogued is younger than the grace time
    }

    /// Whether the archive is in a bucket, and not in the data directory.
    boolean archiveInS3() {
        return new ArchiveStoreSettings(values).isS3();
    }

    /// One bucket, or two: of evidence, then of what can be made again.
    List<S3Settings> buckets() {
        return new ArchiveStoreSettings(values).buckets();
    }

    Duration sweepInterval() {
        return millis(SettingDefinitions.SWEEP_INTERVAL_MS);
    }

    HttpConfig http() {
        HostAndPort address = httpListener();
        HttpConfig defaults = HttpConfig.of(address.host(), address.port());
        return new HttpConfig(
                address.host(),
                address.port(),
                integer(SettingDefinitions.HTTP_MAX_REQUESTS),
                integer(SettingDefinitions.HTTP_MAX_CONNECTIONS),
                defaults.maxUrlBytes(),
                defaults.stopTimeout());
    }

    int searchReaders() {
        return integer(SettingDefinitions.SEARCH_READERS);
    }

    int archiveReads() {
        return integer(SettingDefinitions.ARCHIVE_READS);
    }

    long tailCacheBytes() {
        return number(SettingDefinitions.TAIL_CACHE_BYTES);
    }

    long chunkCacheBytes() {
        return number(SettingDefinitions.CHUNK_CACHE_BYTES);
    }

    SearchLimits search() {
        return new SearchLimits(
                QueryLimits.DEFAULT,
                integer(SettingDefinitions.SEARCH_PARALLELISM),
                number(SettingDefinitions.SEARCH_MAX_PAGE_BYTES));
    }

    /// What topics have that do not set it themselves, by topic setting name.
    Map<String, String> topicDefaults() {
        Map<String, String> defaults = new LinkedHashMap<>();
        TOPIC_DEFAULTS.forEach(
                (server, topic) -> defaults.put(topic, String.valueOf(value(server))));
        return defaults;
    }

    /// The server setting that is the default of a topic setting, by topic setting.
    private static Map<String, String> topicDefaultNames() {
        return TOPIC_DEFAULTS.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));
    }

    WalConfig wal(Path directory) {
        return new WalConfig(
                directory,
                integer(SettingDefinitions.WAL_SHARDS),
                number(SettingDefinitions.SEGMENT_BYTES),
                millis(SettingDefinitions.ROLL_MS),
                number(SettingDefinitions.WAL_MAX_BYTES),
                number(SettingDefinitions.FSYNC_BATCH_BYTES),
                millis(SettingDefinitions.FSYNC_BATCH_MS),
                millis(SettingDefinitions.FLUSH_INTERVAL_MS));
    }

    public String logLevel() {
        return text(SettingDefinitions.LOG_LEVEL);
    }

    public boolean logsJson() {
        return text(SettingDefinitions.LOG_FORMAT).equals("json");
    }

    private String text(String name) {
        return (String) value(name);
    }

    private int integer(String name) {
        return (Integer) value(name);
    }

    long number(String name) {
        return (Long) value(name);
    }

    /// 0 stands for a default that depends on the machine.
    private int orElse(String name, int preset) {
        int value = integer(name);
        return value == 0 ? preset : value;
    }

    Duration millis(String name) {
        return Duration.ofMillis(number(name));
    }

    private Object value(String name) {
        Object value = values.get(name);
        if (value == null) {
            throw new IllegalStateException("no such setting: " + name);
        }
        return value;
    }
}
