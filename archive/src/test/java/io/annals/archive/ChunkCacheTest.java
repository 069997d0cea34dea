package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.registry.ArchiveObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
@ExtendWith(SeededRandom.class)
class ChunkCacheTest {
    private static final int SIZE = 12 * 1024 * 1024;

    private final RecordingStore store = new RecordingStore();

    @TempDir Path directory;

    private ArchiveObject object(Random random) throws IOException {
        return TestObjects.store(
                store, directory, Map.of("gz/data", TestObjects.noise(random, SIZE)));
    }

    private SeekableTar open(CachedTars tars, ArchiveObject object) throws IOException {
        SeekableTar tar = tars.open(object);
        store.drainReads();
        return tar;
    }

    @Test
    void manyWhoAskForOneChunkCauseOneRead(Random random) throws Exception {
        CachedTars tars = TestObjects.tars(store);
        ArchiveObject object = object(random);
        store.delayMs = 30;
        inParallel(32, _ -> tars.open(object).chunk(data(tars.open(object)), 0));

        assertThat(store.drainReads()).hasSize(2);
        assertThat(tars.counts(ReadPurpose.TAIL).misses()).isEqualTo(1);
        assertThat(tars.counts(ReadPurpose.DEMAND).misses()).isEqualTo(1);
        assertThat(tars.counts(ReadPurpose.DEMAND).hits()).isEqualTo(31);
    }

    @Test
    void overlappingRangesReadEachChunkOnce(Random random) throws Exception {
        CachedTars tars = TestObjects.tars(store);
        SeekableTar tar = open(tars, object(random));
        store.delayMs = 5;
        inParallel(
                32,
                i -> {
                    int from = new Random(i).nextInt(SIZE - 1);
                    return tar.chunks(data(tar), from, 1 + new Random(i).nextInt(SIZE - from));
                });

        Set<Long> seen = new HashSet<>();
        long bytes = 0;
        for (RecordingStore.Read read : store.drainReads()) {
            assertThat(seen.add(read.position())).isTrue();
            bytes += read.length();
        }
        assertThat(bytes).isLessThan(tar.object().sizeBytes());
    }

    @Test
    void aRangeIsReadWithOneRequestPassingOverLittleThatIsThere(Random random) throws IOException {
        CachedTars tars = TestObjects.tars(store);
        SeekableTar tar = open(tars, object(random));
        int chunk = GzEntryOutput.CHUNK_BYTES;

        tar.chunks(data(tar), 4L * chunk, chunk);
        assertThat(store.drainReads()).hasSize(1);
        tar.chunks(data(tar), 0, 9 * chunk);
        assertThat(store.drainReads()).hasSize(1);
        tar.chunks(data(tar), 20L * chunk, 4 * chunk);
        assertThat(store.drainReads()).hasSize(1);
        tar.chunks(data(tar), 16L * chunk, 12 * chunk);
        assertThat(store.drainReads()).hasSize(2);
        tar.chunks(data(tar), 0, SIZE);
        assertThat(store.drainReads())
                .hasSizeGreaterThan(0)
                .allSatisfy(read ->
                        assertThat(read.length()).isLessThanOrEqualTo(ChunkCache.MAX_READ_BYTES));
    }

    @Test
    void whatWasPrefetchedIsThereOrOnItsWay(Random random) throws IOException {
        CachedTars tars = TestObjects.tars(store);
        SeekableTar tar = open(tars, object(random));
        store.delayMs = 20;
        tar.prefetch(data(tar), 100_000, 2_000_000);
        tar.prefetch(data(tar), 100_000, 2_000_000);
        tar.chunks(data(tar), 100_000, 2_000_000);

        assertThat(store.drainReads()).hasSize(1);
        assertThat(tars.counts(ReadPurpose.DEMAND)).isEqualTo(new ReadCounts(0, 0, 17, 0));
        assertThat(tars.counts(ReadPurpose.READ_AHEAD).requests()).isEqualTo(1);
        tar.prefetch(data(tar), SIZE, 100);
        tar.prefetch(data(tar), SIZE - 1, 100);
    }

    @Test
    void aFailedReadReachesAllWhoWaitAndLeavesNothing(Random random) throws Exception {
        CachedTars tars = TestObjects.tars(store);
        SeekableTar tar = open(tars, object(random));
        store.delayMs = 20;
        store.failing = true;
        inParallel(
                8,
                _ -> {
                    assertThatThrownBy(() -> tar.chunk(data(tar), 0))
                            .isInstanceOf(ObjectStoreException.class)
                            .hasMessageContaining("out of reach");
                    return tar;
                });
        store.failing = false;
        assertThat(tar.chunk(data(tar), 0).bytes()).hasSize(GzEntryOutput.CHUNK_BYTES);
    }

    @Test
    void whoeverIsInterruptedWhileReadingDoesNotFailTheOthers(Random random) throws Exception {
        CachedTars tars = TestObjects.tars(store);
        SeekableTar tar = open(tars, object(random));
        store.delayMs = 500;
        Thread reader =
                Thread.ofVirtual()
                        .start(() ->
                                assertThatThrownBy(() -> tar.chunk(data(tar), 0))
                                        .isInstanceOf(IOException.class));
        while (store.reads.isEmpty()) {
            Thread.onSpinWait();
        }
        Thread interrupter =
                Thread.ofVirtual()
                        .start(() -> {
                            store.delayMs = 0;
                            reader.interrupt();
                        });
        assertThat(tar.chunk(data(tar), 0).bytes()).hasSize(GzEntryOutput.CHUNK_BYTES);
        interrupter.join();
        reader.join();
    }

    @Test
    void aFailedOpeningCanBeTriedAgain(Random random) throws Exception {
        CachedTars tars = TestObjects.tars(store);
        ArchiveObject object = object(random);
        store.failing = true;
        assertThatThrownBy(() -> tars.open(object)).hasMessageContaining("out of reach");
        store.failing = false;
        assertThat(tars.open(object).entries()).hasSize(1);
    }

    @Test
    void theCacheStaysWithinItsBound(Random random) throws IOException {
        long bound = 2 * 1024 * 1024;
        CachedTars tars = new CachedTars(store, bound, bound);
        SeekableTar tar = open(tars, object(random));
        for (int i = 0; i < 500; i++) {
            tar.chunk(data(tar), random.nextInt(SIZE));
            assertThat(tars.chunkCacheBytes()).isLessThanOrEqualTo(bound);
        }
        assertThat(tar.chunks(data(tar), 0, SIZE)).hasSize(SIZE / GzEntryOutput.CHUNK_BYTES);
    }

    private static SeekableTar.Entry data(SeekableTar tar) {
        return tar.entry("gz/data").orElseThrow();
    }

    @FunctionalInterface
    private interface Task {
        Object run(int i) throws IOException;
    }

    private static void inParallel(int threads, Task task) throws Exception {
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Object>> futures = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                int number = i;
                futures.add(executor.submit(() -> task.run(number)));
            }
            for (Future<Object> future : futures) {
                assertThat(future.get()).isNotNull();
            }
        }
    }
}
