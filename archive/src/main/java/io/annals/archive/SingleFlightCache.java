package io.annals.archive;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Weigher;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/// A cache bounded by weight whose missing values are made once, however many ask.
///
/// Whoever asks first for a missing value gets a [Claim] that is `mine`, and must complete or fail
/// it; everybody else waits for the claim's future. A failure reaches all who wait and leaves
/// nothing behind. Claims are apart from the cache, so they can be taken for many keys before the
/// first is fulfilled, and are never evicted. Thread-safe.
final class SingleFlightCache<K, V> {
    private final Cache<K, V> cache;
    private final ConcurrentMap<K, CompletableFuture<V>> inFlight = new ConcurrentHashMap<>();

    SingleFlightCache(long maxWeight, Weigher<K, V> weigher) {
        this.cache =
                Caffeine.newBuilder()
                        .maximumWeight(maxWeight)
                        .weigher(weigher)
                        .executor(Runnable::run)
                        .build();
    }

    /// The value, if it is there now.
    @Nullable V peek(K key) {
        return cache.getIfPresent(key);
    }

    /// Finds the value, or who is making it, or lets this caller make it.
    Claim<K, V> claim(K key) {
        V present = cache.getIfPresent(key);
        if (present != null) {
            return new Claim<>(key, CompletableFuture.completedFuture(present), false);
        }
        CompletableFuture<V> mine = new CompletableFuture<>();
        CompletableFuture<V> other = inFlight.putIfAbsent(key, mine);
        if (other != null) {
            return new Claim<>(key, other, false);
        }
        present = cache.getIfPresent(key);
        if (present != null) {
            // It arrived between the two looks.
            inFlight.remove(key, mine);
            mine.complete(present);
            return new Claim<>(key, mine, false);
        }
        return new Claim<>(key, mine, true);
    }

    /// Fulfils a claim of this caller.
    void complete(Claim<K, V> claim, V value) {
        cache.put(claim.key, value);
        inFlight.remove(claim.key, claim.future);
        claim.future.complete(value);
    }

    /// Gives a claim of this caller up. Does nothing if it was fulfilled.
    void fail(Claim<K, V> claim, Throwable error) {
        inFlight.remove(claim.key, claim.future);
        claim.future.completeExceptionally(error);
    }

    /// Waits for a value. If somebody else had the claim and failed, perhaps because they were
    /// interrupted, `again` is one more try.
    V await(Claim<K, V> claim, Again<V> again) throws IOException {
        try {
            return Futures.await(claim.future);
        } catch (IOException e) {
            if (claim.mine || Thread.currentThread().isInterrupted()) {
                throw e;
            }
            return again.run();
        }
    }

    long weight() {
        return cache.policy().eviction().map(policy -> policy.weightedSize().orElse(0)).orElse(0L);
    }

    @FunctionalInterface
    interface Again<V> {
        V run() throws IOException;
    }

    /// @param mine whether this caller has to make the value
    record Claim<K, V>(K key, CompletableFuture<V> future, boolean mine) {}
}
