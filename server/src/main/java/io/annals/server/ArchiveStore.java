package io.annals.server;

import io.annals.archive.FileObjectStore;
import io.annals.archive.ObjectStore;
import io.annals.archive.ObjectStoreException;
import io.annals.archive.ReadOnlyObjectStore;
import io.annals.archive.RoutedObjectStore;
import io.annals.archive.s3.S3ObjectStore;
import io.annals.archive.s3.S3Settings;
import io.annals.archive.s3.S3StartCheck;
import io.annals.registry.ObjectKeys;
import io.annals.server.StartException.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The object store that the settings choose: a folder of the data directory, a bucket, or two.
public final class ArchiveStore {
    private static final Logger log = LoggerFactory.getLogger(ArchiveStore.class);

    /// What cannot be made again.
    private static final Set<String> EVIDENCE = Set.of(ObjectKeys.SEGMENTS, ObjectKeys.TOPICS);

    /// How a store is going to be used, and so what it is asked at once.
    public enum Use {
        READ,
        WRITE,
        /// Read for long, while another server writes it.
        FOLLOW
    }

    private ArchiveStore() {}

    /// Opens it, and makes sure that it can be read. Writes nothing; whoever wants to write asks
    /// [#requireWritable], too.
    ///
    /// @throws StartException for what the operator can mend
    public static ObjectStore open(Settings settings, Use use) throws StartException, IOException {
        if (settings.archiveStore().isS3()) {
            ObjectStore buckets = buckets(settings);
            return use == Use.WRITE ? buckets : new ReadOnlyObjectStore(buckets);
        }
        Path folder = settings.archiveStore().folder(settings.dataDirectory());
        if (use == Use.WRITE) {
            return new FileObjectStore(
                    folder, settings.dataDirectory().resolve(DataDirectory.TEMPORARY));
        }
        if (use == Use.FOLLOW && !Files.isDirectory(folder)) {
            throw new StartException(
                    Reason.ARCHIVE_UNUSABLE,
                    ("there is no archive in %s: annals.archive.dir must name the one that the other"
                                    + " server writes")
                            .formatted(folder));
        }
        return FileObjectStore.readOnly(folder);
    }

    /// Whether there is an archive; of a bucket that is known only by opening it.
    public static boolean exists(Settings settings) {
        return settings.archiveStore().isS3()
                || Files.isDirectory(settings.archiveStore().folder(settings.dataDirectory()));
    }

    private static ObjectStore buckets(Settings settings) throws StartException {
        List<S3ObjectStore> opened = new ArrayList<>();
        try {
            for (S3Settings bucket : settings.archiveStore().buckets()) {
                S3ObjectStore store = new S3ObjectStore(bucket, Uuid::randomUuid);
                opened.add(store);
                S3StartCheck.readable(store);
            }
        } catch (IOException | RuntimeException e) {
            opened.forEach(S3ObjectStore::close);
            throw unusable(e);
        }
        return opened.size() == 1
                ? opened.getFirst()
                : new RoutedObjectStore(EVIDENCE, opened.getFirst(), opened.getLast());
    }

    /// Makes sure, by writing, that what was opened can be written as the registry needs it.
    ///
    /// @throws StartException for what the operator can mend
    static void requireWritable(ObjectStore opened) throws StartException {
        try {
            if (opened instanceof RoutedObjectStore routed) {
                requireEvidence(routed.evidence());
                requireWorking(routed.working());
            } else {
                requireWorking(opened);
            }
        } catch (IOException | RuntimeException e) {
            throw unusable(e);
        }
    }

    /// Whether record segments are under an object lock, as far as the store tells.
    ///
    /// @throws StartException if the store cannot be asked
    static boolean hasEvidenceLock(ObjectStore opened) throws StartException {
        try {
            return parts(opened).getFirst() instanceof S3ObjectStore bucket
                    && bucket.hasObjectLock();
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    private static void requireWorking(ObjectStore store) throws IOException {
        if (store instanceof S3ObjectStore bucket) {
            S3StartCheck.writable(bucket, Uuid.randomUuid());
        }
    }

    private static void requireEvidence(ObjectStore store) throws IOException {
        if (store instanceof S3ObjectStore bucket
                && !S3StartCheck.writableEvidence(bucket, Uuid.randomUuid())) {
            log.info(
                    "{} does not honour conditional creation: it is asked before each creation",
                    bucket.place());
        }
    }

    /// The stores that what was opened is made of, that of evidence first.
    static List<ObjectStore> parts(ObjectStore opened) {
        return opened instanceof RoutedObjectStore routed
                ? List.of(routed.evidence(), routed.working())
                : List.of(opened);
    }

    private static StartException unusable(Exception e) {
        return new StartException(
                Reason.ARCHIVE_UNUSABLE,
                "the archive in S3 cannot be used: "
                        + (e instanceof ObjectStoreException ? e.getMessage() : e.toString()),
                e);
    }
}
