package io.annals.archive.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.archive.ObjectStoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

class MultipartUploadTest {
    private static final int THREE_PARTS = 12_000_000;

    private static S3TestServer server;

    @TempDir Path folder;

    private S3Settings settings;

    @BeforeAll
    static void startServer() throws Exception {
        server = new S3TestServer();
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.close();
    }

    @BeforeEach
    void makeBucket() {
        settings = server.newBucket();
    }

    @Test
    void createsALargeObjectInPartsAndNeverOverwritesIt() throws Exception {
        Path file = file(1);
        try (S3ObjectStore store = new S3ObjectStore(settings, Uuid::randomUuid)) {
            assertThat(store.createIfAbsent("large", file)).isTrue();

            assertThat(store.createIfAbsent("large", file(2))).isFalse();
            assertThat(store.read("large", 0, THREE_PARTS))
                    .isEqualTo(ByteBuffer.wrap(Files.readAllBytes(file)));
        }
        assertThat(uploadsUnderWay()).isZero();
    }

    @Test
    void letsOneOfManyCreatorsOfALargeObjectWin() throws Exception {
        int creators = 4;
        List<Path> files = new ArrayList<>();
        for (int creator = 0; creator < creators; creator++) {
            files.add(file(creator));
        }
        CyclicBarrier barrier = new CyclicBarrier(creators);
        try (S3ObjectStore store = new S3ObjectStore(settings, Uuid::randomUuid);
                ExecutorService pool = Executors.newFixedThreadPool(creators)) {
            List<Callable<Boolean>> tasks = new ArrayList<>();
            for (Path file : files) {
                tasks.add(() -> {
                    barrier.await();
                    return store.createIfAbsent("large", file);
                });
            }
            List<Integer> winners = new ArrayList<>();
            List<Future<Boolean>> results = pool.invokeAll(tasks);
            for (int creator = 0; creator < creators; creator++) {
                if (results.get(creator).get()) {
                    winners.add(creator);
                }
            }

            assertThat(winners).hasSize(1);
            assertThat(store.read("large", 0, THREE_PARTS))
                    .isEqualTo(ByteBuffer.wrap(Files.readAllBytes(files.get(winners.getFirst()))));
        }
        assertThat(uploadsUnderWay()).isZero();
    }

    @Test
    void abortsAnUploadThatIsInterrupted() throws Exception {
        Path file = file(3);
        try (S3ObjectStore store = new S3ObjectStore(settings, Uuid::randomUuid)) {
            List<Throwable> failures = new ArrayList<>();
            Thread uploader =
                    Thread.ofVirtual()
                            .start(() -> {
                                Thread.currentThread().interrupt();
                                try {
                                    store.createIfAbsent("large", file);
                                } catch (IOException e) {
                                    failures.add(e);
                                }
                            });
            uploader.join();

            assertThat(failures).hasSize(1);
            assertThatThrownBy(() -> store.size("large")).isInstanceOf(ObjectStoreException.class);
        }
        assertThat(uploadsUnderWay()).isZero();
    }

    @Test
    void givesUpOldUploadsThatNobodyFinished() throws Exception {
        long inAnHour = System.currentTimeMillis() + 3_600_000;
        beginUpload("segments/t/large");
        beginUpload("splits/t/large");
        try (S3ObjectStore store = new S3ObjectStore(settings, Uuid::randomUuid)) {
            assertThat(store.abortUploads("segments/", 0)).isZero();
            assertThat(uploadsUnderWay()).isEqualTo(2);

            assertThat(store.abortUploads("segments/", inAnHour)).isEqualTo(1);
            assertThat(uploadsUnderWay()).isEqualTo(1);

            assertThat(store.createIfAbsent("segments/t/large", file(4))).isTrue();
            assertThat(store.abortUploads("", inAnHour)).isEqualTo(1);
            assertThat(store.size("segments/t/large")).isEqualTo(THREE_PARTS);
        }
        assertThat(uploadsUnderWay()).isZero();
    }

    private void beginUpload(String key) {
        try (S3Client client = S3Clients.open(settings)) {
            String id =
                    client.createMultipartUpload(request ->
                                    request.bucket(settings.bucket()).key(settings.prefix() + key))
                            .uploadId();
            client.uploadPart(
                    request ->
                            request.bucket(settings.bucket())
                                    .key(settings.prefix() + key)
                                    .uploadId(id)
                                    .partNumber(1),
                    RequestBody.fromBytes(new byte[5 << 20]));
        }
    }

    private int uploadsUnderWay() {
        try (S3Client client = S3Clients.open(settings)) {
            return client.listMultipartUploads(request -> request.bucket(settings.bucket()))
                    .uploads()
                    .size();
        }
    }

    private Path file(int seed) throws IOException {
        byte[] bytes = new byte[THREE_PARTS];
        new Random(seed).nextBytes(bytes);
        return Files.write(folder.resolve("source-" + seed), bytes);
    }
}
