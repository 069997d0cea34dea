package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.archive.ObjectStore.ObjectInfo;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class ObjectWalkTest {
    private static final int OBJECTS = 50_000;
    private static final int PARALLELISM = 3;

    private final AtomicInteger listed = new AtomicInteger();

    @Test
    void theListingWaitsForTheVisits() throws Exception {
        AtomicInteger finished = new AtomicInteger();
        AtomicInteger atOnce = new AtomicInteger();
        List<Integer> inFlight = new ArrayList<>();
        List<String> results = new ArrayList<>();

        walk(ArchiveProgress.NONE)
                .visit(
                        this::list,
                        object -> {
                            inFlight.add(listed.get() - finished.get());
                            return () -> {
                                assertThat(atOnce.incrementAndGet())
                                        .isLessThanOrEqualTo(PARALLELISM);
                                atOnce.decrementAndGet();
                                finished.incrementAndGet();
                                return object.key();
                            };
                        },
                        results::add);

        assertThat(inFlight)
                .hasSize(OBJECTS)
                .allMatch(count -> count <= PARALLELISM * ObjectWalk.AHEAD);
        assertThat(results).hasSize(OBJECTS).isSorted();
    }

    @Test
    void tellsHowFarItIs() throws Exception {
        List<Long> done = new ArrayList<>();
        ObjectWalk walk =
                walk((objects, total, bytes) -> {
                    assertThat(total).isEqualTo(OBJECTS);
                    assertThat(bytes).isEqualTo(2 * objects);
                    done.add(objects);
                });

        walk.expect(OBJECTS);
        walk.visit(this::list, _ -> () -> "", _ -> {});

        assertThat(done).hasSize(OBJECTS).isSorted();
        assertThat(walk.doneObjects()).isEqualTo(OBJECTS);
        assertThat(walk.doneBytes()).isEqualTo(2 * OBJECTS);
    }

    @Test
    void aVisitThatFailsEndsTheWalk() {
        assertThatThrownBy(() ->
                        walk(ArchiveProgress.NONE)
                                .visit(this::list, object -> () -> failAt(object, 1_000), _ -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasRootCauseMessage("no more");
        assertThat(listed.get()).isLessThanOrEqualTo(1_000 + PARALLELISM * ObjectWalk.AHEAD + 1);
    }

    @Test
    void anInterruptEndsTheWalkAndItsVisits() throws Exception {
        CountDownLatch begun = new CountDownLatch(PARALLELISM);
        CountDownLatch ended = new CountDownLatch(PARALLELISM);
        Thread walker = Thread.currentThread();
        Thread.ofVirtual()
                .start(() -> {
                    awaitQuietly(begun);
                    walker.interrupt();
                });

        assertThatThrownBy(() ->
                        walk(ArchiveProgress.NONE)
                                .visit(
                                        this::list,
                                        _ -> () -> sleepUntilInterrupted(begun, ended),
                                        _ -> {}))
                .isInstanceOf(InterruptedIOException.class);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(ended.getCount()).isZero();
    }

    private static String failAt(ObjectInfo object, int number) {
        if (object.key().endsWith("%06d".formatted(number))) {
            throw new IllegalArgumentException("no more");
        }
        return object.key();
    }

    private static String sleepUntilInterrupted(CountDownLatch begun, CountDownLatch ended) {
        begun.countDown();
        awaitQuietly(new CountDownLatch(1));
        ended.countDown();
        return "";
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static ObjectWalk walk(ArchiveProgress progress) {
        return new ObjectWalk(PARALLELISM, progress);
    }

    private void list(Consumer<ObjectInfo> objects) {
        listed.set(0);
        for (int i = 0; i < OBJECTS; i++) {
            listed.incrementAndGet();
            objects.accept(new ObjectInfo("k/%06d".formatted(i), 2, 0));
        }
    }
}
