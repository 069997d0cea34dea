package io.annals.archive.s3;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.ObjectStore;
import io.annals.archive.ObjectStoreContract;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;

class S3ObjectStoreTest extends ObjectStoreContract {
    private static S3TestServer server;

    @BeforeAll
    static void startServer() throws Exception {
        server = new S3TestServer();
    }

    @AfterAll
    static void stopServer() throws Exception {
        server.close();
    }

    @Override
    protected ObjectStore open() {
        return new S3ObjectStore(server.newBucket(), Uuid::randomUuid);
    }

    @Test
    void namesWhatOtherProgramsPutBesideItsObjects() throws Exception {
        S3Settings bucket = server.newBucket();
        try (S3Client client = S3Clients.open(bucket);
                S3ObjectStore store = new S3ObjectStore(bucket, Uuid::randomUuid)) {
            store.createIfAbsent("a/b", new byte[1]);
            for (String key : List.of("", "a/", "a/my holiday.jpg", "a/\u00e4")) {
                client.putObject(
                        request -> request.bucket(bucket.bucket()).key(bucket.prefix() + key),
                        RequestBody.fromBytes(new byte[key.isEmpty() || key.equals("a/") ? 0 : 1]));
            }
            List<String> keys = new ArrayList<>();
            List<String> strangers = new ArrayList<>();

            store.list("a/", object -> keys.add(object.key()), strangers::add);

            assertThat(keys).containsExactly("a/b");
            assertThat(strangers)
                    .as("folders are nobody's")
                    .containsExactlyInAnyOrder("a/my holiday.jpg", "a/\u00e4");
        }
    }
}
