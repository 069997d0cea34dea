package io.annals.query;

import io.annals.query.FetchContext.Answered;
import io.annals.query.FetchContext.Asked;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchRequest;
import org.jspecify.annotations.Nullable;

/// The fetch sessions of all clients (KIP-227), bounded in number and in partitions.
///
/// When there is no room, a new session takes the place of one that was not used for two minutes,
/// or of a smaller one that has had its two minutes (Kafka's rules). Where none gives way, the
/// client is told session 0 and names all its partitions each time.
///
/// Thread-safe. Locks: this one first, then a session's own.
public final class FetchSessions {
    private static final short FIRST_VERSION_WITH_TOPIC_IDS = 13;

    /// Kafka's time for which a session is not evicted.
    private static final Duration PROTECTED = Duration.ofMinutes(2);

    private final Limits limits;
    private final InstantSource clock;
    private final RandomGenerator random;

    /// Least recently used first.
    private final Map<Integer, Slot> slots = new LinkedHashMap<>(16, 0.75f, true);

    private long partitions;
    private long evictions;

    /// @param maxSessions Kafka's `max.incremental.fetch.session.cache.slots`
    /// @param maxPartitions of all sessions together
    public record Limits(int maxSessions, int maxPartitions) {}

    private static final class Slot {
        private final FetchSession session;
        private final long createdMs;
        private long lastUsedMs;
        private int size;

        Slot(FetchSession session, long nowMs) {
            this.session = session;
            this.createdMs = nowMs;
            this.lastUsedMs = nowMs;
            this.size = session.size();
        }
    }

    /// @param random makes session ids
    public FetchSessions(Limits limits, InstantSource clock, RandomGenerator random) {
        this.limits = limits;
        this.clock = clock;
        this.random = random;
    }

    /// Sessions that are open.
    public synchronized int size() {
        return slots.size();
    }

    /// Partitions of all open sessions.
    public synchronized long partitions() {
        return partitions;
    }

    /// Sessions that had to give way to others, since the start.
    public synchronized long evictions() {
        return evictions;
    }

    FetchContext context(FetchRequest request) {
        FetchMetadata metadata = request.metadata();
        boolean byId = request.version() >= FIRST_VERSION_WITH_TOPIC_IDS;
        if (!metadata.isFull()) {
            return proceed(request, byId);
        }
        close(metadata.sessionId());
        return metadata.epoch() == FetchMetadata.FINAL_EPOCH
                ? new FetchContext.Sessionless(asked(request))
                : new FetchContext.Opening(asked(request), byId, new TopicNames(), this);
    }

    private FetchContext proceed(FetchRequest request, boolean byId) {
        FetchMetadata metadata = request.metadata();
        FetchSession session = find(metadata.sessionId());
        if (session == null) {
            return new FetchContext.Refused(Errors.FETCH_SESSION_ID_NOT_FOUND);
        }
        List<Asked> changed = asked(request);
        FetchContext context = session.proceed(metadata, byId, changed, forgotten(request));
        if (!(context instanceof FetchContext.Continuing continuing)) {
            return context;
        }
        if (continuing.asked().isEmpty()) {
            close(session.id());
            return new FetchContext.Sessionless(changed);
        }
        return touch(session.id(), continuing.asked().size())
                ? continuing
                : new FetchContext.Refused(Errors.FETCH_SESSION_ID_NOT_FOUND);
    }

    private synchronized @Nullable FetchSession find(int id) {
        Slot slot = slots.get(id);
        return slot == null ? null : slot.session;
    }

    /// Opens a session for a full request that was answered.
    ///
    /// @return its id, or 0 if there is no room
    synchronized int open(FetchContext.Opening request, List<Answered> answers) {
        long nowMs = clock.millis();
        int size = request.asked().size();
        if (size > limits.maxPartitions() || limits.maxSessions() == 0) {
            return FetchMetadata.INVALID_SESSION_ID;
        }
        while (partitions + size > limits.maxPartitions()) {
            if (!evict(unused(nowMs))) {
                return FetchMetadata.INVALID_SESSION_ID;
            }
        }
        if (slots.size() >= limits.maxSessions()
                && !evict(unused(nowMs).or(() -> smaller(size, nowMs)))) {
            return FetchMetadata.INVALID_SESSION_ID;
        }
        int id;
        do {
            id = random.nextInt(1, Integer.MAX_VALUE);
        } while (slots.containsKey(id));
        slots.put(id, new Slot(new FetchSession(id, request, answers), nowMs));
        partitions += size;
        return id;
    }

    /// Takes note of a session's use and size; one that outgrows the bound is closed.
    private synchronized boolean touch(int id, int size) {
        Slot slot = slots.get(id);
        if (slot == null) {
            return false; // evicted just now
        }
        slot.lastUsedMs = clock.millis();
        partitions += size - slot.size;
        slot.size = size;
        if (partitions > limits.maxPartitions()) {
            close(id);
            return false;
        }
        return true;
    }

    private synchronized void close(int id) {
        Slot closed = slots.remove(id);
        if (closed != null) {
            partitions -= closed.size;
        }
    }

    private boolean evict(Optional<Slot> victim) {
        victim.ifPresent(slot -> {
            close(slot.session.id());
            evictions++;
        });
        return victim.isPresent();
    }

    private Optional<Slot> unused(long nowMs) {
        return slots.values().stream()
                .findFirst()
                .filter(oldest -> nowMs - oldest.lastUsedMs > PROTECTED.toMillis());
    }

    private Optional<Slot> smaller(int size, long nowMs) {
        return slots.values().stream()
                .filter(slot -> nowMs - slot.createdMs > PROTECTED.toMillis())
                .min(Comparator.comparingInt(slot -> slot.size))
                .filter(smallest -> smallest.size < size);
    }

    /// Of a partition that is named twice, the last counts.
    private static List<Asked> asked(FetchRequest request) {
        Map<FetchTarget, FetchPartition> asked = new LinkedHashMap<>();
        for (FetchTopic topic : request.data().topics()) {
            for (FetchPartition partition : topic.partitions()) {
                asked.put(
                        target(request, topic.topic(), topic.topicId(), partition.partition()),
                        partition);
            }
        }
        List<Asked> list = new ArrayList<>(asked.size());
        asked.forEach((target, partition) -> list.add(new Asked(target, partition)));
        return list;
    }

    private static Collection<FetchTarget> forgotten(FetchRequest request) {
        List<FetchTarget> forgotten = new ArrayList<>();
        for (ForgottenTopic topic : request.data().forgottenTopicsData()) {
            for (int partition : topic.partitions()) {
                forgotten.add(target(request, topic.topic(), topic.topicId(), partition));
            }
        }
        return forgotten;
    }

    private static FetchTarget target(
            FetchRequest request, String topic, Uuid topicId, int partition) {
        return request.version() >= FIRST_VERSION_WITH_TOPIC_IDS
                ? new FetchTarget(true, "", topicId, partition)
                : new FetchTarget(false, topic, Uuid.ZERO_UUID, partition);
    }
}
