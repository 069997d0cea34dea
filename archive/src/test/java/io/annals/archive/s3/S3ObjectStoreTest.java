package io.annals.archive.s3;

import io.annals.archive.ObjectStore;
import io.annals.archive.ObjectStoreContract;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

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
}
