package io.annals.server;

import io.annals.indexer.LiveIndex;
import io.annals.indexer.SearchableView;
import io.annals.registry.Registry;
import io.annals.registry.RegistrySnapshot;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/// The live index of a read replica: nothing is hot, so what is searchable is what is archived.
/// Thread-safe.
final class NothingLive implements LiveIndex {
    private final Registry registry;
    private final Queue<Awaited> awaited = new ConcurrentLinkedQueue<>();

    NothingLive(Registry registry) {
        this.registry = registry;
        registry.addListener(this::tell);
    }

    private record Awaited(
            TopicIdPartition partition, long endOffset, CompletableFuture<Boolean> done) {

        boolean isIn(RegistrySnapshot snapshot) {
            return snapshot.archivedEndOffset(partition.topicId(), partition.partition())
                    >= endOffset;
        }
    }

    @Override
    public Optional<SearchableView> acquire(Uuid topicId) {
        return Optional.empty();
    }

    @Override
    public CompletableFuture<Boolean> awaitSearchable(
            TopicIdPartition partition, long endOffset, Duration timeout) {
        Awaited one = new Awaited(partition, endOffset, new CompletableFuture<>());
        awaited.add(one);
        one.done.completeOnTimeout(false, timeout.toMillis(), TimeUnit.MILLISECONDS);
        one.done.thenRun(() -> awaited.remove(one));
        tell(registry.snapshot()); // it may have come before we waited
        return one.done;
    }

    private void tell(RegistrySnapshot snapshot) {
        for (Awaited one : awaited) {
            if (one.isIn(snapshot)) {
                one.done.complete(true);
            }
        }
    }
}
