package io.annals.query;

import io.annals.indexer.FieldQueries;
import io.annals.indexer.IndexSettings;
import io.annals.query.RefusedException.Reason;
import io.annals.registry.Registry;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.lucene.search.Query;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The queries that are open as topics. Opened queries outlive the process, until somebody closes
/// them or nobody has used them for their idle time.
///
/// Thread-safe. Opening and closing block on the disk.
public final class QueryTopics implements AutoCloseable {
    /// Partitions of one query.
    public static final int MAX_PARTITIONS = 10_000;

    private static final Logger logger = LoggerFactory.getLogger(QueryTopics.class);

    private final Registry registry;
    private final TieredLog log;
    private final QueryCompiler compiler;
    private final Settings settings;
    private final InstantSource clock;
    private final Supplier<Uuid> ids;
    private final QueryTopicFiles files;
    private final Map<Uuid, Open> byTopicId = new ConcurrentHashMap<>();
    private final Map<String, Open> byId = new ConcurrentHashMap<>();
    private final List<Consumer<Uuid>> listeners = new CopyOnWriteArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread expiry;

    /// @param maxOpen queries open at the same time
    /// @param idleTtl for those that do not say themselves; the longest they may say
    public record Settings(int maxOpen, Duration idleTtl, Duration expiryInterval) {}

    /// What to open, see [QueryTopic].
    ///
    /// @param topics names or patterns
    /// @param partitions of each topic, empty for all
    /// @param idleTtl empty for the default
    public record Wanted(
            List<String> topics,
            String query,
            OptionalLong fromMs,
            OptionalLong toMs,
            OptionalLong asOfMs,
            Set<Integer> partitions,
            boolean follow,
            Optional<Duration> idleTtl) {}

    /// An open query, ready to be searched.
    static final class Open {
        private final QueryTopic topic;
        private final Query query;
        private volatile long usedMs;

        Open(QueryTopic topic, Query query, long usedMs) {
            this.topic = topic;
            this.query = query;
            this.usedMs = usedMs;
        }

        QueryTopic topic() {
            return topic;
        }

        Query query() {
            return query;
        }
    }

    /// @param folder of the definitions
    /// @param ids makes topic ids
    /// @throws IOException if the definitions cannot be read
    public QueryTopics(
            Registry registry,
            TieredLog log,
            FieldQueries fields,
            Settings settings,
            Path folder,
            InstantSource clock,
            Supplier<Uuid> ids)
            throws IOException {
        this.registry = registry;
        this.log = log;
        this.compiler = new QueryCompiler(fields, QueryLimits.DEFAULT);
        this.settings = settings;
        this.clock = clock;
        this.ids = ids;
        this.files = new QueryTopicFiles(folder);
        for (QueryTopic topic : files.load()) {
            try {
                add(new Open(topic, compiler.compile(topic.query()).query(), clock.millis()));
            } catch (RefusedException outdated) {
                logger.atError().setCause(outdated).log("query {} cannot be run", topic.id());
            }
        }
        this.expiry = Thread.ofPlatform().name("query-expiry").daemon().start(this::expire);
    }

    private void add(Open open) {
        byTopicId.put(open.topic().topicId(), open);
        byId.put(open.topic().id(), open);
    }

    /// Adds someone who hears the topic id of each query that is opened or closed, on the thread
    /// that does it.
    public void addListener(Consumer<Uuid> listener) {
        listeners.add(listener);
    }

    /// Opens a query; it is durable when this returns.
    public QueryTopic open(Wanted wanted) throws RefusedException, IOException {
        Query query = compiler.compile(wanted.query()).query();
        Duration idleTtl = wanted.idleTtl().orElse(settings.idleTtl());
        if (idleTtl.compareTo(settings.idleTtl()) > 0 || !idleTtl.isPositive()) {
            throw RefusedException.invalid(
                    "ttl_ms",
                    "%d is not allowed, 1 to %d is"
                            .formatted(idleTtl.toMillis(), settings.idleTtl().toMillis()));
        }
        if (wanted.follow() && wanted.asOfMs().isPresent()) {
            throw RefusedException.invalid(
                    "follow", "what was there at a time does not grow: leave out as_of or follow");
        }
        Uuid topicId = ids.get();
        QueryTopic topic =
                new QueryTopic(
                        HexFormat.of().toHexDigits(topicId.getMostSignificantBits()),
                        topicId,
                        wanted.query(),
                        wanted.fromMs(),
                        wanted.toMs(),
                        wanted.asOfMs(),
                        wanted.follow(),
                        idleTtl,
                        clock.millis(),
                        sources(wanted));
        synchronized (this) {
            if (byId.size() >= settings.maxOpen()) {
                throw new RefusedException(
                        Reason.TOO_MANY_QUERIES,
                        "",
                        "%d queries are open, no more are allowed; close one"
                                .formatted(byId.size()));
            }
            files.save(topic);
            add(new Open(topic, query, clock.millis()));
        }
        listeners.forEach(listener -> listener.accept(topicId));
        return topic;
    }

