package io.annals.benchmarks.e2e;

import io.annals.archive.CachedTars;
import io.annals.archive.ReadPurpose;
import io.annals.archive.SeekableRecordSegments;
import io.annals.archive.s3.S3ObjectStore;
import io.annals.compatibility.peer.Processes;
import io.annals.indexer.CachedSplitReaders;
import io.annals.indexer.FieldQueries;
import io.annals.indexer.QueryBounds;
import io.annals.query.SearchLimits;
import io.annals.query.SearchRequest;
import io.annals.query.SearchResult;
import io.annals.query.SearchService;
import io.annals.query.TieredLog;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.SimpleRecord;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Searches for a term of one record in many index splits, a split for every half minute of a log.
/// *Cold* has nothing of the archive in memory or on disk and no connection yet, *warm* asks the
/// same again. The catalogue is in memory in both, as in a running server.
@Command(name = "search", description = "search over many splits in S3, by latency, cold and warm")
final class S3SearchBench implements Callable<Integer> {
    private static final long SPLIT_MS = 30_000;
    private static final long HOUR_MS = 3_600_000;
    private static final int BATCH_RECORDS = 100;

    /// As in a server with default settings.
    private static final int MAX_READERS = 2_048;

    private static final int WARM_SEARCHES = 5;

    @Mixin private Bench.Common common = new Bench.Common();

    @Option(names = "--splits", description = "index splits (default: ${DEFAULT-VALUE})")
    private int splits = 1_000;

    @Option(
            names = "--split-records",
            description = "records in each of them (default: ${DEFAULT-VALUE})")
    private int splitRecords = 1_000;

    @Option(
            names = "--latencies",
            split = ",",
            description = "added to the first byte of every GET, ms (default: ${DEFAULT-VALUE})")
    private List<Integer> latenciesMs = List.of(20, 50, 100);

    @Option(names = "--chunk-cache-mib", description = "default: ${DEFAULT-VALUE}")
    private int chunkCacheMib = 384;

    @Override
    public Integer call() throws Exception {
        Path folder = common.fresh("s3-search");
        Results results = new Results();
        try (S3Server server = S3Server.start(latenciesMs);
                S3ObjectStore store = server.store(0);
                ArchivedTopic topic = new ArchivedTopic(folder, store, true)) {
            fill(topic);
            for (int i = -1; i < common.repetitions; i++) {
                for (int latencyMs : latenciesMs) {
                    Results round = i < 0 ? new Results() : results;
                    run(server, topic, latencyMs, round);
                }
            }
        }
        Processes.delete(folder);
        common.publish(results);
        return 0;
    }

    private void fill(ArchivedTopic topic) throws Exception {
        LogCorpus corpus = new LogCorpus(42);
        long n = 0;
        for (int split = 0; split < splits; split++) {
            long startMs = LogCorpus.START_MS + split * SPLIT_MS;
            for (int done = 0; done < splitRecords; done += BATCH_RECORDS) {
                List<SimpleRecord> records = new ArrayList<>();
                for (int i = 0; i < BATCH_RECORDS; i++) {
                    long atMs = startMs + (done + i) * SPLIT_MS / splitRecords;
                    records.add(new SimpleRecord(atMs, null, corpus.next()));
                    n++;
                }
                topic.append(Compression.NONE, records);
            }
            topic.archive();
            if (split % 100 == 99) {
                System.err.printf("  %d splits, %d records%n", split + 1, n);
            }
        }
    }

    private void run(S3Server server, ArchivedTopic topic, int latencyMs, Results results)
            throws Exception {
        long records = (long) splits * splitRecords;
        long endMs = LogCorpus.START_MS + splits * SPLIT_MS;
        String rare = LogCorpus.traceId(records - splitRecords * (HOUR_MS / SPLIT_MS) / 2);
        SearchRequest.Builder hour =
                SearchRequest.builder("logs")
                        .fromMs(endMs - HOUR_MS)
                        .timeout(Duration.ofMinutes(1));
        measure(
                server,
                topic,
                latencyMs,
                "rare in its field, newest hour",
                results,
                hour.query("trace_id:" + rare).build());
        measure(
                server,
                topic,
                latencyMs,
                "rare in any field, newest hour",
                results,
                hour.query(rare).build());
        SearchRequest.Builder all = SearchRequest.builder("logs").timeout(Duration.ofMinutes(1));
        measure(
                server,
                topic,
                latencyMs,
                "rare in its field, all splits",
                results,
                all.query("trace_id:" + rare).build());
    }

    private void measure(
            S3Server server,
            ArchivedTopic topic,
            int latencyMs,
            String what,
            Results results,
            SearchRequest request)
            throws Exception {
        try (S3ObjectStore store = server.store(latencyMs)) {
            CachedTars tars = new CachedTars(store, 128 << 20, (long) chunkCacheMib << 20);
            try (CachedSplitReaders readers = new CachedSplitReaders(tars, MAX_READERS);
                    SearchService search = service(topic, tars, readers)) {
                String which = what + ", " + latencyMs + " ms";
                results.add(which, "cold ms", timed(search, request));
                long requests = 0;
                long bytes = 0;
                for (ReadPurpose purpose : ReadPurpose.values()) {
                    requests += tars.counts(purpose).requests();
                    bytes += tars.counts(purpose).bytes();
                }
                double[] warm = new double[WARM_SEARCHES];
                for (int i = 0; i < WARM_SEARCHES; i++) {
                    warm[i] = timed(search, request);
                }
                results.add(which, "warm ms", Results.quantile(warm, 0.5));
                results.add(which, "requests", requests);
                results.add(which, "MB", bytes / 1e6);
            }
        }
    }

    private static double timed(SearchService search, SearchRequest request) throws Exception {
        long begin = System.nanoTime();
        SearchResult result = search.search(request);
        double ms = (System.nanoTime() - begin) / 1e6;
        if (result.hits().size() != 1 || !result.coverage().complete()) {
            throw new IllegalStateException("a wrong answer: " + result);
        }
        return ms;
    }

    private static SearchService service(
            ArchivedTopic topic, CachedTars tars, CachedSplitReaders readers) {
        TieredLog log =
                new TieredLog(
                        topic.wal,
                        topic.registry,
                        new SeekableRecordSegments(tars, 128 << 20),
                        32,
                        128 << 20);
        return new SearchService(
                topic.registry,
                new ArchivedTopic.NothingLive(),
                readers,
                log,
                new FieldQueries(QueryBounds.DEFAULT),
                SearchLimits.DEFAULT);
    }
}
