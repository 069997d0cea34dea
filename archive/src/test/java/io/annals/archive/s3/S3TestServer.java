package io.annals.archive.s3;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import software.amazon.awssdk.services.s3.S3Client;

/// A test fixture: a server that speaks S3, in this process, with its objects in memory. Checks
/// signatures and honours conditional creation. Thread-safe.
public final class S3TestServer implements AutoCloseable {
    public static final S3Settings.Credentials CREDENTIALS =
            new S3Settings.Credentials("test-key", "test-secret");

    private static final String PREFIX = "archive/";

    /// Small parts, and few tries: no test should wait for the last of many.
    private static final S3Settings.Limits LIMITS =
            new S3Settings.Limits(
                    Duration.ofSeconds(2),
                    Duration.ofSeconds(10),
                    Duration.ofSeconds(60),
                    6,
                    32,
                    5 << 20, // 5 MiB, the least that S3 takes
                    4);

    private final S3Proxy proxy;
    private final AtomicInteger buckets = new AtomicInteger();

    public S3TestServer() throws Exception {
        this(builder());
    }

    /// Listens for TLS, too.
    ///
    /// @param keyStore PKCS #12, with key and certificate
    public S3TestServer(Path keyStore, String password) throws Exception {
        this(
                builder()
                        .secureEndpoint(URI.create("https://127.0.0.1:0"))
                        .keyStore(keyStore.toString(), password));
    }

    private S3TestServer(S3Proxy.Builder builder) throws Exception {
        proxy = builder.build();
        proxy.start();
    }

    private static S3Proxy.Builder builder() {
        return S3Proxy.builder()
                .endpoint(URI.create("http://127.0.0.1:0"))
                .blobStore(new TransientNio2BlobStore())
                .awsAuthentication(
                        AuthenticationType.AWS_V4,
                        CREDENTIALS.accessKeyId(),
                        CREDENTIALS.secretAccessKey())
                .ignoreUnknownHeaders(true)
                .stopTimeout(0);
    }

    public URI endpoint() {
        return URI.create("http://127.0.0.1:" + proxy.getPort());
    }

    public URI secureEndpoint() {
        return URI.create("https://127.0.0.1:" + proxy.getSecurePort());
    }

    /// A new bucket of a name nobody used.
    public S3Settings newBucket() {
        return newBucket(PREFIX);
    }

    /// @param prefix in front of every key
    public S3Settings newBucket(String prefix) {
        String name = "bucket-" + buckets.incrementAndGet();
        return create(bucket(name, prefix, endpoint(), CREDENTIALS));
    }

    /// Makes the bucket that these settings name.
    static S3Settings create(S3Settings settings) {
        try (S3Client client = S3Clients.open(settings)) {
            client.createBucket(request -> request.bucket(settings.bucket()));
        }
        return settings;
    }

    /// @param endpoint of a server, or of what stands in front of it
    public static S3Settings bucket(String name, URI endpoint, S3Settings.Credentials credentials) {
        return bucket(name, PREFIX, endpoint, credentials);
    }

    private static S3Settings bucket(
            String name, String prefix, URI endpoint, S3Settings.Credentials credentials) {
        return new S3Settings(
                name,
                prefix,
                Optional.of(endpoint),
                Optional.empty(),
                true,
                Optional.of(credentials),
                LIMITS);
    }

    @Override
    public void close() throws IOException {
        try {
            proxy.stop();
        } catch (Exception e) {
            throw new IOException("the S3 server does not stop", e);
        }
    }
}
