package io.annals.archive.s3;

import io.annals.archive.ObjectStore;
import io.annals.archive.ObjectStoreContract;
import java.net.URI;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/// The contract on a real store of your own: `ANNALS_TEST_S3_ENDPOINT`, `ANNALS_TEST_S3_ACCESS_KEY`
/// and `ANNALS_TEST_S3_SECRET_KEY` name it. Makes buckets `annals-contract-...` there.
@EnabledIfEnvironmentVariable(named = "ANNALS_TEST_S3_ENDPOINT", matches = ".+")
class EndpointObjectStoreTest extends ObjectStoreContract {
    @Override
    protected ObjectStore open() {
        return new S3ObjectStore(S3TestServer.create(newBucket()), Uuid::randomUuid);
    }

    /// Of a name that nobody used; not made yet.
    static S3Settings newBucket() {
        S3Settings.Credentials credentials =
                new S3Settings.Credentials(
                        System.getenv("ANNALS_TEST_S3_ACCESS_KEY"),
                        System.getenv("ANNALS_TEST_S3_SECRET_KEY"));
        String bucket = "annals-contract-%08x".formatted(Uuid.randomUuid().hashCode());
        URI endpoint = URI.create(System.getenv("ANNALS_TEST_S3_ENDPOINT"));
        return S3TestServer.bucket(bucket, endpoint, credentials);
    }
}
