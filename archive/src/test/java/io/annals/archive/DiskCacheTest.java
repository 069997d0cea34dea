package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
@ExtendWith(SeededRandom.class)
class DiskCacheTest {
    private static final int OBJECT_BYTES = 1_000_000;
    private static final long MAX_BYTES = 64 << 20;

    @TempDir Path directory;

    private Path folder() {
        return directory.resolve("cache");
    }

    private DiskCache open() throws IOException {
        return DiskCache.open(folder(), MAX_BYTES);
    }

    @Test
    void anyPartOfWhatWasPutIsThere(Random random) throws IOException {
        byte[] object = TestObjects.noise(random, OBJECT_BYTES);
        boolean[] put = new boolean[OBJECT_BYTES];
        try (DiskCache cache = open()) {
            for (int i = 0; i < 300; i++) {
                int from = random.nextInt(OBJECT_BYTES);
                int to = from + 1 + random.nextInt(Math.min(OBJECT_BYTES - from, 150_000));
                if (random.nextInt(6) == 0) {
                    cache.put("a", from, ByteBuffer.wrap(object, from, to - from));
                    Arrays.fill(put, from, to, true);
                    assertThat(cache.get("a", from, to - from)).isPresent();
                } else {
                    Optional<ByteBuffer> got = cache.get("a", from, to - from);
                    boolean all = true;
                    for (int at = from; at < to; at++) {
                        all &= put[at];
                    }
                    if (got.isPresent()) {
                        assertThat(all).isTrue();
                        assertThat(got.get()).isEqualTo(ByteBuffer.wrap(object, from, to - from));
                    }
                }
            }
            assertThat(cache.counts().hits()).isPositive();
            assertThat(cache.counts().damaged()).isZero();
            assertThat(cache.counts().failures()).isZero();
        }
    }

    @Test
    void theFormatIsWhatItsPageSays() throws IOException {
        try (DiskCache cache = open()) {
            cache.put("a", 256, ByteBuffer.wrap(new byte[] {1, 2, 3}));
        }
        Path file = files().getFirst();
        assertThat(folder().relativize(file))
                .hasToString("ca/978112ca1bbdcafac231b39a23dc4d/0000000000000100-00000003");
        String page = Files.readString(Path.of("../docs/formats/disk-cache.md"));
        String hex =
                page.substring(page.indexOf("<!-- example range -->"))
                        .replaceAll("(?s)<!--.*?-->|```|(?m)^[0-9a-f]{4}  |\\s", "");
        assertThat(HexFormat.of().formatHex(Files.readAllBytes(file))).isEqualTo(hex);
    }

    @Test
    void neighboursAnswerTogetherAndWhatIsCoveredGoes(Random random) throws IOException {
        byte[] object = TestObjects.noise(random, OBJECT_BYTES);
        try (DiskCache cache = open()) {
            for (int at = 0; at < OBJECT_BYTES; at += 100_000) {
                cache.put("a", at, ByteBuffer.wrap(object, at, 100_000));
            }
            assertThat(cache.get("a", 50_000, 700_000))
                    .contains(ByteBuffer.wrap(object, 50_000, 700_000));
            assertThat(files()).hasSize(10);

            cache.put("a", 0, ByteBuffer.wrap(object));
            assertThat(files()).hasSize(1);
            assertThat(cache.get("a", 50_000, 700_000))
                    .contains(ByteBuffer.wrap(object, 50_000, 700_000));
            cache.put("a", 1_000, ByteBuffer.wrap(object, 1_000, 5));
            assertThat(files()).hasSize(1);
        }
    }

