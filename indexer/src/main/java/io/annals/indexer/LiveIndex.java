package io.annals.indexer;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/// The near-real-time index of the hot tail. Thread-safe.
///
/// A searcher takes the live view first and the registry snapshot after it: the live index forgets
/// a record only after the generation that archives it, so the two together never leave a hole.
/// That they do not overlap either is up to the searcher: of the live view it counts, per
/// partition, only offsets `[max(range.from, snapshot.archivedEndOffset), range.to)`, with
/// [FieldQueries#within].
public interface LiveIndex {

    /// The newest searchable state of a topic, empty if nothing of it is hot.
    Optional<SearchableView> acquire(Uuid topicId);

    /// Completes true when everything below `endOffset` is searchable (live or archived), false
    /// after `timeout`.
    CompletableFuture<Boolean> awaitSearchable(
            TopicIdPartition partition, long endOffset, Duration timeout);
}
