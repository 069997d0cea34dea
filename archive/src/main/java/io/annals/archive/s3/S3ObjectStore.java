package io.annals.archive.s3;

import io.annals.archive.CorruptObjectException;
import io.annals.archive.NoSuchObjectException;
import io.annals.archive.ObjectKeyRules;
import io.annals.archive.ObjectRanges;
import io.annals.archive.ObjectStore;
import io.annals.archive.ReadDeadline;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ObjectLockConfiguration;
import software.amazon.awssdk.services.s3.model.ObjectLockEnabled;
import software.amazon.awssdk.services.s3.model.S3Object;

/// An object store in an S3 bucket, under a prefix. Thread-safe, and safe against other processes
/// on the same bucket as far as the store honours conditional writes ([S3StartCheck] asks it).
///
/// Creation is a put with `If-None-Match: *`, of the last step for what goes up in parts. A put
/// whose answer is lost is sent again and finds the key taken by itself: every creation carries a
/// mark of its own in the object's metadata, by which it is recognised (ADR 0034).
public final class S3ObjectStore implements ObjectStore {
    private static final int MAX_PARTS = 10_000;
    private static final String OCTETS = "application/octet-stream";

    private final S3Settings settings;
    private final Supplier<Uuid> marks;
    private final S3Client client;
    private final S3Errors errors;
    private final Semaphore partsAtOnce;

    /// Whether the condition of a creation counts for nothing here.
    private volatile boolean looksFirst;

    /// Does not talk to the store yet.
    ///
    /// @param marks unique ids
    public S3ObjectStore(S3Settings settings, Supplier<Uuid> marks) {
        this.settings = settings;
        this.marks = marks;
        this.client = S3Clients.open(settings);
        this.errors = new S3Errors(settings.place());
        this.partsAtOnce = new Semaphore(settings.limits().partsAtOnce());
    }

    /// From now on looks whether a key is taken before it creates an object: for a bucket that
    /// ignores the condition of a put, and that one server alone writes.
    void lookFirst() {
        looksFirst = true;
    }

