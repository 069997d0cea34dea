package io.annals.query;

import java.io.IOException;
import java.util.Optional;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;

/// What fetches read a partition from: its log, or what a query finds in another one. Thread-safe.
interface FetchSource {

    /// Where the partition can be read, empty if there is no such partition. Does not block.
    Optional<PartitionBounds> bounds(TopicIdPartition partition);

    /// Whole batches from `offset` on, as far as they can be had without blocking.
    ///
    /// @return empty if they cannot: then use [#read]
    Optional<LogRead> readHot(
            TopicIdPartition partition, long offset, int maxBytes, IsolationLevel isolation);

    /// Whole batches from `offset` on: at least one however large, then as many as fit.
    LogRead read(TopicIdPartition partition, long offset, int maxBytes, IsolationLevel isolation)
            throws IOException;
}
