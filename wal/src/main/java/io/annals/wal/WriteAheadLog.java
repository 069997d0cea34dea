package io.annals.wal;

import java.io.Closeable;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/// The port of the hot tier: append record batches, read them back, seal them, let them go.
///
/// Nothing above this interface may assume the disk of one node: a replicated log implements the
/// same methods later. Every offset is a Kafka offset; every range is half-open.
///
/// Thread-safe: all methods may be called from any thread. Only [#append] is asynchronous; its
/// futures complete on the writer thread of the shard, so do not block in their callbacks.
public interface WriteAheadLog extends Closeable {

    /// Makes the partition known. Its first append gets `startOffset` if the log holds nothing of
    /// it or less than that (the archive may be ahead of an emptied disk). Does nothing if it is
    /// there.
    void createPartition(TopicIdPartition partition, long startOffset);

    /// Forgets all partitions of a topic; their bytes go when their WAL segments go. The id is
    /// spent: creating a partition of it does nothing. Durable when it returns.
    void deleteTopic(Uuid topicId);

    /// Appends whole record batches of one partition. Completes when they are as durable as the
    /// fsync mode of the request asks, exceptionally never: refusals are [AppendOutcome.Rejected].
    ///
    /// Base offset and leader epoch (and for log-append time the timestamp fields) are written into
    /// `request.batches()` in place. The buffer belongs to the log until the future completes.
    CompletableFuture<AppendOutcome> append(AppendRequest request);

    /// The current offsets of a partition, empty if it was never created.
    Optional<PartitionState> partition(TopicIdPartition partition);

    /// Reads whole batches, the first of which contains `offset`, below the high watermark. At
    /// least one batch however large, then as many as fit into `maxBytes`. Empty batches if
    /// `offset` is the high watermark.
    ///
    /// @return empty if `offset` lies below the local log start offset (it is archived, or gone) or
    ///   above the high watermark. The caller must close the result: it pins mapped memory.
    Optional<FetchedBatches> read(TopicIdPartition partition, long offset, int maxBytes);

    /// The first hot record with a timestamp of at least `timestampMs`, below the high watermark.
    Optional<TimestampOffset> offsetForTimestamp(TopicIdPartition partition, long timestampMs);

    /// The hot record with the largest timestamp (the first of several), below the high watermark.
    Optional<TimestampOffset> maxTimestamp(TopicIdPartition partition);

    /// The end of what was appended at or before `ingestTimeMs`: the base offset of the first hot
    /// batch with a later ingest time, or empty if there is none.
    OptionalLong endOffsetForIngestTime(TopicIdPartition partition, long ingestTimeMs);

    /// Raises the local log start offset (DeleteRecords). Durable when it returns.
    void deleteRecordsBefore(TopicIdPartition partition, long offset);

    /// Seals every active segment that holds a batch, and returns when they are in
    /// [#sealedSegments].
    void sealNow();

    /// What is sealed and not yet released, oldest first, all shards.
    List<SealedSegment> sealedSegments();

    /// Deletes a sealed segment: its batches are archived. Open reads keep its memory until closed.
    /// Segments of one shard must be released oldest first.
    void release(SealedSegment segment);

    /// Bytes on disk and the bound that [AppendOutcome.Reason#HOT_TIER_FULL] enforces.
    WalUsage usage();

    /// A block of producer ids that no earlier call returned, also across restarts.
    ProducerIdBlock nextProducerIdBlock();

    /// Listeners hear of new high watermarks and sealed segments; see [WalListener] for the rules.
    void addListener(WalListener listener);
}
