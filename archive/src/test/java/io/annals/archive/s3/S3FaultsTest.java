package io.annals.archive.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.archive.ObjectStore;
import io.annals.archive.ObjectStore.ObjectInfo;
import io.annals.archive.ObjectStoreException;
import io.annals.archive.ReadDeadline;
import io.annals.archive.StoreUnusableException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The store behind a network and a server that fail.
class S3FaultsTest {
    private static final long SEED = 20261121;
    private static final int KEYS = 60;
    private static final int CREATORS = 3;

    /// Every so many keys, an object that goes up in parts.
    private static final int LARGE_EVERY = 20;

    private static final int HASTY_ATTEMPTS = 2;
    private static final int MAX_READS = 10_000;

    @TempDir Path folder;
    private S3TestServer server;
    private S3Settings bucket;
    private FaultyS3Proxy proxy;
    private S3ObjectStore faulty;
    private S3ObjectStore direct;

    @BeforeEach
    void start() throws Exception {
        server = new S3TestServer();
        bucket = server.newBucket();
        proxy = new FaultyS3Proxy(server.endpoint(), SEED);
        direct = new S3ObjectStore(bucket, Uuid::randomUuid);
        faulty =
                new S3ObjectStore(
                        S3TestServer.bucket(
                                bucket.bucket(), proxy.endpoint(), S3TestServer.CREDENTIALS),
                        Uuid::randomUuid);
    }

    @AfterEach
    void stop() throws Exception {
        faulty.close();
        direct.close();
        proxy.close();
        server.close();
    }

    @Test
    void nothingIsLostDoubledOrWrongWhileOneRequestInTenFails() throws Exception {
        proxy.fail(0.1);
        Map<String, List<Integer>> winners = new ConcurrentHashMap<>();
        Map<String, Integer> unknown = new ConcurrentHashMap<>();
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> tasks = new ArrayList<>();
            for (int one = 0; one < KEYS * CREATORS; one++) {
                int i = one / CREATORS;
                int creator = one % CREATORS;
                tasks.add(pool.submit(() -> create(i, creator, winners, unknown)));
            }
            for (Future<?> task : tasks) {
                task.get();
            }
        }

