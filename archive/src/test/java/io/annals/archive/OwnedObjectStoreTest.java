package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.registry.ArchiveLease;
import io.annals.registry.FencedException;
import io.annals.registry.LeaseHolder;
import io.annals.registry.LeaseRequest;
import io.annals.registry.LeaseTime;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class OwnedObjectStoreTest {
    private static final Duration LEASE = Duration.ofSeconds(30);

    private final MeteredObjectStore store =
            new MeteredObjectStore(new InMemoryObjectStore(InstantSource.system()));
    private final StoppedTime time = new StoppedTime();

    @Test
    void theOwnerWritesAndAsksTheStoreNoMoreThanNeeded() throws Exception {
        ObjectStore owned = new OwnedObjectStore(store, take("one"));
        long before = store.counts(MeteredObjectStore.Operation.READ).calls();

        for (int i = 0; i < 100; i++) {
            owned.createIfAbsent("segments/a/" + i, new byte[1]);
        }
        for (int i = 0; i < 50; i++) {
            owned.delete("segments/a/" + i);
        }

        assertThat(store.counts(MeteredObjectStore.Operation.READ).calls()).isEqualTo(before);
        assertThat(ObjectWalk.list(owned, "segments/")).hasSize(50);
        assertThat(owned.size("segments/a/77")).isEqualTo(1);
    }

    @Test
    void whoWasHeldUpWhileAnotherServerTookTheArchiveDeletesAndCreatesNothing() throws Exception {
        ObjectStore first = new OwnedObjectStore(store, take("one"));
        first.createIfAbsent("segments/a/1", new byte[1]);
        take("two");

        time.nanos += Duration.ofSeconds(2).toNanos();
        assertThatThrownBy(() -> first.delete("segments/a/1")).isInstanceOf(FencedException.class);
        assertThatThrownBy(() -> first.createIfAbsent("segments/a/2", new byte[1]))
                .isInstanceOf(FencedException.class);

        assertThat(ObjectWalk.list(store, "segments/")).hasSize(1);
        assertThat(first.read("segments/a/1", 0, 1).get()).isZero();
    }

    private ArchiveLease take(String server) throws IOException {
        LeaseHolder holder = new LeaseHolder(server, "start", "host", 1, LEASE);
        ObjectRegistryStore objects = new ObjectRegistryStore(store);
        long epoch = ArchiveLease.await(objects, holder, LeaseRequest.TAKE_OVER, time);
        return ArchiveLease.claim(objects, holder, epoch, time);
    }

    private static final class StoppedTime implements LeaseTime {
        private long nanos;

        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public long millis() {
            return 0;
        }

        @Override
        public void sleep(long millis) {
            nanos += Duration.ofMillis(millis).toNanos();
        }
    }
}
