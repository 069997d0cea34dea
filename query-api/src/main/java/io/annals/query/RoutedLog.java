package io.annals.query;

import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.TimestampOffset;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/// Reads each partition from where it lives: topics of queries from what they find, all others from
/// the log. Thread-safe.
///
/// @param queries empty if there are no queries to read
record RoutedLog(TieredLog log, Optional<QueryTopicLog> queries) implements FetchSource {

    /// Whether the partition is that of a query.
    boolean isQueried(TopicIdPartition partition) {
        return queries.filter(all -> all.serves(partition)).isPresent();
    }

    private FetchSource of(TopicIdPartition partition) {
        return isQueried(partition) ? queries.orElseThrow() : log;
    }

    Optional<TopicMetadata> topic(RegistrySnapshot snapshot, String name) {
        return snapshot.topic(name).or(() -> queries.flatMap(all -> all.topic(name)));
    }

    Optional<TopicMetadata> topic(RegistrySnapshot snapshot, Uuid id) {
        return snapshot.topic(id).or(() -> queries.flatMap(all -> all.topic(id)));
    }

    @Override
    public Optional<PartitionBounds> bounds(TopicIdPartition partition) {
        return of(partition).bounds(partition);
    }

    @Override
    public Optional<LogRead> readHot(
            TopicIdPartition partition, long offset, int maxBytes, IsolationLevel isolation) {
        return of(partition).readHot(partition, offset, maxBytes, isolation);
    }

    @Override
    public LogRead read(
            TopicIdPartition partition, long offset, int maxBytes, IsolationLevel isolation)
            throws IOException {
        return of(partition).read(partition, offset, maxBytes, isolation);
    }

    Optional<TimestampOffset> offsetForTimestamp(TopicIdPartition partition, long timestampMs)
            throws IOException {
        return isQueried(partition)
                ? queries.orElseThrow().offsetForTimestamp(partition, timestampMs)
                : log.offsetForTimestamp(partition, timestampMs);
    }

    Optional<TimestampOffset> maxTimestamp(TopicIdPartition partition) throws IOException {
        return isQueried(partition)
                ? queries.orElseThrow().maxTimestamp(partition)
                : log.maxTimestamp(partition);
    }

    /// Calls `wake` when queries may have more to read, see [QueryTopicLog#subscribe].
    QueryTopicLog.Subscription subscribe(
            Map<TopicIdPartition, Long> offsets, Duration timeout, Runnable wake) {
        return queries.map(all -> all.subscribe(offsets, timeout, wake))
                .orElse(QueryTopicLog.Subscription.NONE);
    }
}
