package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.registry.ArchiveObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// Readers of archive objects with a cache on disk behind those in memory, over restarts of both.
@Timeout(60)
@ExtendWith(SeededRandom.class)
class DiskCachedTarsTest {
    private final RecordingStore store = new RecordingStore();

    @TempDir Path directory;

    private DiskCache disk;

    @BeforeEach
    void open() throws IOException {
        disk = DiskCache.open(directory.resolve("cache"), 64 << 20);
    }

    @AfterEach
    void close() {
        disk.close();
    }

    private CachedTars restarted() throws IOException {
        disk.close();
        open();
        store.drainReads();
        return new CachedTars(store, 16 << 20, 16 << 20, disk);
    }

    private static void readAll(CachedTars tars, ArchiveObject object, Map<String, byte[]> entries)
            throws IOException {
        SeekableTar tar = tars.open(object);
        for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
            assertThat(tar.readAll(entry.getKey(), 1 << 30)).isEqualTo(entry.getValue());
        }
    }

    @Test
    void afterARestartNothingIsReadAgain(Random random) throws IOException {
        Map<String, byte[]> entries = TestObjects.entries(random);
        ArchiveObject object = TestObjects.store(store, directory, entries);
        readAll(restarted(), object, entries);
        assertThat(store.drainReads()).isNotEmpty();

        CachedTars tars = restarted();
        readAll(tars, object, entries);
        assertThat(store.drainReads()).isEmpty();
        assertThat(tars.counts(ReadPurpose.TAIL).requests()).isZero();
        assertThat(tars.rangeCounts().hits()).isPositive();
        assertThat(tars.rangeCounts().misses()).isZero();
    }

    @Test
    void whoLooksAtWhatTheStoreHasGetsThat(Random random) throws IOException {
        Map<String, byte[]> entries = TestObjects.entries(random);
        ArchiveObject object = TestObjects.store(store, directory, entries);
        CachedTars tars = restarted();
        readAll(tars, object, entries);
        store.drainReads();

        SeekableTar tar = tars.open(object.key());
        tar.scan(tar.entry("gz/noise").orElseThrow(), _ -> {});
        tars.open(object).scan(tar.entry("raw/text").orElseThrow(), _ -> {});
        assertThat(store.drainReads().size()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void whatIsDamagedOnDiskIsReadFromTheStore(Random random) throws IOException {
        Map<String, byte[]> entries = TestObjects.entries(random);
        ArchiveObject object = TestObjects.store(store, directory, entries);
        readAll(restarted(), object, entries);
        for (Path file : ranges()) {
            byte[] bytes = Files.readAllBytes(file);
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, bytes);
        }

        CachedTars tars = restarted();
        readAll(tars, object, entries);
        assertThat(tars.rangeCounts().damaged()).isPositive();
        readAll(restarted(), object, entries);
        assertThat(store.drainReads()).isEmpty();
    }

    @Test
    void whatCameDamagedIsNotKept(Random random) throws IOException {
        Map<String, byte[]> entries = TestObjects.entries(random);
        ArchiveObject object = TestObjects.store(store, directory, entries);
        byte[] right = Objects.requireNonNull(store.objects.get(object.key()));
        for (int i = 0; i < 30; i++) {
            byte[] wrong = right.clone();
            wrong[random.nextInt(wrong.length)] ^= (byte) (1 << random.nextInt(8));
            store.objects.put(object.key(), wrong);
            try {
                readAll(restarted(), object, entries);
            } catch (CorruptObjectException expected) {
                assertThat(expected).hasMessageContaining(object.key());
            }
            store.objects.put(object.key(), right);
            readAll(restarted(), object, entries);
        }
    }

    @Test
    void anotherObjectUnderTheSameKeyIsNotTakenForIt(Random random) throws IOException {
        Map<String, byte[]> entries = Map.of("gz/data", TestObjects.noise(random, 100_000));
        ArchiveObject object = TestObjects.store(store, directory, entries);
        readAll(restarted(), object, entries);

        store.objects.clear();
        Map<String, byte[]> others = Map.of("gz/data", TestObjects.noise(random, 100_000));
        ArchiveObject other = TestObjects.store(store, directory, others);
        assertThat(other.sha256()).isNotEqualTo(object.sha256());
        readAll(restarted(), other, others);
    }

    private List<Path> ranges() throws IOException {
        return DiskCacheTest.ranges(directory.resolve("cache"));
    }
}
