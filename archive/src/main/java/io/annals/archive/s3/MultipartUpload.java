package io.annals.archive.s3;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.UploadPartResponse;

/// One large object on its way up in parts. Nothing is visible before the last step, which is
/// conditional; what fails or is interrupted is aborted, so that no parts are left that cost money.
/// Confined to one thread, which waits for the ones it starts.
final class MultipartUpload {
    private static final Logger log = LoggerFactory.getLogger(MultipartUpload.class);
    private static final String OCTETS = "application/octet-stream";

    private final S3Client client;
    private final Semaphore partsAtOnce;
    private final String bucket;
    private final String key;

    /// @param key as the bucket knows it
    /// @param partsAtOnce shared by all uploads
    MultipartUpload(S3Client client, Semaphore partsAtOnce, String bucket, String key) {
        this.client = client;
        this.partsAtOnce = partsAtOnce;
        this.bucket = bucket;
        this.key = key;
    }

    /// A part and its checksum.
    record Part(int number, FileRange range, int crc32c) {}

    /// @throws SdkException also if the key is taken
    void run(Creation creation, List<Part> parts) throws IOException {
        String id =
                client.createMultipartUpload(request ->
                                request.bucket(bucket)
                                        .key(key)
                                        .contentType(OCTETS)
                                        .checksumAlgorithm(ChecksumAlgorithm.CRC32_C)
                                        .metadata(creation.metadata()))
                        .uploadId();
        boolean completed = false;
        try {
            List<CompletedPart> sent = send(id, parts);
            client.completeMultipartUpload(request ->
                    request.bucket(bucket)
                            .key(key)
                            .uploadId(id)
                            .ifNoneMatch("*")
                            .multipartUpload(upload -> upload.parts(sent)));
            completed = true;
        } finally {
            if (!completed) {
                abort(id);
            }
        }
    }

    /// @return what was sent, in the order of the parts
    private List<CompletedPart> send(String id, List<Part> parts) throws IOException {
        List<CompletedPart> sent = new ArrayList<>(parts.size());
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            CompletionService<CompletedPart> results = new ExecutorCompletionService<>(threads);
            try {
                for (Part part : parts) {
                    results.submit(() -> send(id, part));
                }
                for (int i = 0; i < parts.size(); i++) {
                    sent.add(results.take().get());
                }
            } catch (InterruptedException e) {
                InterruptedIOException interrupted =
                        new InterruptedIOException("interrupted while sending object " + key);
                interrupted.initCause(e);
                throw interrupted;
            } catch (ExecutionException e) {
                if (e.getCause() instanceof SdkException failed) {
                    throw failed;
                }
                throw new IOException("cannot send object " + key, e);
            } finally {
                threads.shutdownNow();
            }
        }
        sent.sort(Comparator.comparing(CompletedPart::partNumber));
        return sent;
    }

    private CompletedPart send(String id, Part part) throws InterruptedException {
        partsAtOnce.acquire();
        try {
            String crc32c = Creation.base64(part.crc32c());
            UploadPartResponse response =
                    client.uploadPart(
                            request ->
                                    request.bucket(bucket)
                                            .key(key)
                                            .uploadId(id)
                                            .partNumber(part.number())
                                            .checksumAlgorithm(ChecksumAlgorithm.CRC32_C)
                                            .checksumCRC32C(crc32c),
                            RequestBody.fromContentProvider(
                                    part.range(), part.range().length(), OCTETS));
            return CompletedPart.builder()
                    .partNumber(part.number())
                    .eTag(response.eTag())
                    .checksumCRC32C(crc32c)
                    .build();
        } finally {
            partsAtOnce.release();
        }
    }

    /// Runs even if this thread was interrupted, and leaves that to be seen.
    private void abort(String id) {
        boolean interrupted = Thread.interrupted();
        try {
            client.abortMultipartUpload(request -> request.bucket(bucket).key(key).uploadId(id));
        } catch (SdkException e) {
            if (!S3Errors.isNoSuchUpload(e)) {
                log.warn("upload {} of object {} could not be aborted: {}", id, key, e.toString());
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
