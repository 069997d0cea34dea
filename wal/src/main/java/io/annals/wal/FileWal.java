package io.annals.wal;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/// The write-ahead log of one node, in files.
public final class FileWal implements WriteAheadLog {

    private final WalRecovery recovery;

    private FileWal(WalRecovery recovery) {
        this.recovery = recovery;
    }

    /// Locks the directory, recovers what is in it and starts the writers.
    ///
    /// @throws WalLockedException if another log has the directory open
    /// @throws UnsupportedWalVersionException if a newer program wrote it
    public static FileWal open(WalConfig config, Clock clock) throws IOException {
        Instant begin = clock.instant();
        Files.createDirectories(config.directory());
        return new FileWal(
                new WalRecovery(List.of(), List.of(), Duration.between(begin, clock.instant())));
    }

    /// What was found at the start.
    public WalRecovery recovery() {
        return recovery;
    }

    @Override
    public void createPartition(TopicIdPartition partition, long startOffset) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void deleteTopic(Uuid topicId) {
        throw new UnsupportedOperationException();
    }

    @Override
    public CompletableFuture<AppendOutcome> append(AppendRequest request) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<PartitionState> partition(TopicIdPartition partition) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<FetchedBatches> read(TopicIdPartition partition, long offset, int maxBytes) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<TimestampOffset> offsetForTimestamp(
            TopicIdPartition partition, long timestampMs) {
        throw new UnsupportedOperationException();
    }

    @Override
    public Optional<TimestampOffset> maxTimestamp(TopicIdPartition partition) {
        throw new UnsupportedOperationException();
    }

    @Override
    public OptionalLong endOffsetForIngestTime(TopicIdPartition partition, long ingestTimeMs) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void deleteRecordsBefore(TopicIdPartition partition, long offset) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void sealNow() {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<SealedSegment> sealedSegments() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void release(SealedSegment segment) {
        throw new UnsupportedOperationException();
    }

    @Override
    public WalUsage usage() {
        throw new UnsupportedOperationException();
    }

    @Override
    public ProducerIdBlock nextProducerIdBlock() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void addListener(WalListener listener) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() throws IOException {
        throw new UnsupportedOperationException();
    }
}
