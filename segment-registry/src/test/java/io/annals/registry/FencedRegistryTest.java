package io.annals.registry;

import static io.annals.registry.ArchiveLeaseTest.holder;
import static io.annals.registry.Samples.CLOCK;
import static io.annals.registry.Samples.ORDERS;
import static io.annals.registry.Samples.archived;
import static io.annals.registry.Samples.orders;
import static io.annals.registry.Samples.range;
import static io.annals.registry.Samples.segment;
import static io.annals.registry.Samples.settings;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.registry.FaultyRegistryStore.Fault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// A registry whose archive another owner took (REG-14).
class FencedRegistryTest {
    private final FaultyRegistryStore store = new FaultyRegistryStore();
    private final TestTime time = new TestTime();

    @Test
    void everyStartCommitsItsEpochBeforeAnythingElse() throws Exception {
        Owner one = open("one", store);
        assertThat(one.registry.snapshot().generation()).isEqualTo(1);
        one.commit(RegistryChange.ofTopic(orders(1, 1)));
        Owner two = open("two", store);

        assertThat(two.registry.snapshot().generation()).isEqualTo(3);
        assertThat(delta(1))
                .extracting(Delta::epoch, Delta::change)
                .containsExactly(1L, RegistryChange.NONE);
        assertThat(delta(2).epoch()).isEqualTo(1);
        assertThat(delta(3))
                .extracting(Delta::epoch, Delta::change)
                .containsExactly(2L, RegistryChange.NONE);
    }

    @Test
    void aFencedRegistryCommitsNothingAndShowsWhatItOwned() throws Exception {
        Owner one = open("one", store);
        one.commit(RegistryChange.ofTopic(orders(1, 1)));
        Owner two = open("two", store);
        two.commit(archived(segment("of-two", range(0, 0, 10))));
        List<String> before = store.list("");

        assertThatThrownBy(() -> one.commit(archived(segment("of-one", range(0, 0, 5)))))
                .isInstanceOf(FencedException.class);
        assertThatThrownBy(one.registry::refresh).isInstanceOf(FencedException.class);

        assertThat(store.list("")).isEqualTo(before);
        assertThat(one.registry.snapshot().generation()).isEqualTo(2);
        assertThat(two.registry.snapshot().segments(ORDERS)).hasSize(1);
    }

    /// The old owner was stopped between computing its change and writing it; the new one did all
    /// that it does in a week meanwhile, so that the old one's number is free again.
    @Test
    void aCommitIntoNumbersThatTheNewOwnerForgotDoesNotCount() throws Exception {
        Owner one = open("one", store);
        one.commit(RegistryChange.ofTopic(orders(1, 1)));
        List<Owner> two = new ArrayList<>();
        Step aWeek =
                () -> {
                    Owner owner = open("two", store);
                    for (long i = 0; i < 10; i++) {
                        owner.commit(
                                archived(segment("of-two-" + i, range(0, i * 10, i * 10 + 10))));
                    }
                    new KeptGenerations(store).forgetBefore(Long.MAX_VALUE);
                    two.add(owner);
                };
        one.stopBeforeNextDelta = Optional.of(aWeek);

        assertThatThrownBy(() -> one.commit(archived(segment("of-one", range(0, 0, 5)))))
                .isInstanceOf(FencedException.class);

        assertThat(store.read(ObjectKeys.delta(3))).isPresent(); // it did get there
        assertThat(one.registry.snapshot().segment("of-one")).isEmpty();
        assertThatThrownBy(one.registry::refresh).isInstanceOf(FencedException.class);
        assertThat(one.registry.snapshot().segment("of-one")).isEmpty();
        RegistrySnapshot now = DurableRegistry.newest(store);
        assertThat(now.segments(ORDERS)).hasSize(10);
        assertThat(now.segment("of-one")).isEmpty();
        two.getFirst().commit(archived(segment("later", range(0, 100, 110))));
        new KeptGenerations(store).forgetBefore(Long.MAX_VALUE);
        assertThat(open("three", store).registry.snapshot().segments(ORDERS)).hasSize(11);
    }

    @Test
    void aCommitThatTheStoreDoesNotConfirmIsFoundByTheNextOne() throws Exception {
        Owner one = open("one", store);
        one.commit(RegistryChange.ofTopic(orders(1, 1)));
        one.failConfirmations = 1;
        RegistryChange change = archived(segment("a", range(0, 0, 10)));

        assertThatThrownBy(() -> one.commit(change)).isInstanceOf(IOException.class);
        assertThat(one.registry.snapshot().segment("a")).isEmpty();

        assertThat(one.registry.refresh().segment("a")).isPresent();
    }

