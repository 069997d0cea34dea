package io.annals.archive.s3;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.annals.archive.ObjectStore;
import io.annals.archive.ObjectStoreContract;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.DisabledIfEnvironmentVariable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.ContainerFetchException;
import org.testcontainers.containers.MinIOContainer;

/// The contract on MinIO, wherever there is a container engine that has or gets the image; reported
/// as skipped otherwise. `ANNALS_TEST_MINIO=0` leaves it out, `=1` makes it fail instead of skip.
@DisabledIfEnvironmentVariable(named = "ANNALS_TEST_MINIO", matches = "0")
class MinioObjectStoreTest extends ObjectStoreContract {
    private static final AtomicInteger buckets = new AtomicInteger();
    private static final boolean WANTED = "1".equals(System.getenv("ANNALS_TEST_MINIO"));
    private static final Path ENGINE = Path.of("/var/run/docker.sock");

    private static @Nullable MinIOContainer minio;

    /// Asks for an engine only where one is likely: to look for it everywhere takes long.
    @BeforeAll
    static void startContainer() {
        boolean isLikely = System.getenv("DOCKER_HOST") != null || Files.exists(ENGINE);
        assumeTrue(WANTED || isLikely, "there is no container engine");
        assumeTrue(
                WANTED || DockerClientFactory.instance().isDockerAvailable(),
                "the container engine does not answer");
        MinIOContainer started = new MinIOContainer("minio/minio:RELEASE.2025-09-07T16-13-09Z");
        try {
            started.start();
        } catch (ContainerFetchException e) {
            assumeTrue(WANTED, "the image cannot be had: " + e.getMessage());
            throw e;
        }
        minio = started;
    }

    @AfterAll
    static void stopContainer() {
        if (minio != null) {
            minio.stop();
        }
    }

    @Override
    protected ObjectStore open() {
        MinIOContainer minio = Objects.requireNonNull(MinioObjectStoreTest.minio, "started before");
        S3Settings.Credentials credentials =
                new S3Settings.Credentials(minio.getUserName(), minio.getPassword());
        String bucket = "contract-" + buckets.incrementAndGet();
        return new S3ObjectStore(
                S3TestServer.create(
                        S3TestServer.bucket(bucket, URI.create(minio.getS3URL()), credentials)),
                Uuid::randomUuid);
    }
}
