package io.annals.query;

import io.annals.archive.RecordSegments;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.OpenTransaction;
import io.annals.wal.PartitionState;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicIdPartition;

/// The transactions that nobody can finish any more: open at the end of the archive, in partitions
/// of which the log has lost what came after (ADR 0015). Look for them before the partitions are
/// created in the log, and abort them after that, before anybody reads or appends.
///
/// @param byPartition oldest first
public record UnfinishedTransactions(Map<TopicIdPartition, List<OpenTransaction>> byPartition) {

    /// Opens one object per partition that lost its end, none otherwise.
    public static UnfinishedTransactions find(
            WriteAheadLog wal, RegistrySnapshot snapshot, RecordSegments segments)
            throws IOException {
        Map<TopicIdPartition, List<OpenTransaction>> found = new HashMap<>();
        for (TopicMetadata topic : snapshot.topics()) {
            for (int i = 0; i < topic.partitionCount(); i++) {
                TopicIdPartition partition = new TopicIdPartition(topic.id(), i, topic.name());
                long archivedEnd = snapshot.archivedEndOffset(topic.id(), i);
                long logEnd = wal.partition(partition).map(PartitionState::logEndOffset).orElse(0L);
                if (logEnd < archivedEnd) {
                    Optional<RecordSegment> last =
                            snapshot.segmentFor(topic.id(), i, archivedEnd - 1);
                    if (last.isPresent()) {
                        List<OpenTransaction> open =
                                segments.transactions(last.get(), i).openAtEnd();
                        if (!open.isEmpty()) {
                            found.put(partition, open);
                        }
                    }
                }
            }
        }
        return new UnfinishedTransactions(Map.copyOf(found));
    }

    /// Writes their ABORT markers; durable when it returns.
    public void abort(WriteAheadLog wal) throws IOException {
        for (Map.Entry<TopicIdPartition, List<OpenTransaction>> entry : byPartition.entrySet()) {
            wal.abortUnfinished(entry.getKey(), entry.getValue());
        }
    }
}
