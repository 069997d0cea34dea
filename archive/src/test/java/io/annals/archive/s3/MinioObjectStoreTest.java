package io.annals.archive.s3;

import io.annals.archive.ObjectStore;
import io.annals.archive.ObjectStoreContract;
import java.net.URI;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.testcontainers.containers.MinIOContainer;

/// The contract on MinIO. Only if asked for by `ANNALS_TEST_MINIO=1`, where there is a container
/// engine and the image can be had; reported as skipped otherwise.
@EnabledIfEnvironmentVariable(named = "ANNALS_TEST_MINIO", matches = "1")
class MinioObjectStoreTest extends ObjectStoreContract {
    private static final AtomicInteger buckets = new AtomicInteger();

    private static MinIOContainer minio;

    @BeforeAll
    static void startContainer() {
        minio = new MinIOContainer("minio/minio:RELEASE.2025-09-07T16-13-09Z");
        minio.start();
    }

    @AfterAll
    static void stopContainer() {
        minio.stop();
    }

    @Override
    protected ObjectStore open() {
        S3Settings.Credentials credentials =
                new S3Settings.Credentials(minio.getUserName(), minio.getPassword());
        String bucket = "contract-" + buckets.incrementAndGet();
        return new S3ObjectStore(
                S3TestServer.create(
                        S3TestServer.bucket(bucket, URI.create(minio.getS3URL()), credentials)),
                Uuid::randomUuid);
    }
}
