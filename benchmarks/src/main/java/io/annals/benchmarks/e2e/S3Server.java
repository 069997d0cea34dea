package io.annals.benchmarks.e2e;

import io.annals.archive.s3.S3ObjectStore;
import io.annals.archive.s3.S3Settings;
import io.annals.compatibility.peer.Processes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.blobstore.ForwardingBlobStore;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/// A server that speaks S3, s3proxy with its objects in memory, as a process of its own. It listens
/// at several ports on the same objects, each of which lets a GET wait for as long as the first
/// byte would take on some network.
final class S3Server implements AutoCloseable {
    static final String BUCKET = "bench";

    private static final S3Settings.Credentials CREDENTIALS =
            new S3Settings.Credentials("bench-key", "bench-secret");
    private static final int THREADS = 400;

    private final Process process;
    private final TreeMap<Integer, URI> endpoints;

    private S3Server(Process process, TreeMap<Integer, URI> endpoints) {
        this.process = process;
        this.endpoints = endpoints;
    }

    /// @param latenciesMs of the ports; 0 is always among them
    static S3Server start(List<Integer> latenciesMs) throws IOException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Processes.java(),
                                "-Xmx3g",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                                "-cp",
                                System.getProperty("java.class.path"),
                                S3Server.class.getName(),
                                "0"));
        latenciesMs.stream().filter(ms -> ms > 0).forEach(ms -> command.add("" + ms));
        Process process =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        BufferedReader out =
                new BufferedReader(
                        new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        TreeMap<Integer, URI> endpoints = new TreeMap<>();
        while (endpoints.size() < command.size() - command.indexOf("0")) {
            String line = out.readLine();
            if (line == null) {
                throw new IOException("the S3 server did not start");
            }
            String[] parts = line.split(" ", 2);
            endpoints.put(Integer.parseInt(parts[0]), URI.create(parts[1]));
        }
        S3Server server = new S3Server(process, endpoints);
        try (S3Client client = server.client()) {
            client.createBucket(request -> request.bucket(BUCKET));
        }
        return server;
    }

    /// As the server opens it, with its default limits.
    S3ObjectStore store(int latencyMs) {
        return new S3ObjectStore(settings(latencyMs), Uuid::randomUuid);
    }

    private S3Settings settings(int latencyMs) {
        return new S3Settings(
                BUCKET,
                "",
                Optional.of(endpoints.get(latencyMs)),
                Optional.empty(),
                true,
                Optional.of(CREDENTIALS),
                S3Settings.Limits.DEFAULTS);
    }

    /// The SDK as it comes.
    S3Client client() {
        return S3Client.builder()
                .httpClientBuilder(Apache5HttpClient.builder().maxConnections(64))
                .endpointOverride(endpoints.get(0))
                .region(Region.US_EAST_1)
                .forcePathStyle(true)
                .credentialsProvider(
                        StaticCredentialsProvider.create(
                                AwsBasicCredentials.create(
                                        CREDENTIALS.accessKeyId(), CREDENTIALS.secretAccessKey())))
                .build();
    }

    @Override
    public void close() {
        try {
            Processes.terminate(process);
        } catch (InterruptedException _) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /// The process: prints latency and endpoint per port, and ends with its parent.
    public static void main(String[] latenciesMs) throws Exception {
        BlobStore objects = new TransientNio2BlobStore();
        List<S3Proxy> proxies = new ArrayList<>();
        for (String latencyMs : latenciesMs) {
            S3Proxy proxy =
                    S3Proxy.builder()
                            .endpoint(URI.create("http://127.0.0.1:0"))
                            .blobStore(
                                    new Slow(objects, Duration.ofMillis(Long.parseLong(latencyMs))))
                            .awsAuthentication(
                                    AuthenticationType.AWS_V4,
                                    CREDENTIALS.accessKeyId(),
                                    CREDENTIALS.secretAccessKey())
                            .jettyMaxThreads(THREADS)
                            .ignoreUnknownHeaders(true)
                            .build();
            proxy.start();
            proxies.add(proxy);
            System.out.println(latencyMs + " http://127.0.0.1:" + proxy.getPort());
        }
        ProcessHandle.current().parent().orElseThrow().onExit().join();
        for (S3Proxy proxy : proxies) {
            proxy.stop();
        }
    }

    /// Lets every GET wait before its first byte.
    private static final class Slow extends ForwardingBlobStore {
        private final Duration latency;

        Slow(BlobStore objects, Duration latency) {
            super(objects);
            this.latency = latency;
        }

        @Override
        public ResponseInputStream<GetObjectResponse> getBlob(GetObjectRequest request) {
            try {
                Thread.sleep(latency);
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
            return super.getBlob(request);
        }
    }
}