    @Override
    public boolean createIfAbsent(String key, Path file) throws IOException {
        ObjectKeyRules.check(key);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            CRC32C crc = new CRC32C();
            if (size <= settings.limits().partBytes()) {
                if (looksFirst && exists(key)) {
                    return false;
                }
                FileRange whole = new FileRange(channel, 0, size);
                return put(creation(key, whole.crc32c(crc)), whole, size);
            }
            if (exists(key)) {
                return false; // learnt before all the bytes are sent
            }
            List<MultipartUpload.Part> parts = parts(channel, size, crc);
            return putParts(creation(key, (int) crc.getValue()), parts);
        }
    }

    @Override
    public boolean createIfAbsent(String key, byte[] bytes) throws IOException {
        ObjectKeyRules.check(key);
        if (looksFirst && exists(key)) {
            return false;
        }
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return put(
                creation(key, (int) crc.getValue()),
                ContentStreamProvider.fromByteArrayUnsafe(bytes),
                bytes.length);
    }

    @Override
    public ByteBuffer read(String key, long position, int length) throws IOException {
        ObjectKeyRules.check(key);
        if (position < 0 || length <= 0 || position > Long.MAX_VALUE - length) {
            ObjectRanges.check(key, position, length, size(key));
            return ByteBuffer.allocate(0);
        }
        RangeBody body = new RangeBody(position, length);
        GetObjectRequest.Builder request =
                GetObjectRequest.builder()
                        .bucket(settings.bucket())
                        .key(settings.prefix() + key)
                        .range(body.header());
        ReadDeadline.left()
                .filter(left -> left.compareTo(settings.limits().callTimeout()) < 0)
                .ifPresent(left -> request.overrideConfiguration(o -> o.apiCallTimeout(left)));
        try {
            ByteBuffer bytes = client.getObject(request.build(), body);
            ObjectRanges.check(key, position, length, body.objectBytes());
            return bytes;
        } catch (SdkException e) {
            if (S3Errors.isRangeBeyondEnd(e)) {
                ObjectRanges.check(key, position, length, size(key));
            }
            if (body.damage() != null) {
                throw new CorruptObjectException(key, "object as received", "its CRC32C", e);
            }
            throw errors.of(key, "read %d bytes at %d".formatted(length, position), e);
        }
    }

    @Override
    public long size(String key) throws IOException {
        ObjectKeyRules.check(key);
        return head(key).contentLength();
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> consumer) throws IOException {
        list(prefix, consumer, _ -> {});
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> consumer, Consumer<String> strangers)
            throws IOException {
        int slash = prefix.lastIndexOf('/');
        if (slash >= 0) {
            ObjectKeyRules.check(prefix.substring(0, slash));
        }
        try {
            for (S3Object object :
                    client.listObjectsV2Paginator(request ->
                                    request.bucket(settings.bucket())
                                            .prefix(settings.prefix() + prefix))
                            .contents()) {
                String key = object.key().substring(settings.prefix().length());
                if (ObjectKeyRules.allows(key)) {
                    consumer.accept(
                            new ObjectInfo(
                                    key, object.size(), object.lastModified().toEpochMilli()));
                } else if (!isFolder(key, object.size())) {
                    strangers.accept(ObjectKeyRules.shown(key));
                }
            }
        } catch (SdkException e) {
            throw errors.of(prefix, "list", e);
        }
    }

    /// What consoles leave where somebody made a folder.
    private static boolean isFolder(String key, long size) {
        return size == 0 && (key.isEmpty() || key.endsWith("/"));
    }

    @Override
    public void delete(String key) throws IOException {
        ObjectKeyRules.check(key);
        try {
            client.deleteObject(
                    request -> request.bucket(settings.bucket()).key(settings.prefix() + key));
        } catch (SdkException e) {
            if (!(errors.of(key, "delete", e) instanceof NoSuchObjectException)) {
                throw errors.of(key, "delete", e);
            }
        }
    }

    /// Uploads in parts that nobody finished or aborted: S3 keeps their parts until then.
    @Override
    public int abortUploads(String prefix, long beforeMs) throws IOException {
        int aborted = 0;
        try {
            for (var upload :
                    client.listMultipartUploadsPaginator(request ->
                                    request.bucket(settings.bucket())
                                            .prefix(settings.prefix() + prefix))
                            .uploads()) {
                if (upload.initiated().toEpochMilli() < beforeMs) {
                    abort(upload.key(), upload.uploadId());
                    aborted++;
                }
            }
            return aborted;
        } catch (SdkException e) {
            throw errors.of(prefix, "abort uploads that nobody finished", e);
        }
    }

    private void abort(String key, String uploadId) {
        try {
            client.abortMultipartUpload(
                    request -> request.bucket(settings.bucket()).key(key).uploadId(uploadId));
        } catch (SdkException e) {
            if (!S3Errors.isNoSuchUpload(e)) {
                throw e;
            }
        }
    }

    /// Ends what is under way.
    @Override
    public void close() {
        client.close();
    }

    /// Whether the bucket has an object lock, as far as the store tells.
    public boolean hasObjectLock() throws IOException {
        try {
            ObjectLockConfiguration lock =
                    client.getObjectLockConfiguration(request -> request.bucket(settings.bucket()))
                            .objectLockConfiguration();
            return lock != null && lock.objectLockEnabled() == ObjectLockEnabled.ENABLED;
        } catch (SdkException e) {
            if (S3Errors.isFinal(e)) {
                return false; // none, or none of our business
            }
            throw errors.of("", "ask for the object lock", e);
        }
    }

    /// Where it is, for people.
    public String place() {
        return settings.place();
    }

    private Creation creation(String key, int crc32c) {
        return new Creation(key, marks.get().toString(), crc32c);
    }

    private boolean put(Creation creation, ContentStreamProvider body, long length)
            throws IOException {
        try {
            client.putObject(
                    request ->
                            request.bucket(settings.bucket())
                                    .key(settings.prefix() + creation.key())
                                    .ifNoneMatch("*")
                                    .metadata(creation.metadata())
                                    .checksumAlgorithm(ChecksumAlgorithm.CRC32_C)
                                    .checksumCRC32C(Creation.base64(creation.crc32c())),
                    RequestBody.fromContentProvider(body, length, OCTETS));
            return true;
        } catch (SdkException e) {
            if (S3Errors.isTaken(e)) {
                return isOurs(creation);
            }
            throw errors.of(creation.key(), "create %d bytes".formatted(length), e);
        }
    }

    private boolean putParts(Creation creation, List<MultipartUpload.Part> parts)
            throws IOException {
        String key = settings.prefix() + creation.key();
        try {
            new MultipartUpload(client, partsAtOnce, settings.bucket(), key).run(creation, parts);
            return true;
        } catch (SdkException e) {
            if (S3Errors.isTaken(e)) {
                return isOurs(creation);
            }
            if (S3Errors.isNoSuchUpload(e) && exists(creation.key())) {
                return isOurs(creation); // completed before, and the answer was lost
            }
            throw errors.of(creation.key(), "create in %d parts".formatted(parts.size()), e);
        }
    }

    private List<MultipartUpload.Part> parts(FileChannel file, long size, CRC32C whole)
            throws IOException {
        long partBytes = Math.max(settings.limits().partBytes(), Math.ceilDiv(size, MAX_PARTS));
        List<MultipartUpload.Part> parts = new ArrayList<>();
        for (long from = 0; from < size; from += partBytes) {
            FileRange range = new FileRange(file, from, Math.min(partBytes, size - from));
            parts.add(new MultipartUpload.Part(parts.size() + 1, range, range.crc32c(whole)));
        }
        return parts;
    }

    private boolean isOurs(Creation creation) throws IOException {
        return creation.isMarkedIn(head(creation.key()).metadata());
    }

    private boolean exists(String key) throws IOException {
        try {
            head(key);
            return true;
        } catch (NoSuchObjectException expected) {
            return false;
        }
    }

    private HeadObjectResponse head(String key) throws IOException {
        try {
            return client.headObject(
                    request -> request.bucket(settings.bucket()).key(settings.prefix() + key));
        } catch (SdkException e) {
            if (S3Errors.isNotFound(e)) {
                requireBucket(key);
            }
            throw errors.of(key, "look at", e);
        }
    }

    /// A missing bucket must not pass for a missing object: somebody might take it for an empty
    /// archive.
    private void requireBucket(String key) throws IOException {
        try {
            client.listObjectsV2(request -> request.bucket(settings.bucket()).maxKeys(1));
        } catch (SdkException e) {
            throw errors.of(key, "look at", e);
        }
    }
}
