package io.annals.server;

import io.annals.archive.s3.S3ObjectStore;
import io.annals.archive.s3.S3Settings;
import io.annals.archive.s3.S3TestServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;

/// A bucket on an S3 server of this process, and servers under test that keep their archive in it.
/// Closing it leaves the servers alone. Confined to one thread.
final class ArchiveOnS3 implements AutoCloseable {
    private final Path folder;
    private final S3TestServer s3;
    private final S3Settings bucket;

    /// @param folder for the servers' data directories
    ArchiveOnS3(Path folder) throws Exception {
        this.folder = folder;
        this.s3 = new S3TestServer();
        this.bucket = s3.newBucket();
    }

    URI endpoint() {
        return s3.endpoint();
    }

    S3Settings bucket() {
        return bucket;
    }

    /// Another bucket on the same S3 server.
    S3Settings newBucket(String prefix) {
        return s3.newBucket(prefix);
    }

    /// What is in the bucket, for the caller to close.
    S3ObjectStore store() {
        return new S3ObjectStore(bucket, Uuid::randomUuid);
    }

    /// @param data names the server's data directory
    /// @param more settings, which come before those of the bucket
    AnnalsProcess start(String data, String... more) throws IOException {
        return AnnalsProcess.start(folder.resolve(data), settings(more).toArray(String[]::new));
    }

    /// A read replica that keeps next to nothing of what it reads.
    AnnalsProcess startReplica(String data, int pollMs) throws IOException {
        return start(
                data,
                "annals.replica=true",
                "annals.replica.poll.ms=" + pollMs,
                "annals.archive.cache.chunk.bytes=1048576",
                "annals.archive.cache.tail.bytes=1048576",
                "annals.search.readers=1");
    }

    /// Runs a command to its end.
    ///
    /// @param command with its flags
    AnnalsProcess.Finished run(List<String> command, String data, String... more)
            throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(command);
        arguments.addAll(List.of("--data-dir", folder.resolve(data).toString()));
        settings(more).forEach(setting -> arguments.addAll(List.of("--set", setting)));
        return AnnalsProcess.run(arguments.toArray(String[]::new));
    }

    /// Has servers talk to the bucket through something else.
    static String through(URI endpoint) {
        return "annals.archive.s3.endpoint=" + endpoint;
    }

    private List<String> settings(String... more) {
        List<String> settings =
                new ArrayList<>(
                        List.of(
                                "annals.archive.store=s3",
                                "annals.archive.s3.bucket=" + bucket.bucket(),
                                "annals.archive.s3.prefix=" + bucket.prefix(),
                                through(endpoint()),
                                "annals.archive.s3.path.style=true",
                                "annals.archive.s3.access.key.id="
                                        + S3TestServer.CREDENTIALS.accessKeyId(),
                                "annals.archive.s3.secret.access.key="
                                        + S3TestServer.CREDENTIALS.secretAccessKey()));
        settings.addAll(List.of(more));
        return settings;
    }

    @Override
    public void close() throws IOException {
        s3.close();
    }
}
