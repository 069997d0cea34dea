package io.annals.wal;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.IsolationLevel;
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

    /// Writes the marker of an ended transaction to each of its partitions, as one atomic append
    /// per shard (or several, each at most a WAL segment large): after a crash the markers of one
    /// append are all there, or none.
    ///
    /// Each partition answers for itself, never exceptionally; what one refuses
    /// ([AppendOutcome.Reason#TRANSACTION_COORDINATOR_FENCED],
    /// [AppendOutcome.Reason#INVALID_PRODUCER_EPOCH], ...) does not keep the others from being
    /// written. A marker for a transaction without a batch in the partition is written, too, as in
    /// Kafka. Appends and markers of one thread keep their order within a shard.
    Map<TopicIdPartition, CompletableFuture<AppendOutcome>> endTransaction(EndTransaction end);

    /// Appends to one partition and ends transactions, everything as one: after a crash all of it
    /// is there, or nothing, and if one part is refused, nothing is written. So what `request` says
    /// about the markers is true as soon as it can be read.
    ///
    /// @param request batches of no producer
    /// @param ended no two of the same producer
    /// @return completes with the outcome of `request`, published after the markers, or with the
    ///   refusal of any part; empty if this cannot be one append (a partition is not known or not
    ///   in the same shard, or it is too much at once): then nothing has happened
    default Optional<CompletableFuture<AppendOutcome>> append(
            AppendRequest request, List<EndTransaction> ended) {
        return Optional.empty();
    }

    /// Whether all of these partitions are known, and lie in one shard: what one append of the log
    /// can hold.
    default boolean areInOneShard(Set<TopicIdPartition> partitions) {
        return false;
    }

    /// Takes over transactions that began in the archive and that nobody can finish, because the
    /// log lost what came after, and writes their ABORT markers: all of a partition as one atomic
    /// append (or several, as above). To be called before anybody appends. Durable when it returns.
    ///
    /// @param open oldest first
    /// @throws IOException if the markers could not be written
    void abortUnfinished(TopicIdPartition partition, List<OpenTransaction> open) throws IOException;

    /// The current offsets of a partition, empty if it was never created.
    Optional<PartitionState> partition(TopicIdPartition partition);

    /// Bytes of the partition's batches that are in the log, deleted ones included until their WAL
    /// segments go; 0 if it was never created.
    long sizeBytes(TopicIdPartition partition);

    /// Reads whole batches, the first of which contains `offset`, below the high watermark. At
    /// least one batch however large, then as many as fit into `maxBytes`. Empty batches if
    /// `offset` is the high watermark.
    ///
    /// @return empty if `offset` lies below the local log start offset (it is archived, or gone) or
    ///   above the high watermark. The caller must close the result: it pins mapped memory.
    default Optional<FetchedBatches> read(TopicIdPartition partition, long offset, int maxBytes) {
        return read(partition, offset, maxBytes, IsolationLevel.READ_UNCOMMITTED);
    }

    /// As above; with [IsolationLevel#READ_COMMITTED] below the last stable offset, and empty
    /// batches between that and the high watermark. Batches of aborted transactions are among them,
    /// see [FetchedBatches#abortedTransactions].
    Optional<FetchedBatches> read(
            TopicIdPartition partition, long offset, int maxBytes, IsolationLevel isolation);

    /// The aborted transactions that have an offset in `[fromOffset, toOffset)` and whose marker is
    /// in the hot tier, in the order of their markers. Complete for those whose markers are, if
    /// `toOffset` is at most a last stable offset that was seen before.
    List<AbortedTransaction> abortedTransactions(
            TopicIdPartition partition, long fromOffset, long toOffset);

    /// What the log remembers of the producers of a partition, the one unheard of for longest
    /// first. Waits for the writer of the shard: not for a writer's callbacks.
    List<ActiveProducer> activeProducers(TopicIdPartition partition);

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

    /// Listeners hear of new high watermarks, last stable offsets and sealed segments; see
    /// [WalListener] for the rules.
    void addListener(WalListener listener);
}
