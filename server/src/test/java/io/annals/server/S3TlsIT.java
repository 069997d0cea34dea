package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.archive.s3.S3Settings;
import io.annals.archive.s3.S3TestServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The archive in S3 over TLS, with credentials where the SDK's default chain finds them, and none
/// in the settings.
class S3TlsIT {
    private static final String PASSWORD = "changeit";

    @TempDir Path folder;
    private Path keyStore;

    @BeforeEach
    void makeACertificate() throws Exception {
        keyStore = folder.resolve("s3.p12");
        List<String> command =
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=127.0.0.1",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-keystore",
                        keyStore.toString(),
                        "-storepass",
                        PASSWORD);
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).describedAs(output).isZero();
    }

    @Test
    void servesOverTlsWithTheCredentialsOfTheEnvironment() throws Exception {
        try (S3TestServer s3 = new S3TestServer(keyStore, PASSWORD)) {
            S3Settings bucket = s3.newBucket();
            Map<String, String> environment =
                    new HashMap<>(
                            Map.of(
                                    "AWS_ACCESS_KEY_ID",
                                    S3TestServer.CREDENTIALS.accessKeyId(),
                                    "AWS_SECRET_ACCESS_KEY",
                                    S3TestServer.CREDENTIALS.secretAccessKey()));
            assertThatThrownBy(() -> start(s3, bucket, "strange", environment))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("its certificate is not trusted")
                    .hasMessageContaining("javax.net.ssl.trustStore");

            environment.put(
                    "ANNALS_JVM_OPTS",
                    "-Djavax.net.ssl.trustStore=%s -Djavax.net.ssl.trustStorePassword=%s"
                            .formatted(keyStore, PASSWORD));
            try (AnnalsProcess server = start(s3, bucket, "first", environment);
                    Http http = new Http(server)) {
                produce(server);
                http.seal();
                server.kill();
            }
            try (AnnalsProcess server = start(s3, bucket, "second", environment)) {
                assertThat(Consumed.all(server.kafka(), new TopicPartition("orders", 0)))
                        .singleElement()
                        .satisfies(record -> assertThat(record.value()).asString().isEqualTo("1"));
            }
        }
    }

    private AnnalsProcess start(
            S3TestServer s3, S3Settings bucket, String data, Map<String, String> environment)
            throws IOException {
        return AnnalsProcess.start(
                folder.resolve(data),
                AnnalsProcess.Ports.FREE,
                environment,
                "annals.archive.store=s3",
                "annals.archive.s3.bucket=" + bucket.bucket(),
                "annals.archive.s3.endpoint=" + s3.secureEndpoint(),
                "annals.archive.s3.path.style=true",
                "annals.archive.s3.max.attempts=1",
                "num.partitions=1");
    }

    private static void produce(AnnalsProcess server) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of())) {
            producer.send(new ProducerRecord<>("orders", new byte[] {'1'})).get();
        }
    }
}