    @Test
    void whatWasPutIsThereAfterARestart(Random random) throws IOException {
        Map<String, byte[]> objects = new HashMap<>();
        try (DiskCache cache = open()) {
            for (int i = 0; i < 50; i++) {
                byte[] bytes = TestObjects.noise(random, 1 + random.nextInt(200_000));
                objects.put("object-" + i, bytes);
                cache.put("object-" + i, 7L << 32, ByteBuffer.wrap(bytes));
            }
        }
        try (DiskCache cache = open()) {
            objects.forEach((name, bytes) ->
                    assertThat(cache.get(name, 7L << 32, bytes.length))
                            .contains(ByteBuffer.wrap(bytes)));
            assertThat(cache.get("object-50", 7L << 32, 1)).isEmpty();
            assertThat(cache.counts().bytes()).isPositive();
        }
    }

    @Test
    void aFlippedBitIsNeverServedAndItsFileGoes(Random random) throws IOException {
        byte[] bytes = TestObjects.noise(random, 200_000);
        for (int i = 0; i < 100; i++) {
            try (DiskCache cache = open()) {
                cache.put("a", 10, ByteBuffer.wrap(bytes));
                Path file = files().getFirst();
                byte[] damaged = Files.readAllBytes(file);
                if (i % 5 == 0) {
                    damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
                } else {
                    damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
                }
                Files.write(file, damaged);

                assertThat(cache.get("a", 10, bytes.length)).isEmpty();
                assertThat(cache.counts().damaged()).isEqualTo(1);
                assertThat(files()).isEmpty();
            }
        }
    }

    @Test
    void onlyBlocksThatAreAskedForAreChecked(Random random) throws IOException {
        byte[] bytes = TestObjects.noise(random, 200_000);
        try (DiskCache cache = open()) {
            cache.put("a", 0, ByteBuffer.wrap(bytes));
            Path file = files().getFirst();
            byte[] damaged = Files.readAllBytes(file);
            damaged[damaged.length - 1] ^= 1;
            Files.write(file, damaged);

            assertThat(cache.get("a", 100, 60_000)).contains(ByteBuffer.wrap(bytes, 100, 60_000));
            assertThat(cache.get("a", 100, 199_900)).isEmpty();
        }
    }

    @Test
    void theFilesStayWithinTheBound(Random random) throws IOException {
        long bound = 4 << 20;
        try (DiskCache cache = DiskCache.open(folder(), bound)) {
            for (int i = 0; i < 400; i++) {
                byte[] bytes = TestObjects.noise(random, 1 + random.nextInt(100_000));
                cache.put("object-" + random.nextInt(40), i * 1_000L, ByteBuffer.wrap(bytes));
                assertThat(bytesOnDisk()).isLessThanOrEqualTo(bound);
            }
            assertThat(cache.counts().bytes()).isBetween(bound / 2, bound);
            assertThat(cache.counts().evictions()).isPositive();
            cache.put("large", 0, ByteBuffer.wrap(new byte[2 << 20]));
            assertThat(cache.get("large", 0, 1)).isEmpty();
        }
        try (DiskCache smaller = DiskCache.open(folder(), bound / 4)) {
            assertThat(bytesOnDisk()).isLessThanOrEqualTo(bound / 4);
            assertThat(smaller.counts().bytes()).isPositive();
        }
    }

    @Test
    void itsFolderIsItsOwn() throws IOException {
        try (DiskCache cache = open()) {
            assertThatThrownBy(this::open).hasMessageContaining("in use");
            assertThat(cache.counts().bytes()).isZero();
        }
        Path other = Files.createDirectory(directory.resolve("documents"));
        Files.writeString(other.resolve("letter"), "dear");
        assertThatThrownBy(() -> DiskCache.open(other, MAX_BYTES))
                .hasMessageContaining("holds other files");
        assertThat(other.resolve("letter")).hasContent("dear");
    }

    @Test
    void aDiskThatTakesNothingCostsNothingButRequests() throws IOException {
        try (DiskCache cache = open()) {
            Files.delete(folder().resolve("tmp"));
            cache.put("a", 0, ByteBuffer.wrap(new byte[100]));
            assertThat(cache.get("a", 0, 100)).isEmpty();
            assertThat(cache.counts().failures()).isPositive();
        }
    }

