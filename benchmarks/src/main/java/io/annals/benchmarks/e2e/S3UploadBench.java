package io.annals.benchmarks.e2e;

import io.annals.archive.s3.S3ObjectStore;
import io.annals.archive.s3.S3Settings;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/// One large file on its way into S3: as the object store creates it (checksums of parts and whole,
/// only if the key is free), and as the SDK sends the same parts with as many threads.
@Command(name = "upload", description = "upload beside the SDK's own multipart upload")
final class S3UploadBench implements Callable<Integer> {
    @Mixin private Bench.Common common = new Bench.Common();

    @Option(names = "--mib", description = "size of the file (default: ${DEFAULT-VALUE})")
    private int mib = 256;

    @Override
    public Integer call() throws Exception {
        Path folder = common.fresh("s3-upload");
        Path file = folder.resolve("object");
        write(file);
        Results results = new Results();
        try (S3Server server = S3Server.start(List.of());
                S3ObjectStore store = server.store(0);
                S3Client client = server.client()) {
            for (int i = -1; i < common.repetitions; i++) {
                Results round = i < 0 ? new Results() : results;
                String key = "upload/" + i;
                long begin = System.nanoTime();
                store.createIfAbsent(key, file);
                round.add("upload MB/s", "annals", perSecond(begin));
                store.delete(key);
                begin = System.nanoTime();
                raw(client, key, file);
                round.add("upload MB/s", "sdk", perSecond(begin));
                store.delete(key);
            }
        }
        Processes.delete(folder);
        common.publish(results);
        return 0;
    }

    private double perSecond(long begin) {
        return mib * (double) (1 << 20) / 1e6 / ((System.nanoTime() - begin) / 1e9);
    }

    private void write(Path file) throws IOException {
        byte[] noise = new byte[1 << 20];
        Random random = new Random(7);
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i < mib; i++) {
                random.nextBytes(noise);
                out.write(noise);
            }
        }
    }

    private static void raw(S3Client client, String key, Path file) throws Exception {
        long size = Files.size(file);
        int partBytes = S3Settings.Limits.DEFAULTS.partBytes();
        String id =
                client.createMultipartUpload(request -> request.bucket(S3Server.BUCKET).key(key))
                        .uploadId();
        List<CompletedPart> parts = new ArrayList<>();
        try (ExecutorService threads =
                Executors.newFixedThreadPool(S3Settings.Limits.DEFAULTS.partsAtOnce())) {
            List<Future<CompletedPart>> sent = new ArrayList<>();
            for (long from = 0; from < size; from += partBytes) {
                int number = sent.size() + 1;
                RequestBody body = body(file, from, Math.min(partBytes, size - from));
                sent.add(threads.submit(() -> part(client, key, id, number, body)));
            }
            for (Future<CompletedPart> part : sent) {
                parts.add(part.get());
            }
        }
        client.completeMultipartUpload(request ->
                request.bucket(S3Server.BUCKET)
                        .key(key)
                        .uploadId(id)
                        .multipartUpload(upload -> upload.parts(parts)));
    }

    private static CompletedPart part(
            S3Client client, String key, String id, int number, RequestBody body) {
        String tag =
                client.uploadPart(
                                request ->
                                        request.bucket(S3Server.BUCKET)
                                                .key(key)
                                                .uploadId(id)
                                                .partNumber(number),
                                body)
                        .eTag();
        return CompletedPart.builder().partNumber(number).eTag(tag).build();
    }

    private static RequestBody body(Path file, long from, long length) {
        return RequestBody.fromContentProvider(
                () -> {
                    try {
                        InputStream in = Files.newInputStream(file);
                        in.skipNBytes(from);
                        return in;
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                length,
                "application/octet-stream");
    }
}
