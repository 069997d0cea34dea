package io.annals.archive.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.archive.NoSuchObjectException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ObjectVersion;
import software.amazon.awssdk.services.s3.model.S3Exception;

/// Evidence in a bucket with an object lock, on a real store of your own, as in
/// [EndpointObjectStoreTest].
@EnabledIfEnvironmentVariable(named = "ANNALS_TEST_S3_ENDPOINT", matches = ".+")
class EndpointLockTest {
    private static final int THREE_PARTS = 12_000_000;

    @TempDir Path folder;

    @Test
    void evidenceIsCreatedOnceAndOutlivesItsDeletion() throws Exception {
        S3Settings bucket = EndpointObjectStoreTest.newBucket();
        byte[] large = new byte[THREE_PARTS];
        new Random(1).nextBytes(large);
        Path file = Files.write(folder.resolve("large"), large);
        try (S3Client client = S3Clients.open(bucket);
                S3ObjectStore store = new S3ObjectStore(bucket, Uuid::randomUuid)) {
            client.createBucket(
                    request -> request.bucket(bucket.bucket()).objectLockEnabledForBucket(true));
            lockForADay(client, bucket);
            assertThat(store.hasObjectLock()).isTrue();
            S3StartCheck.writableEvidence(store, Uuid.randomUuid());

            assertThat(store.createIfAbsent("segments/small", new byte[] {1})).isTrue();
            assertThat(store.createIfAbsent("segments/small", new byte[] {2})).isFalse();
            assertThat(store.createIfAbsent("segments/large", file)).isTrue();
            assertThat(store.createIfAbsent("segments/large", file)).isFalse();
            assertThat(store.read("segments/large", 0, large.length))
                    .isEqualTo(ByteBuffer.wrap(large));
            assertThat(store.read("segments/small", 0, 1).get(0)).isEqualTo((byte) 1);

            store.delete("segments/small");

            assertThatThrownBy(() -> store.size("segments/small"))
                    .isInstanceOf(NoSuchObjectException.class);
            ObjectVersion kept =
                    client.listObjectVersions(request ->
                                    request.bucket(bucket.bucket())
                                            .prefix(bucket.prefix() + "segments/small"))
                            .versions()
                            .getFirst();
            assertThatThrownBy(() ->
                            client.deleteObject(request ->
                                    request.bucket(bucket.bucket())
                                            .key(kept.key())
                                            .versionId(kept.versionId())))
                    .isInstanceOf(S3Exception.class)
                    .extracting(e -> ((S3Exception) e).statusCode())
                    .isEqualTo(403);
        }
    }

    private static void lockForADay(S3Client client, S3Settings bucket) {
        client.putObjectLockConfiguration(request ->
                request.bucket(bucket.bucket())
                        .objectLockConfiguration(lock ->
                                lock.objectLockEnabled("Enabled")
                                        .rule(rule ->
                                                rule.defaultRetention(retention ->
                                                        retention.mode("GOVERNANCE").days(1)))));
    }

    @Test
    void aBucketWithoutALockSaysSo() throws Exception {
        S3Settings bucket = S3TestServer.create(EndpointObjectStoreTest.newBucket());
        try (S3ObjectStore store = new S3ObjectStore(bucket, Uuid::randomUuid)) {
            assertThat(store.hasObjectLock()).isFalse();
        }
    }
}