        List<String> there = keys(direct);
        for (int i = 0; i < KEYS; i++) {
            String key = key(i);
            List<Integer> won = winners.getOrDefault(key, List.of());
            assertThat(won.size()).as("winners of " + key).isLessThanOrEqualTo(1);
            if (won.isEmpty()) {
                assertThat(unknown)
                        .as("nobody won, so somebody's outcome is unknown")
                        .containsKey(key);
            } else {
                assertThat(there).contains(key);
                assertThat(bytes(direct, key))
                        .isEqualTo(ByteBuffer.wrap(content(i, won.getFirst())));
                assertThat(bytes(faulty, key))
                        .isEqualTo(ByteBuffer.wrap(content(i, won.getFirst())));
            }
        }
        assertThat(keys(faulty)).isEqualTo(there);
        readUntilEverythingWentWrong(winners);
    }

    private void readUntilEverythingWentWrong(Map<String, List<Integer>> winners)
            throws IOException {
        for (int read = 0; read < MAX_READS && !everythingWentWrong(); read++) {
            int i = read % KEYS;
            List<Integer> won = winners.getOrDefault(key(i), List.of());
            if (i % LARGE_EVERY != 0 && !won.isEmpty()) {
                assertThat(bytes(faulty, key(i)))
                        .isEqualTo(ByteBuffer.wrap(content(i, won.getFirst())));
            }
        }
        assertThat(everythingWentWrong()).as(proxy.injected().toString()).isTrue();
    }

    private boolean everythingWentWrong() {
        return proxy.injected().size() == FaultyS3Proxy.Fault.values().length;
    }

    @Test
    void aWriteWhoseAnswerIsLostIsKnownForOurs() throws Exception {
        proxy.only(FaultyS3Proxy.Fault.LOST_ANSWER);
        proxy.fail(0.5);
        for (int i = 0; proxy.lostPuts() < 5; i++) {
            assertThat(i).as("seed " + SEED).isLessThan(500);
            byte[] content = content(1, i);
            try {
                assertThat(faulty.createIfAbsent("objects/" + i, content)).isTrue();
            } catch (ObjectStoreException outcomeUnknown) {
                assertThat(outcomeUnknown.retriable()).isTrue();
            }
            assertThat(bytes(direct, "objects/" + i)).isEqualTo(ByteBuffer.wrap(content));
        }
    }

    /// Half of an answer and then nothing: given up in bounded time, and good again afterwards.
    @Test
    void aBodyThatStandsStillIsGivenUpAndTriedAgain() throws Exception {
        byte[] content = content(1, 0);
        direct.createIfAbsent("objects/still", content);
        proxy.only(FaultyS3Proxy.Fault.SLOW_BODY);
        proxy.slowness(Duration.ofSeconds(30));
        proxy.fail(1);
        try (S3ObjectStore hasty = hasty()) {
            assertThatThrownBy(() -> hasty.read("objects/still", 0, content.length))
                    .isInstanceOfSatisfying(
                            ObjectStoreException.class,
                            failure -> assertThat(failure.retriable()).isTrue())
                    .hasMessageContaining("objects/still");
            assertThatThrownBy(() -> hasty.createIfAbsent("objects/new", content))
                    .isInstanceOf(ObjectStoreException.class);
            proxy.fail(0);
            assertThat(bytes(hasty, "objects/still")).isEqualTo(ByteBuffer.wrap(content));
            assertThat(hasty.createIfAbsent("objects/new", content))
                    .as("the first try was done, and is not known for ours")
                    .isFalse();
        }
    }

    /// An interrupt ends a call from a virtual thread, which is how work is cancelled, and not the
    /// store.
    @Test
    void anInterruptedReadEndsAtOnceAndTheStoreGoesOn() throws Exception {
        byte[] content = content(1, 0);
        direct.createIfAbsent("objects/slow", content);
        proxy.only(FaultyS3Proxy.Fault.SLOW_BODY);
        proxy.slowness(Duration.ofSeconds(30));
        proxy.fail(1);
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Thread reader =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                faulty.read("objects/slow", 0, content.length);
                                failure.complete(new AssertionError("was read"));
                            } catch (IOException | RuntimeException e) {
                                failure.complete(e);
                            }
                        });
        while (proxy.requests() == 0) {
            Thread.sleep(5);
        }
        Thread.sleep(100); // half of the answer is there
        reader.interrupt();

        assertThat(failure.get(3, TimeUnit.SECONDS))
                .isInstanceOf(InterruptedIOException.class)
                .hasMessageContaining("objects/slow");
        Thread.sleep(200);
        assertThat(proxy.requests()).as("nothing is tried again").isEqualTo(1);
        proxy.fail(0);
        assertThat(bytes(faulty, "objects/slow")).isEqualTo(ByteBuffer.wrap(content));
    }

    /// Whoever gives up waiting leaves nothing under way.
    @Test
    void aReadEndsWithTheDeadlineOfWhoeverReads() throws Exception {
        byte[] content = content(1, 0);
        direct.createIfAbsent("objects/slow", content);
        proxy.only(FaultyS3Proxy.Fault.SLOW_BODY);
        proxy.slowness(Duration.ofSeconds(30));
        proxy.fail(1);
        long start = System.nanoTime();
        long end = start + Duration.ofMillis(300).toNanos();

        assertThatThrownBy(() ->
                        ReadDeadline.until(
                                end, () -> faulty.read("objects/slow", 0, content.length)))
                .isInstanceOf(ObjectStoreException.class)
                .hasMessageContaining("objects/slow");

        assertThat(System.nanoTime()).isBetween(end, start + Duration.ofMillis(1500).toNanos());
        assertThat(ReadDeadline.left()).isEmpty();
        proxy.fail(0);
        assertThat(bytes(faulty, "objects/slow")).isEqualTo(ByteBuffer.wrap(content));
    }

    /// What is created is what was sent, or is not created.
    @Test
    void aBodyThatIsDamagedOnItsWayToTheStoreIsRefusedThereAndSentAgain() throws Exception {
        proxy.only(FaultyS3Proxy.Fault.WRONG_UPLOAD);
        proxy.fail(0.5);
        int created = 0;
        for (int i = 1; i < 40; i++) {
            String key = "objects/" + i;
            byte[] content = content(i, 0);
            try {
                assertThat(
                                i % 2 == 0
                                        ? faulty.createIfAbsent(
                                                key, Files.write(folder.resolve("" + i), content))
                                        : faulty.createIfAbsent(key, content))
                        .isTrue();
                created++;
                assertThat(bytes(direct, key)).isEqualTo(ByteBuffer.wrap(content));
            } catch (ObjectStoreException refused) {
                assertThat(keys(direct)).doesNotContain(key);
            }
        }
        assertThat(created).isPositive();
        assertThat(proxy.injected()).containsKey(FaultyS3Proxy.Fault.WRONG_UPLOAD);
    }

    private S3ObjectStore hasty() {
        S3Settings.Limits defaults = S3Settings.Limits.DEFAULTS;
        return new S3ObjectStore(
                new S3Settings(
                        bucket.bucket(),
                        bucket.prefix(),
                        Optional.of(proxy.endpoint()),
                        bucket.region(),
                        bucket.pathStyle(),
                        bucket.credentials(),
                        new S3Settings.Limits(
                                defaults.connectTimeout(),
                                Duration.ofMillis(500),
                                Duration.ofSeconds(20),
                                HASTY_ATTEMPTS,
                                defaults.connections(),
                                defaults.partBytes(),
                                defaults.partsAtOnce())),
                Uuid::randomUuid);
    }

    /// What the registry and the sweep must live with.
    @Test
    void aStaleListingMissesWhatIsNewAndShowsWhatIsGone() throws Exception {
        direct.createIfAbsent("objects/old", new byte[1]);
        assertThat(keys(faulty)).containsExactly("objects/old");
        proxy.staleListings(1);
        direct.delete("objects/old");
        direct.createIfAbsent("objects/new", new byte[1]);
        assertThat(keys(faulty)).containsExactly("objects/old");
        assertThat(keys(faulty)).containsExactly("objects/new");
        assertThat(proxy.staleListings()).isEqualTo(2);
    }

    @Test
    void aStoreThatLiesAboutConditionalCreationIsFoundOut() throws Exception {
        proxy.lie();

        assertThatThrownBy(() -> S3StartCheck.writable(faulty, Uuid.randomUuid()))
                .isInstanceOf(StoreUnusableException.class)
                .hasMessageContaining("does not honour conditional creation");
        assertThat(keys(direct)).isEmpty();
    }

    private void create(
            int i, int creator, Map<String, List<Integer>> winners, Map<String, Integer> unknown) {
        String key = key(i);
        try {
            if (create(key, i, creator)) {
                winners.computeIfAbsent(key, _ -> Collections.synchronizedList(new ArrayList<>()))
                        .add(creator);
            }
        } catch (IOException e) {
            unknown.put(key, creator);
        }
    }

    private boolean create(String key, int i, int creator) throws IOException {
        byte[] content = content(i, creator);
        if (i % 2 == 1) {
            return faulty.createIfAbsent(key, content);
        }
        Path file = Files.write(folder.resolve(creator + "-" + i), content);
        return faulty.createIfAbsent(key, file);
    }

    private static String key(int i) {
        return "objects/%03d".formatted(i);
    }

    private static byte[] content(int i, int creator) {
        Random random = new Random(i * 31L + creator);
        int large = i % LARGE_EVERY == 0 ? 6 << 20 : 0; // 6 MiB: two parts
        byte[] bytes = new byte[large + 1 + random.nextInt(20_000)];
        random.nextBytes(bytes);
        return bytes;
    }

    private static ByteBuffer bytes(ObjectStore store, String key) throws IOException {
        return store.read(key, 0, (int) store.size(key));
    }

    private static List<String> keys(ObjectStore store) throws IOException {
        List<ObjectInfo> listed = new ArrayList<>();
        store.list("", listed::add);
        return listed.stream().map(ObjectInfo::key).toList();
    }
}