    @Test
    void manyReadersAndWritersGetNothingButTheTruth(Random random) throws Exception {
        byte[][] objects = new byte[4][];
        for (int i = 0; i < objects.length; i++) {
            objects[i] = TestObjects.noise(random, OBJECT_BYTES);
        }
        try (DiskCache cache = DiskCache.open(folder(), 2 << 20);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> done = new ArrayList<>();
            for (int t = 0; t < 8; t++) {
                long seed = random.nextLong();
                done.add(threads.submit(() -> readAndWrite(cache, objects, new Random(seed))));
            }
            for (Future<?> one : done) {
                one.get();
            }
            assertThat(cache.counts().damaged()).isZero();
            assertThat(cache.counts().hits()).isPositive();
            assertThat(bytesOnDisk()).isLessThanOrEqualTo(2 << 20);
        }
    }

    private static void readAndWrite(DiskCache cache, byte[][] objects, Random random) {
        for (int i = 0; i < 200; i++) {
            int object = random.nextInt(objects.length);
            int from = random.nextInt(20) * 40_000;
            int length = 1 + random.nextInt(100_000);
            ByteBuffer truth = ByteBuffer.wrap(objects[object], from, length).slice();
            Optional<ByteBuffer> got = cache.get("object-" + object, from, length);
            if (got.isPresent()) {
                assertThat(got.get()).isEqualTo(truth);
            } else {
                cache.put("object-" + object, from, truth);
            }
        }
    }

    @Test
    void aKilledProcessLeavesWholeRanges(Random random) throws Exception {
        int seed = random.nextInt();
        int found = 0;
        for (int i = 0; i < 2; i++) {
            Process writer =
                    new ProcessBuilder(
                                    Path.of(System.getProperty("java.home"), "bin", "java")
                                            .toString(),
                                    "-cp",
                                    System.getProperty("java.class.path"),
                                    Writer.class.getName(),
                                    folder().toString(),
                                    "" + seed)
                            .inheritIO()
                            .start();
            try {
                while (writer.isAlive() && files().size() < 20 * (i + 1)) {
                    Thread.sleep(5);
                }
            } finally {
                writer.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
            }
            try (DiskCache cache = open()) {
                try (Stream<Path> left = Files.list(folder().resolve("tmp"))) {
                    assertThat(left).isEmpty();
                }
                for (int n = 0; n < 2_000; n++) {
                    byte[] bytes = Writer.bytes(seed, n);
                    Optional<ByteBuffer> got = cache.get("object-" + n, n, bytes.length);
                    if (got.isPresent()) {
                        assertThat(got.get()).isEqualTo(ByteBuffer.wrap(bytes));
                        found++;
                    }
                }
                assertThat(cache.counts().damaged()).isZero();
            }
        }
        assertThat(found).isGreaterThan(40);
    }

    /// A process that writes until it is killed.
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) throws IOException {
            int seed = Integer.parseInt(arguments[1]);
            try (DiskCache cache = DiskCache.open(Path.of(arguments[0]), 1 << 30)) {
                for (int n = 0; n < 2_000; n++) {
                    cache.put("object-" + n, n, ByteBuffer.wrap(bytes(seed, n)));
                }
            }
        }

        static byte[] bytes(int seed, int n) {
            Random random = new Random(seed * 31L + n);
            return TestObjects.noise(random, 1 + random.nextInt(60_000));
        }
    }

    private List<Path> files() throws IOException {
        return ranges(folder());
    }

    /// The files of ranges in the folder of a cache, which may be in use.
    static List<Path> ranges(Path cache) throws IOException {
        return LiveFiles.under(cache).stream()
                .filter(file -> ("" + file.getFileName()).matches("[0-9a-f]{16}-[0-9a-f]{8}"))
                .toList();
    }

    private long bytesOnDisk() throws IOException {
        long sum = 0;
        for (Path file : files()) {
            sum += Files.size(file);
        }
        return sum;
    }
}
