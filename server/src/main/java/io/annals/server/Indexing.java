package io.annals.server;

import io.annals.archive.ArchiveSweeper;
import io.annals.indexer.ArchiveUpkeep;
import io.annals.indexer.Archiver;
import io.annals.indexer.CachedSplitReaders;
import io.annals.indexer.LiveIndex;
import io.annals.indexer.LocalRetention;
import io.annals.indexer.WalLiveIndex;
import io.annals.query.http.Sealer;
import io.annals.query.http.SegmentListing;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/// What makes records searchable and archived.
///
/// @param local of a server that writes
record Indexing(
        LiveIndex live, Sealer sealer, Optional<LocalRetention> local, CachedSplitReaders splits) {

    /// How indexing and archiving start.
    ///
    /// @param topicDefaults by topic setting name, as they are when asked
    /// @param archiving begins when this completes
    record Start(Supplier<Map<String, String>> topicDefaults, CompletionStage<Void> archiving) {}

    static Indexing start(NodeContext node, Storage storage, DataDirectory directory, Start start)
            throws IOException {
        return storage.isReplica()
                ? ofReplica(node, storage)
                : startOwn(node, storage, directory, start);
    }

    Optional<SegmentListing.Local> listing(Storage storage) {
        return local.map(hot -> new SegmentListing.Local(storage.wal(), hot, storage.tars()));
    }

    /// A replica makes nothing searchable itself.
    private static Indexing ofReplica(NodeContext node, Storage storage) {
        return new Indexing(
                new NothingLive(storage.registry()),
                () -> {
                    throw new IOException(RefusedRequests.MESSAGE);
                },
                Optional.empty(),
                splits(node, storage));
    }

    private static Indexing startOwn(
            NodeContext node, Storage storage, DataDirectory directory, Start start)
            throws IOException {
        WalLiveIndex live =
                node.lifecycle()
                        .started(
                                "live-index",
                                new WalLiveIndex(
                                        storage.wal(),
                                        storage.registry(),
                                        SearchSettings.live(node.settings(), directory.live())));
        LocalRetention local =
                new LocalRetention(
                        storage.wal(),
                        storage.registry(),
                        node.clock(),
                        HotTierSettings.localRetention(node.settings(), start.topicDefaults()),
                        directory.wal().toFile()::getUsableSpace);
        node.metrics().watch(storage.wal(), local);
        Archiver archiver =
                node.lifecycle()
                        .started(
                                "archiver",
                                new Archiver(
                                        new Archiver.Hot(storage.wal(), local),
                                        storage.registry(),
                                        storage.objects(),
                                        storage.tars(),
                                        ArchivingSettings.of(
                                                node.settings(), directory.archiverWork()),
                                        new SecureRandom()));
        live.start(archiver::underWay);
        start.archiving().thenRun(archiver::start);
        node.metrics().watch(live, archiver, node.clock());
        node.health().warn(() -> archiver.status().failures());
        node.health().warn(() -> live.status().failures());
        ArchiveUpkeep upkeep =
                node.lifecycle()
                        .started(
                                "upkeep",
                                new ArchiveUpkeep(
                                        storage.wal(),
                                        storage.registry(),
                                        storage.objects(),
                                        storage.tars(),
                                        node.clock(),
                                        ArchiveUpkeepSettings.of(
                                                node.settings(),
                                                directory.upkeepWork(),
                                                start.topicDefaults(),
                                                storage.isEvidenceLocked()),
                                        new SecureRandom()));
        upkeep.start();
        node.metrics().watch(upkeep);
        node.health().warn(() -> upkeep.status().failures());
        ArchiveSweeper sweeper =
                new ArchiveSweeper(
                        storage.objects(),
                        storage.tars(),
                        storage.registry(),
                        node.clock(),
                        ArchivingSettings.sweeper(node.settings(), archiver.claims()));
        node.lifecycle()
                .started(
                        "sweeper",
                        PeriodicSweep.start(
                                sweeper, ArchivingSettings.sweepInterval(node.settings())));
        return new Indexing(live, archiver::archiveNow, Optional.of(local), splits(node, storage));
    }

    private static CachedSplitReaders splits(NodeContext node, Storage storage) {
        return node.lifecycle()
                .started(
                        "split-readers",
                        new CachedSplitReaders(
                                storage.tars(), SearchSettings.readers(node.settings())));
    }
}
