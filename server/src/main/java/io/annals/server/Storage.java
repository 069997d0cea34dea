package io.annals.server;

import io.annals.archive.CachedTars;
import io.annals.archive.MeteredObjectStore;
import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.ObjectStore;
import io.annals.archive.RecordSegments;
import io.annals.archive.SeekableRecordSegments;
import io.annals.ingest.LogDirectory;
import io.annals.registry.DurableRegistry;
import io.annals.registry.LeaseTime;
import io.annals.registry.Registry;
import io.annals.registry.RegistrySettings;
import io.annals.wal.FileWal;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What everything else of a node stands on: the object store, the registry, the log, opened in
/// that order.
///
/// @param isEvidenceLocked whether record segments are under an object lock
/// @param followed the registry, if this is a replica
record Storage(
        String clusterId,
        ObjectStore objects,
        Registry registry,
        WriteAheadLog wal,
        CachedTars tars,
        RecordSegments segments,
        List<LogDirectory> directories,
        boolean isEvidenceLocked,
        Optional<FollowedRegistry> followed) {
    private static final Logger log = LoggerFactory.getLogger(Storage.class);

    /// Recovers the log of a server that writes; opens the archive of one that follows.
    ///
    /// @throws StartException for what the operator can mend
    static Storage open(NodeContext node, DataDirectory directory)
            throws StartException, IOException {
        return ReplicaSettings.isReplica(node.settings())
                ? follow(node, directory)
                : openOwn(node, directory);
    }

    boolean isReplica() {
        return followed.isPresent();
    }

    private static Storage openOwn(NodeContext node, DataDirectory directory)
            throws StartException, IOException {
        ObjectStore opened = ArchiveStore.open(node.settings(), ArchiveStore.Use.WRITE);
        MeteredObjectStore metered =
                node.lifecycle().started("object-store", new MeteredObjectStore(opened));
        node.metrics().archiveReads().watch(metered);
        boolean isMarked = node.settings().archiveStore().isS3();
        Optional<String> archived =
                isMarked ? ClusterMark.check(opened, directory) : Optional.empty();
        ArchiveOwner owner =
                node.lifecycle()
                        .started(
                                "archive-owner",
                                ArchiveOwner.take(
                                        new ArchiveOwner.Place(metered, opened),
                                        ArchiveOwner.holder(node.settings(), directory),
                                        node.lease(),
                                        LeaseTime.of(node.clock())));
        node.metrics().archiveReads().watch(owner);
        node.health().check(owner::fenced);
        node.health().warn(owner::problems);
        ObjectStore store = owner.objects();
        String clusterId =
                isMarked ? ClusterMark.agree(archived, store, directory) : directory.clusterId();
        DurableRegistry registry =
                DurableRegistry.open(
                        new ObjectRegistryStore(store),
                        node.clock(),
                        RegistrySettings.defaults().withLocalCopy(directory.registry()),
                        owner.lease());
        node.metrics().watch(registry);
        FileWal wal =
                node.lifecycle()
                        .started(
                                "wal",
                                FileWal.open(
                                        HotTierSettings.of(node.settings(), directory.wal()),
                                        node.clock()));
        node.metrics().watch(wal);
        node.health().watch(wal);
        log.info(
                "wal recovered: {} bytes scanned, {} torn, {} damaged ranges, {} ms",
                wal.recovery().scannedBytes(),
                wal.recovery().tornBytes(),
                wal.recovery().segments().stream().mapToInt(s -> s.damage().size()).sum(),
                wal.recovery().elapsed().toMillis());
        CachedTars tars = tars(node, store);
        return new Storage(
                clusterId,
                store,
                registry,
                wal,
                tars,
                segments(node.settings(), tars),
                List.of(
                        TierDirectory.hot(directory.wal(), wal),
                        archiveDirectory(node.settings(), registry)),
                ArchiveStore.hasEvidenceLock(opened),
                Optional.empty());
    }

    /// Nothing of it is ever written, and the data directory holds copies only.
    private static Storage follow(NodeContext node, DataDirectory directory)
            throws StartException, IOException {
        directory.requireNoWal();
        MeteredObjectStore store =
                node.lifecycle()
                        .started(
                                "object-store",
                                new MeteredObjectStore(
                                        ArchiveStore.open(
                                                node.settings(), ArchiveStore.Use.FOLLOW)));
        node.metrics().archiveReads().watch(store);
        String clusterId = directory.clusterId(ClusterMark.read(store));
        CachedTars tars = tars(node, store);
        RecordSegments segments = segments(node.settings(), tars);
        DurableRegistry source =
                DurableRegistry.openReadOnly(
                        new ObjectRegistryStore(store),
                        RegistrySettings.defaults().withLocalCopy(directory.registry()));
        FollowedRegistry registry =
                node.lifecycle()
                        .started(
                                "replica",
                                new FollowedRegistry(
                                        source,
                                        segments,
                                        node.clock(),
                                        ReplicaSettings.poll(node.settings())));
        node.metrics().watch((Registry) registry);
        node.metrics().watch(registry);
        node.health().warn(registry::problems);
        return new Storage(
                clusterId,
                store,
                registry,
                registry.archivedLog(),
                tars,
                segments,
                List.of(archiveDirectory(node.settings(), registry)),
                false,
                Optional.of(registry));
    }

    private static LogDirectory archiveDirectory(Settings settings, Registry registry) {
        return settings.archiveStore().isS3()
                ? TierDirectory.bucket(settings.archiveStore().buckets().getFirst(), registry)
                : TierDirectory.archive(
                        settings.archiveStore().folder(settings.dataDirectory()), registry);
    }

    private static CachedTars tars(NodeContext node, ObjectStore store) throws StartException {
        CachedTars tars =
                new CachedTars(
                        store,
                        ArchivingSettings.tailCacheBytes(node.settings()),
                        ArchivingSettings.chunkCacheBytes(node.settings()),
                        node.lifecycle()
                                .started(
                                        "disk-cache",
                                        ArchivingSettings.diskCache(node.settings())));
        node.metrics().archiveReads().watch(tars);
        return tars;
    }

    private static RecordSegments segments(Settings settings, CachedTars tars) {
        return new SeekableRecordSegments(tars, ArchivingSettings.tailCacheBytes(settings));
    }
}
