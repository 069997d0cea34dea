package io.annals.benchmarks.e2e;

import io.annals.archive.CachedTars;
import io.annals.archive.FileObjectStore;
import io.annals.archive.ObjectStore;
import io.annals.archive.SeekableRecordSegments;
import io.annals.archive.s3.S3ObjectStore;
import io.annals.compatibility.peer.Processes;
import io.annals.query.LogRead;
import io.annals.query.TieredLog;
import io.annals.registry.ArchiveObject;
import io.annals.registry.RecordSegment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.SimpleRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Reads an archived partition from front to back as a consumer does, 1 MB at a time: out of S3
/// with nothing cached, again with everything in the cache, and the same out of local files. Beside
/// it the same objects by ranged GETs of 8 MiB, one after the other, bytes thrown away.
///
/// Megabytes are those of the record batches as the producer sent them; of the GETs those of the
/// objects.
@Command(
        name = "consume",
        description = "sequential consume beside raw ranged GETs and local files")
final class S3ConsumeBench implements Callable<Integer> {
    private static final int FETCH_BYTES = 1 << 20;
    private static final int RAW_BYTES = 8 << 20;
    private static final int BATCH_RECORDS = 400;

    @Mixin private Bench.Common common = new Bench.Common();

    @Option(names = "--mib", description = "record batches, MiB (default: ${DEFAULT-VALUE})")
    private int mib = 192;

    @Option(
            names = "--segments",
            description = "record segments they lie in (default: ${DEFAULT-VALUE})")
    private int segments = 3;

    @Option(
            names = "--latencies",
            split = ",",
            description = "added to the first byte of every GET, ms (default: ${DEFAULT-VALUE})")
    private List<Integer> latenciesMs = List.of(0, 50);

    @Override
    public Integer call() throws Exception {
        Results results = new Results();
        for (Compression compression : List.of(Compression.lz4().build(), Compression.NONE)) {
            Path folder = common.fresh("s3-consume");
            try (S3Server server = S3Server.start(latenciesMs);
                    S3ObjectStore prepared = server.store(0);
                    FileObjectStore files =
                            new FileObjectStore(
                                    folder.resolve("archive"), folder.resolve("temporary"));
                    ArchivedTopic topic = new ArchivedTopic(folder.resolve("s3"), prepared, false);
                    ArchivedTopic local = new ArchivedTopic(folder.resolve("file"), files, false)) {
                fill(topic, compression);
                fill(local, compression);
                for (int i = -1; i < common.repetitions; i++) {
                    Results round = i < 0 ? new Results() : results;
                    String batches = compression.type().name + " batches";
                    consume(local, files, "local files, " + batches, round);
                    for (int latencyMs : latenciesMs) {
                        String what = "S3, %d ms, %s".formatted(latencyMs, batches);
                        try (S3ObjectStore store = server.store(latencyMs)) {
                            raw(topic, store, what, new Results()); // opens its connections
                            consume(topic, store, what, round);
                            raw(topic, store, what, round);
                        }
                    }
                }
            }
            Processes.delete(folder);
        }
        common.publish(results);
        return 0;
    }

    private void fill(ArchivedTopic topic, Compression compression) throws IOException {
        LogCorpus corpus = new LogCorpus(42);
        for (int segment = 0; segment < segments; segment++) {
            long bytes = 0;
            while (bytes < ((long) mib << 20) / segments) {
                List<SimpleRecord> records = new ArrayList<>();
                for (int i = 0; i < BATCH_RECORDS; i++) {
                    records.add(new SimpleRecord(LogCorpus.START_MS, null, corpus.next()));
                }
                bytes += topic.append(compression, records);
            }
            topic.archive();
        }
    }

    private static void consume(
            ArchivedTopic topic, ObjectStore store, String what, Results results)
            throws IOException {
        CachedTars tars = new CachedTars(store, 128 << 20, 384 << 20);
        TieredLog log =
                new TieredLog(
                        topic.wal,
                        topic.registry,
                        new SeekableRecordSegments(tars, 128 << 20),
                        32,
                        128 << 20);
        results.add(what, "cold MB/s", megabytesPerSecond(topic, log));
        results.add(what, "warm MB/s", megabytesPerSecond(topic, log));
    }

    private static double megabytesPerSecond(ArchivedTopic topic, TieredLog log)
            throws IOException {
        long end = topic.registry.snapshot().archivedEndOffset(topic.partition.topicId(), 0);
        ByteBuffer socket = ByteBuffer.allocateDirect(4 * FETCH_BYTES);
        long bytes = 0;
        long offset = 0;
        long begin = System.nanoTime();
        while (offset < end) {
            if (!(log.read(topic.partition, offset, FETCH_BYTES) instanceof LogRead.Found found)) {
                throw new IllegalStateException("nothing at offset " + offset);
            }
            for (ByteBuffer batch : found.batches().batches()) {
                if (socket.remaining() < batch.remaining()) {
                    socket.clear();
                }
                socket.put(batch.duplicate());
            }
            bytes += found.batches().sizeBytes();
            offset = found.batches().nextOffset();
        }
        return bytes / 1e6 / ((System.nanoTime() - begin) / 1e9);
    }

    private static void raw(ArchivedTopic topic, ObjectStore store, String what, Results results)
            throws IOException {
        long bytes = 0;
        long begin = System.nanoTime();
        for (RecordSegment segment :
                topic.registry.snapshot().segments(topic.partition.topicId())) {
            ArchiveObject object = segment.object();
            for (long at = 0; at < object.sizeBytes(); at += RAW_BYTES) {
                int length = (int) Math.min(RAW_BYTES, object.sizeBytes() - at);
                bytes += store.read(object.key(), at, length).remaining();
            }
        }
        results.add(what, "raw GET MB/s", bytes / 1e6 / ((System.nanoTime() - begin) / 1e9));
    }
}