    /// All partitions that are asked for: topics by name, partitions by number.
    private List<QueryTopic.Source> sources(Wanted wanted) throws RefusedException, IOException {
        List<QueryTopic.Source> sources = new ArrayList<>();
        for (TopicMetadata topic : TopicSelector.select(registry.snapshot(), wanted.topics())) {
            if (!IndexSettings.isIndexed(topic)) {
                continue; // found by a pattern; the sources are shown
            }
            for (int p = 0; p < topic.partitionCount(); p++) {
                if (wanted.partitions().isEmpty() || wanted.partitions().contains(p)) {
                    sources.add(source(new TopicIdPartition(topic.id(), p, topic.name()), wanted));
                }
            }
        }
        if (sources.isEmpty() || sources.size() > MAX_PARTITIONS) {
            throw RefusedException.invalid(
                    "topics",
                    "%d partitions are asked for, 1 to %d are allowed"
                            .formatted(sources.size(), MAX_PARTITIONS));
        }
        return sources;
    }

    private QueryTopic.Source source(TopicIdPartition partition, Wanted wanted)
            throws RefusedException, IOException {
        if (wanted.follow()) {
            return new QueryTopic.Source(partition, Long.MAX_VALUE);
        }
        long end = log.bounds(partition).map(PartitionBounds::lastStableOffset).orElse(0L);
        if (wanted.asOfMs().isPresent()) {
            long asOfMs = wanted.asOfMs().getAsLong();
            log.requireUncompacted(partition, asOfMs);
            end = Math.min(end, log.endOffsetForIngestTime(partition, asOfMs).orElse(end));
        }
        return new QueryTopic.Source(partition, end);
    }

    /// All that are open, oldest first.
    public List<QueryTopic> list() {
        return byId.values().stream()
                .map(Open::topic)
                .sorted(
                        Comparator.comparingLong(QueryTopic::createdAtMs)
                                .thenComparing(QueryTopic::id))
                .toList();
    }

    public Optional<QueryTopic> query(String id) {
        return Optional.ofNullable(byId.get(id)).map(Open::topic);
    }

    /// The topic of a query, by its name.
    public Optional<TopicMetadata> metadata(String name) {
        return name.startsWith(QueryTopic.NAME_PREFIX)
                ? query(name.substring(QueryTopic.NAME_PREFIX.length())).map(QueryTopic::metadata)
                : Optional.empty();
    }

    /// The topic of a query, by its topic id.
    public Optional<TopicMetadata> metadata(Uuid topicId) {
        return Optional.ofNullable(byTopicId.get(topicId)).map(open -> open.topic().metadata());
    }

    /// Finds a query and notes that it is used.
    Optional<Open> use(Uuid topicId) {
        Optional<Open> open = Optional.ofNullable(byTopicId.get(topicId));
        open.ifPresent(found -> found.usedMs = clock.millis());
        return open;
    }

    /// @return the query that was closed, empty if none is open under this id
    public Optional<QueryTopic> close(String id) throws IOException {
        Open open;
        synchronized (this) {
            open = byId.get(id);
            if (open == null) {
                return Optional.empty();
            }
            files.delete(open.topic());
            byId.remove(id);
            byTopicId.remove(open.topic().topicId());
        }
        listeners.forEach(listener -> listener.accept(open.topic().topicId()));
        return Optional.of(open.topic());
    }

    private void expire() {
        try {
            while (!closed.await(settings.expiryInterval().toMillis(), TimeUnit.MILLISECONDS)) {
                closeIdle();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Closes every query that nobody has used for its idle time.
    void closeIdle() {
        long nowMs = clock.millis();
        for (Open open : byId.values()) {
            if (nowMs - open.usedMs > open.topic().idleTtl().toMillis()) {
                try {
                    logger.info("query {} was not used and is closed", open.topic().id());
                    close(open.topic().id());
                } catch (IOException | RuntimeException e) {
                    logger.atWarn().setCause(e).log("cannot close query {}", open.topic().id());
                }
            }
        }
    }

    /// Leaves the queries open for the next start.
    @Override
    public void close() {
        closed.countDown();
        try {
            expiry.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
