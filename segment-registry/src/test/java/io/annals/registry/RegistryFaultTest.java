package io.annals.registry;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RegistryFaultTest {

    @Test
    void eightWritersOnOneStoreLoseNoUpdate() throws Exception {
        FaultyRegistryStore store = new FaultyRegistryStore();
        commit(open(store, "first"), RegistryChange.ofTopic(counter(1, 0)));
        int writers = 8;
        int updates = 25;
        CyclicBarrier barrier = new CyclicBarrier(writers);
        try (ExecutorService pool = Executors.newFixedThreadPool(writers)) {
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int writer = 0; writer < writers; writer++) {
                DurableRegistry registry = open(store, "writer-" + writer % 4 + "-" + writer);
                tasks.add(() -> {
                    barrier.await();
                    for (int i = 0; i < updates; i++) {
                        registry.commit(RegistryFaultTest::increment);
                    }
                    return null;
                });
            }
            for (Future<Void> result : pool.invokeAll(tasks)) {
                result.get();
            }
        }

        RegistrySnapshot snapshot = open(store, "last").snapshot();

        assertThat(snapshot.generation()).isEqualTo(1 + writers * updates);
        assertThat(snapshot.topic(ORDERS).orElseThrow().configs())
                .containsEntry("counter", "" + writers * updates);
    }

    @Test
    void threadsOfOneRegistryLoseNoUpdate() throws Exception {
        FaultyRegistryStore store = new FaultyRegistryStore();
        DurableRegistry registry = open(store, "only");
        commit(registry, RegistryChange.ofTopic(counter(1, 0)));
        try (ExecutorService pool = Executors.newFixedThreadPool(8)) {
            List<Future<RegistrySnapshot>> results = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                results.add(pool.submit(() -> registry.commit(RegistryFaultTest::increment)));
            }
            for (Future<RegistrySnapshot> result : results) {
                result.get();
            }
        }
        assertThat(registry.snapshot().topic(ORDERS).orElseThrow().configs())
                .containsEntry("counter", "100");
    }

    @Test
    void aChangeIsComputedAgainWhenAnotherWriterWins() throws Exception {
        FaultyRegistryStore store = new FaultyRegistryStore();
        DurableRegistry one = open(store, "one");
        commit(one, RegistryChange.ofTopic(counter(1, 0)));
        DurableRegistry two = open(store, "two");
        AtomicInteger runs = new AtomicInteger();

        one.commit(base -> {
            if (runs.getAndIncrement() == 0) {
                commitUnchecked(two);
            }
            return increment(base);
        });

        assertThat(runs).hasValue(2);
        assertThat(one.snapshot().topic(ORDERS).orElseThrow().configs())
                .containsEntry("counter", "2");
    }

    @Test
    void aCrashAtAnyWriteLeavesAllOrNothingOfTheCommit() throws Exception {
        for (Fault fault : List.of(Fault.CRASH_BEFORE, Fault.CRASH_AFTER)) {
            // 8 commits: their deltas, topic objects and checkpoints are 14 writes
            for (int writes = 0; writes < 14; writes++) {
                FaultyRegistryStore store = new FaultyRegistryStore();
                DurableRegistry registry = open(store, "before");
                store.failAfter(writes, fault);
                int acknowledged = commitUntilFailure(registry, 8);

                FaultyRegistryStore restarted = store.afterRestart();
                RegistrySnapshot found = open(restarted, "after").snapshot();

                String where = fault + " at write " + writes;
                long generation = found.generation();
                assertThat(generation).as(where).isBetween((long) acknowledged, acknowledged + 1L);
                assertThat(((Generation) found).checkpoint())
                        .as(where)
                        .isEqualTo(expected((int) generation));
                // and it goes on from there
                DurableRegistry next = open(restarted, "next");
                commitUntilFailure(next, 12);
                assertThat(((Generation) next.snapshot()).checkpoint()).isEqualTo(expected(12));
                assertThat(restarted.list(ObjectKeys.TOPICS)).hasSize(6);
                assertThat(restarted.list(ObjectKeys.CHECKPOINTS)).isNotEmpty();
            }
        }
    }

    @Test
    void aLostAnswerIsNotTakenForADefeat() throws Exception {
        for (int writes = 0; writes < 14; writes++) {
            FaultyRegistryStore store = new FaultyRegistryStore();
            DurableRegistry registry = open(store, "writer");
            store.failAfter(writes, Fault.LOST_ANSWER);

            assertThat(commitUntilFailure(registry, 8)).isEqualTo(8);

            assertThat(((Generation) open(store, "reader").snapshot()).checkpoint())
                    .isEqualTo(expected(8));
        }
    }

    @Test
    void aCommitWithUnknownOutcomeIsFoundByTheNextOne() throws Exception {
        FaultyRegistryStore store = new FaultyRegistryStore();
        DurableRegistry registry = open(store, "writer");
        commit(registry, RegistryChange.ofTopic(orders(1, 1)));
        store.failAfter(0, Fault.LOST_ANSWER);
        store.failAgain(Fault.BEFORE);

        RegistryChange change = archived(segment("a", range(0, 0, 10)));
        assertThatThrownBy(() -> commit(registry, change)).isInstanceOf(IOException.class);
        assertThat(registry.snapshot().generation()).isEqualTo(1);

        // the delta is there: the change would be doubled, were it not looked at again
        registry.commit(
                base -> base.segment("a").isPresent() ? Optional.empty() : Optional.of(change));

        assertThat(registry.refresh().generation()).isEqualTo(2);
        assertThat(registry.snapshot().segments(ORDERS)).hasSize(1);
    }

    /// @return how many commits were acknowledged, those that were there before included
    private static int commitUntilFailure(DurableRegistry registry, int upTo) {
        int generation = (int) registry.snapshot().generation();
        try {
            while (generation < upTo) {
                commit(registry, change(generation + 1));
                generation++;
            }
        } catch (IOException expected) {
            return generation;
        }
        return generation;
    }

    /// Odd generations change the topic, even ones archive.
    private static RegistryChange change(int generation) {
        if (generation % 2 == 1) {
            return RegistryChange.ofTopic(counter(generation / 2 + 1, generation));
        }
        return archived(segment("s" + generation, range(0, generation, generation + 1)));
    }

    private static Checkpoint expected(int generation) {
        RegistryModel model = new RegistryModel();
        for (int i = 1; i <= generation; i++) {
            model.apply(change(i));
        }
        return model.checkpoint(generation, generation == 0 ? 0 : CLOCK.millis());
    }

    private static Optional<RegistryChange> increment(RegistrySnapshot base) {
        TopicMetadata topic = base.topic(ORDERS).orElseThrow();
        int count = Integer.parseInt(topic.configs().getOrDefault("counter", ""));
        return Optional.of(RegistryChange.ofTopic(counter(topic.version() + 1, count + 1)));
    }

    private static TopicMetadata counter(long version, int count) {
        return new TopicMetadata(
                ORDERS, "orders", version, Map.of("counter", "" + count), List.of(0L), 5, false);
    }

    private static void commitUnchecked(DurableRegistry registry) {
        try {
            registry.commit(RegistryFaultTest::increment);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static RegistrySnapshot commit(DurableRegistry registry, RegistryChange change)
            throws IOException {
        return registry.commit(_ -> Optional.of(change));
    }

    private static DurableRegistry open(FaultyRegistryStore store, String writer)
            throws IOException {
        return DurableRegistry.open(store, CLOCK, settings(writer), Runnable::run);
    }
}