    /// Whatever the owners do, and wherever they are stopped and go on, what a commit acknowledged
    /// is there in the end, once, and nobody commits after a later owner did.
    @Test
    void noInterleavingOfOwnersLosesAnAcknowledgedCommit() throws Exception {
        for (long seed = 0; seed < 50; seed++) {
            interleave(seed);
        }
    }

    private static void interleave(long seed) throws Exception {
        FencedRegistryTest test = new FencedRegistryTest();
        Random random = new Random(seed);
        List<Owner> owners = new ArrayList<>();
        owners.add(test.open("first", test.store));
        owners.getFirst().commit(RegistryChange.ofTopic(orders(1, 1)));
        List<String> acknowledged = new ArrayList<>();
        for (int step = 0; step < 40; step++) {
            Owner owner = owners.get(random.nextInt(owners.size()));
            String id = "s-" + step;
            if (random.nextInt(8) == 0) {
                int at = step;
                owner.stopBeforeNextDelta =
                        Optional.of(() -> owners.add(test.open("during-" + at, test.store)));
            }
            if (random.nextInt(10) == 0) {
                test.store.failAfter(random.nextInt(3), Fault.LOST_ANSWER);
            }
            try {
                switch (random.nextInt(6)) {
                    case 0 -> owners.add(test.open("owner-" + step, test.store));
                    case 1 -> owner.forget();
                    default -> {
                        owner.commitNext(id);
                        assertThat(owner).as("seed %d", seed).isSameAs(newest(owners, owner));
                        acknowledged.add(id);
                    }
                }
            } catch (IOException | UncheckedIOException expected) {
                owner.stopBeforeNextDelta = Optional.empty();
            }
        }
        RegistrySnapshot now = DurableRegistry.newest(test.store);
        assertThat(now.segments(ORDERS).stream().map(RecordSegment::id))
                .as("seed %d", seed)
                .containsAll(acknowledged)
                .doesNotHaveDuplicates();
    }

    private static Owner newest(List<Owner> owners, Owner acknowledged) {
        return owners.stream()
                .filter(owner -> owner.lease.epoch() > acknowledged.lease.epoch())
                .findAny()
                .orElse(acknowledged);
    }

    private Owner open(String server, FaultyRegistryStore store) throws IOException {
        return new Owner(store, server, time);
    }

    private Delta delta(long generation) throws IOException {
        String name = ObjectKeys.delta(generation);
        return RegistryFormat.delta(name, store.read(name).orElseThrow());
    }

    @FunctionalInterface
    private interface Step {
        void run() throws IOException;
    }

    /// One server's view of the store, which can be held up.
    private static final class Owner extends RegistryStoreView {
        private final ArchiveLease lease;
        private final DurableRegistry registry;
        private Optional<Step> stopBeforeNextDelta = Optional.empty();
        private int failConfirmations;

        Owner(RegistryStore store, String server, LeaseTime time) throws IOException {
            super(store);
            LeaseHolder holder = holder(server);
            this.lease =
                    ArchiveLease.claim(
                            this,
                            holder,
                            ArchiveLease.await(this, holder, LeaseRequest.TAKE_OVER, time),
                            time);
            this.registry =
                    DurableRegistry.open(this, CLOCK, settings(server), lease, Runnable::run);
        }

        @Override
        public boolean createIfAbsent(String name, byte[] bytes) throws IOException {
            Optional<Step> stop = stopBeforeNextDelta;
            if (stop.isPresent() && name.startsWith(ObjectKeys.DELTAS)) {
                stopBeforeNextDelta = Optional.empty();
                stop.get().run();
            }
            return super.createIfAbsent(name, bytes);
        }

        @Override
        public boolean exists(String name) throws IOException {
            if (name.startsWith(ObjectKeys.OWNERS) && failConfirmations-- > 0) {
                throw new IOException("the store is away");
            }
            return super.exists(name);
        }

        void commit(RegistryChange change) throws IOException {
            registry.commit(_ -> Optional.of(change));
        }

        void commitNext(String id) throws IOException {
            registry.commit(base -> {
                if (base.segment(id).isPresent()) {
                    return Optional.empty();
                }
                long end = base.archivedEndOffset(ORDERS, 0);
                return Optional.of(archived(segment(id, range(0, end, end + 10))));
            });
        }

        /// As a sweep does: it asks before.
        void forget() throws IOException {
            lease.confirm();
            new KeptGenerations(this).forgetBefore(Long.MAX_VALUE);
        }
    }
}
