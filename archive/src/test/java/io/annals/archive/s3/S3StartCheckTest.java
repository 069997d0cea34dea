package io.annals.archive.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.archive.ObjectStore.ObjectInfo;
import io.annals.archive.ObjectStoreException;
import io.annals.archive.StoreUnusableException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.s3.S3Client;

class S3StartCheckTest {
    private static S3TestServer server;

    @TempDir Path folder;

    @BeforeAll
    static void startServer() throws Exception {
        server = new S3TestServer();
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.close();
    }

    @Test
    void takesAGoodBucketAndLeavesNothingInIt() throws Exception {
        try (S3ObjectStore store = open(server.newBucket())) {
            assertThatCode(() -> S3StartCheck.writable(store, Uuid.randomUuid()))
                    .doesNotThrowAnyException();

            List<ObjectInfo> left = new ArrayList<>();
            store.list("", left::add);
            assertThat(left).isEmpty();
            assertThat(store.hasObjectLock()).isFalse();
        }
    }

    /// As some stores do in buckets with an object lock, which is why evidence may have its own.
    @Test
    void evidenceNeedsNoConditionalCreationAndIsNotOverwrittenForAllThat() throws Exception {
        S3Settings good = server.newBucket();
        try (FaultyS3Proxy proxy = new FaultyS3Proxy(server.endpoint(), 1);
                S3Client client = S3Clients.open(good);
                S3ObjectStore store =
                        open(
                                S3TestServer.bucket(
                                        good.bucket(),
                                        proxy.endpoint(),
                                        S3TestServer.CREDENTIALS))) {
            proxy.ignoreConditions(
                    good.bucket(),
                    key -> client.deleteObject(request -> request.bucket(good.bucket()).key(key)));
            store.createIfAbsent("a", new byte[] {1});
            assertThat(store.createIfAbsent("a", new byte[] {2})).isTrue();
            assertThatThrownBy(() -> S3StartCheck.writable(store, Uuid.randomUuid()))
                    .isInstanceOf(StoreUnusableException.class)
                    .hasMessageContaining("does not honour conditional creation");

            assertThat(S3StartCheck.writableEvidence(store, Uuid.randomUuid())).isFalse();

            Path large = Files.write(folder.resolve("large"), new byte[(5 << 20) + 1]);
            Path small = Files.write(folder.resolve("small"), new byte[1]);
            assertThat(store.createIfAbsent("a", new byte[] {3})).isFalse();
            assertThat(store.createIfAbsent("a", small)).isFalse();
            assertThat(store.createIfAbsent("a", large)).isFalse();
            assertThat(store.read("a", 0, 1).get(0)).isEqualTo((byte) 2);
            assertThat(store.createIfAbsent("b", small)).isTrue();
        }
        try (S3ObjectStore store = open(good)) {
            assertThat(S3StartCheck.writableEvidence(store, Uuid.randomUuid())).isTrue();
        }
    }

    @Test
    void saysThatTheBucketIsMissing() throws Exception {
        S3Settings missing =
                S3TestServer.bucket("no-such-bucket", server.endpoint(), S3TestServer.CREDENTIALS);
        try (S3ObjectStore store = open(missing)) {
            assertThatThrownBy(() -> S3StartCheck.writable(store, Uuid.randomUuid()))
                    .isInstanceOf(StoreUnusableException.class)
                    .hasMessageContaining("no-such-bucket at http://127.0.0.1:")
                    .hasMessageContaining("no such bucket: create it");
            assertThatThrownBy(() -> store.size("some/object"))
                    .isInstanceOf(StoreUnusableException.class);
        }
    }

    @Test
    void saysThatTheCredentialsAreRefused() throws Exception {
        S3Settings good = server.newBucket();
        S3Settings.Credentials wrong =
                new S3Settings.Credentials(S3TestServer.CREDENTIALS.accessKeyId(), "guess");
        try (S3ObjectStore store =
                open(S3TestServer.bucket(good.bucket(), server.endpoint(), wrong))) {
            assertThatThrownBy(() -> S3StartCheck.readable(store))
                    .isInstanceOf(StoreUnusableException.class)
                    .hasMessageContaining(good.bucket())
                    .hasMessageContaining("credentials are refused (SignatureDoesNotMatch)");
        }
    }

    /// What Amazon's store answers, which the server here does not know.
    @ParameterizedTest
    @CsvSource({
        "403, RequestTimeTooSkewed, clocks of this machine and of the store differ",
        "400, AuthorizationHeaderMalformed, is in another region: name that region",
        "301, PermanentRedirect, is in another region: name that region",
        "403, InvalidAccessKeyId, credentials are refused (InvalidAccessKeyId): set valid ones",
        "400, ExpiredToken, credentials are refused (ExpiredToken)",
        "403, AccessDenied, access is denied: allow these credentials",
    })
    void saysWhatAnOperatorCanMend(int status, String code, String message) throws Exception {
        S3Settings good = server.newBucket();
        try (FaultyS3Proxy proxy = new FaultyS3Proxy(server.endpoint(), 1);
                S3ObjectStore store =
                        open(
                                S3TestServer.bucket(
                                        good.bucket(),
                                        proxy.endpoint(),
                                        S3TestServer.CREDENTIALS))) {
            proxy.refuse(status, code);
            assertThatThrownBy(() -> S3StartCheck.writable(store, Uuid.randomUuid()))
                    .isInstanceOf(StoreUnusableException.class)
                    .hasMessageContaining(good.bucket())
                    .hasMessageContaining(message);
            assertThatThrownBy(() -> store.read("segments/a", 0, 10))
                    .isInstanceOf(StoreUnusableException.class)
                    .hasMessageContaining("segments/a")
                    .hasMessageContaining(message);
        }
    }

    @Test
    void saysThatNobodyAnswers() throws Exception {
        URI nobody;
        try (ServerSocket socket = new ServerSocket(0)) {
            nobody = URI.create("http://127.0.0.1:" + socket.getLocalPort());
        }
        try (S3ObjectStore store =
                open(S3TestServer.bucket("b", nobody, S3TestServer.CREDENTIALS))) {
            assertThatThrownBy(() -> S3StartCheck.readable(store))
                    .isInstanceOf(ObjectStoreException.class)
                    .hasMessageContaining("bucket b at " + nobody)
                    .hasMessageContaining("no usable answer")
                    .satisfies(e -> assertThat(((ObjectStoreException) e).retriable()).isTrue());
        }
    }

    private static S3ObjectStore open(S3Settings settings) {
        return new S3ObjectStore(settings, Uuid::randomUuid);
    }
}
