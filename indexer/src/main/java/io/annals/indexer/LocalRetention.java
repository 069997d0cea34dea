package io.annals.indexer;

import io.annals.registry.Registry;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.SealedSegment;
import io.annals.wal.WriteAheadLog;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/// The archived WAL segments that stay in the hot tier for a while, so that what is new is read
/// locally: `local.retention.ms` and `local.retention.bytes` (KIP-405) under a bound of our own.
///
/// A segment holds many partitions and goes as a whole: when each of them lets it go, or when room
/// is needed, the oldest first. Room is needed when the hot tier holds more than its bound for
/// this, when its disk has no room for the rest of its bound, or when more than [#MAX_SEGMENTS] are
/// kept. Those of a shard go in their order. A compacted topic lets go at once: its readers are to
/// find what compaction left.
///
/// Nothing of it is stored: after a start the archiver learns from the registry which segments are
/// archived, and hands them over again. Thread-safe.
public final class LocalRetention {
    /// Each kept segment is a mapped file and an index in memory.
    static final int MAX_SEGMENTS = 2_048;

    private final WriteAheadLog wal;
    private final Registry registry;
    private final InstantSource clock;
    private final Settings settings;
    private final LongSupplier freeBytes;

    /// Guarded by this, as the two sums: per shard, oldest first.
    private final Map<String, Deque<Kept>> kept = new TreeMap<>();

    private final Map<String, Kept> byId = new HashMap<>();
    private long keptBytes;
    private long keptCount;

    /// @param topicDefaults by topic setting name, as they are when asked
    /// @param maxBytes archived segments go as long as the hot tier holds more than this
    /// @param minFreeBytes they go, too, as long as less than this is free on its disk
    public record Settings(
            Supplier<Map<String, String>> topicDefaults, long maxBytes, long minFreeBytes) {}

    /// @param number in the order in which they were archived
    private record Kept(SealedSegment segment, long number) {}

    /// @param freeBytes what is free on the disk of the hot tier
    public LocalRetention(
            WriteAheadLog wal,
            Registry registry,
            InstantSource clock,
            Settings settings,
            LongSupplier freeBytes) {
        this.wal = wal;
        this.registry = registry;
        this.clock = clock;
        this.settings = settings;
        this.freeBytes = freeBytes;
    }

    /// One that lets everything go as soon as it is archived.
    static LocalRetention nothing(WriteAheadLog wal, Registry registry) {
        Settings nothing = new Settings(Map::of, 0, 0);
        return new LocalRetention(wal, registry, InstantSource.system(), nothing, () -> 0);
    }

    /// How many archived segments are in the hot tier.
    public synchronized int segments() {
        return byId.size();
    }

    /// Their size.
    public synchronized long sizeBytes() {
        return keptBytes;
    }

    /// Takes over a segment that is archived, as are its elders in the shard.
    synchronized void keep(SealedSegment segment) {
        Kept one = new Kept(segment, keptCount++);
        if (byId.putIfAbsent(segment.id(), one) == null) {
            kept.computeIfAbsent(shard(segment), _ -> new ArrayDeque<>()).add(one);
            keptBytes += segment.sizeBytes();
        }
    }

    /// Whether a segment is known to be archived.
    public synchronized boolean keeps(SealedSegment segment) {
        return byId.containsKey(segment.id());
    }

    /// Lets go what need not stay.
    ///
    /// @return ids of the segments that are gone
    synchronized List<String> release() {
        List<String> released = new ArrayList<>();
        RegistrySnapshot snapshot = registry.snapshot();
        for (Deque<Kept> shard : kept.values()) {
            while (!shard.isEmpty() && isLetGo(snapshot, shard.getFirst().segment)) {
                released.add(release(shard));
            }
        }
        while (needsRoom()) {
            Optional<Deque<Kept>> oldest =
                    kept.values().stream()
                            .filter(shard -> !shard.isEmpty())
                            .min(Comparator.comparingLong(shard -> shard.getFirst().number));
            if (oldest.isEmpty()) {
                break;
            }
            released.add(release(oldest.get()));
        }
        return released;
    }

    private String release(Deque<Kept> shard) {
        SealedSegment segment = shard.getFirst().segment;
        wal.release(segment);
        shard.removeFirst();
        byId.remove(segment.id());
        keptBytes -= segment.sizeBytes();
        return segment.id();
    }

    private boolean needsRoom() {
        return wal.usage().usedBytes() > settings.maxBytes()
                || byId.size() > MAX_SEGMENTS
                || freeBytes.getAsLong() < settings.minFreeBytes();
    }

    /// Whether every partition in it lets it go.
    private boolean isLetGo(RegistrySnapshot snapshot, SealedSegment segment) {
        Map<Uuid, CleanupPolicy> policies = new HashMap<>();
        for (Map.Entry<TopicIdPartition, SealedSegment.Contents> held :
                segment.contents().entrySet()) {
            Optional<TopicMetadata> topic = snapshot.topic(held.getKey().topicId());
            if (topic.isPresent()) {
                CleanupPolicy policy =
                        policies.computeIfAbsent(
                                topic.get().id(),
                                _ -> CleanupPolicy.of(topic.get(), settings.topicDefaults().get()));
                if (!letsGo(topic.get(), policy, held.getKey(), held.getValue())) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean letsGo(
            TopicMetadata topic,
            CleanupPolicy policy,
            TopicIdPartition partition,
            SealedSegment.Contents held) {
        boolean isOld =
                policy.localRetentionMs() >= 0
                        && clock.millis() - held.maxTimestampMs() > policy.localRetentionMs();
        boolean isTooMuch =
                policy.localRetentionBytes() >= 0
                        && wal.sizeBytes(partition) - held.sizeBytes()
                                >= policy.localRetentionBytes();
        return policy.compact()
                || isOld
                || isTooMuch
                || isDeleted(topic, partition.partition(), held);
    }

    /// Whether all of it lies below the log start offset.
    static boolean isDeleted(TopicMetadata topic, int partition, SealedSegment.Contents held) {
        return partition < topic.partitionCount()
                && held.endOffset() <= topic.logStartOffsets().get(partition);
    }

    static String shard(SealedSegment segment) {
        return segment.id().substring(0, Math.max(0, segment.id().lastIndexOf('-')));
    }
}
