package io.annals.benchmarks.e2e;

import io.annals.archive.ArchiveProgress;
import io.annals.archive.CachedTars;
import io.annals.archive.EntryCodec;
import io.annals.archive.FileObjectStore;
import io.annals.archive.IndexSplitManifest;
import io.annals.archive.Manifests;
import io.annals.archive.ObjectStore;
import io.annals.archive.RecordSegmentManifest;
import io.annals.archive.RegistryRebuild;
import io.annals.archive.SeekableTarWriter;
import io.annals.registry.IndexSplit;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryChange;
import io.annals.registry.TopicMetadata;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// How fast the registry is made again from the objects in a store of files: half record segments,
/// half index splits, which have real manifests and some bytes of content each.
@Command(name = "rebuild", description = "Registry rebuild from the archive's objects")
final class RebuildBench implements Callable<Integer> {
    private static final int CONTENT_BYTES = 64 * 1024;
    private static final int PARALLELISM = 32;
    private static final long CACHE_BYTES = 64 << 20;

    @Mixin private Bench.Common common = new Bench.Common();

    @Option(names = "--objects", description = "objects in the store (default: ${DEFAULT-VALUE})")
    private int objects = 20_000;

    @Override
    public Integer call() throws Exception {
        Results results = new Results();
        Path folder = common.fresh("rebuild");
        Path archive = folder.resolve("archive");
        fill(archive);
        for (int i = 0; i < common.repetitions; i++) {
            for (RegistryRebuild.Hashes hashes : RegistryRebuild.Hashes.values()) {
                try (ObjectStore store = new FileObjectStore(archive, folder.resolve("tmp"))) {
                    long start = System.nanoTime();
                    RegistryRebuild.Report report =
                            new RegistryRebuild(
                                            store,
                                            new CachedTars(store, CACHE_BYTES, CACHE_BYTES),
                                            Clock.systemUTC(),
                                            PARALLELISM,
                                            hashes)
                                    .run(ArchiveProgress.NONE);
                    double seconds = (System.nanoTime() - start) / 1e9;
                    if (report.objects() != objects) {
                        throw new IllegalStateException("found " + report.objects());
                    }
                    String side =
                            switch (hashes) {
                                case KNOWN -> "tails";
                                case COMPUTED -> "full";
                            };
                    results.add("s per 100,000 objects", side, seconds * 100_000 / objects);
                }
            }
        }
        common.publish(results);
        return 0;
    }

    private void fill(Path archive) throws Exception {
        RegistryLoad load = new RegistryLoad(5);
        byte[] content = new byte[CONTENT_BYTES];
        new Random(5).nextBytes(content);
        for (int i = 0; i < objects / 2; i++) {
            RegistryChange change = load.next(1);
            RecordSegment segment = change.addedSegments().getFirst();
            IndexSplit split = change.addedSplits().getFirst();
            write(
                    archive.resolve(segment.object().key()),
                    content,
                    manifest(load.topic(), segment));
            write(archive.resolve(split.object().key()), content, manifest(split));
        }
    }

    private static void write(Path path, byte[] content, Record manifest) throws Exception {
        Files.createDirectories(path.getParent());
        try (SeekableTarWriter tar = SeekableTarWriter.create(path, SeekableTarWriter.MIN_LEVEL)) {
            tar.add("content", EntryCodec.RAW, content);
            tar.beginHotRegion();
            tar.add(Manifests.ENTRY_NAME, EntryCodec.GZ, Manifests.write(manifest));
            tar.finish();
        }
    }

    private static Record manifest(IndexSplit split) {
        return new IndexSplitManifest(
                IndexSplitManifest.FORMAT,
                IndexSplitManifest.VERSION,
                split.id(),
                split.topicId().toString(),
                split.recordSegments(),
                split.ranges(),
                split.documentCount());
    }

    private static Record manifest(TopicMetadata topic, RecordSegment segment) {
        return new RecordSegmentManifest(
                RecordSegmentManifest.FORMAT,
                RecordSegmentManifest.VERSION,
                "bench",
                segment.id(),
                new RecordSegmentManifest.Topic(
                        topic.id().toString(),
                        topic.name(),
                        topic.version(),
                        topic.partitionCount(),
                        topic.configs(),
                        topic.createdAtMs()),
                segment.walSegments(),
                null,
                segment.ranges().stream().map(RebuildBench::partition).toList());
    }

    private static RecordSegmentManifest.Partition partition(PartitionRange range) {
        String name = "records/" + range.partition();
        String sha256 = "ab".repeat(32);
        return new RecordSegmentManifest.Partition(
                range.partition(),
                range.baseOffset(),
                range.endOffset(),
                range.recordCount(),
                range.recordCount() / 100,
                range.sizeBytes(),
                range.minTimestampMs(),
                range.maxTimestampMs(),
                range.minIngestTimeMs(),
                range.maxIngestTimeMs(),
                new RecordSegmentManifest.Part(name + ".batches", range.sizeBytes(), sha256),
                new RecordSegmentManifest.Part(name + ".index", 1000, sha256),
                null);
    }
}
