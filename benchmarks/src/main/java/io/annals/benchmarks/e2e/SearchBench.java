package io.annals.benchmarks.e2e;

import io.annals.compatibility.peer.AnnalsPeer;
import io.annals.compatibility.peer.Http;
import io.annals.compatibility.peer.Processes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Search over archived log records through the HTTP API: terms that occur once, a frequent word
/// with the newest first, a phrase, a numeric range; warm, and cold (restarted, page cache
/// dropped).
@Command(
        name = "search",
        description = "search latency over archived records, warm and cold; archive size")
final class SearchBench implements Callable<Integer> {
    private static final String TOPIC = "logs";
    private static final int COLD_ROUNDS = 5;

    @Mixin private Bench.Common common = new Bench.Common();

    @Option(
            names = "--records",
            description = "JSON records of about 300 bytes (default: ${DEFAULT-VALUE})")
    private long records = 10_000_000;

    @Option(names = "--queries", description = "queries per case (default: ${DEFAULT-VALUE})")
    private int queries = 200;

    @Option(names = "--keep", description = "keep the data directory and reuse it if it is there")
    private boolean keep;

    private final Random random = new Random(7);

    @Override
    public Integer call() throws Exception {
        Path dataDir = common.directory.toAbsolutePath().resolve("search");
        boolean reuse = keep && Files.exists(dataDir.resolve("archive"));
        AnnalsPeer annals = new AnnalsPeer(reuse ? dataDir : common.fresh("search"), Map.of());
        Results results = new Results();
        annals.start();
        try {
            if (!reuse) {
                fill(annals, results);
            }
            for (Map.Entry<String, String> query : queries().entrySet()) {
                measure(annals, results, query.getKey(), query.getValue());
            }
            cold(annals, results);
            results.add("resident MB at the end", annals.name(), annals.residentBytes() / 1e6);
        } finally {
            annals.stop();
        }
        common.publish(results);
        if (!keep) {
            Processes.delete(dataDir);
        }
        return 0;
    }

    private void fill(AnnalsPeer annals, Results results) throws Exception {
        LoadGenerator.createTopic(annals.bootstrap(), TOPIC, 4);
        double cpu = annals.cpuSeconds();
        Load load =
                LoadGenerator.run(
                        "produce",
                        annals.bootstrap(),
                        TOPIC,
                        "records=" + records,
                        "payload=json",
                        "batch.size=131072",
                        "linger.ms=5");
        long start = System.nanoTime();
        Http.post(annals.http() + "/v1/admin/seal");
        results.add("seconds to produce", annals.name(), load.seconds());
        results.add(
                "seconds from the last record to archived",
                annals.name(),
                (System.nanoTime() - start) / 1e9);
        results.add("server CPU s, all of it", annals.name(), annals.cpuSeconds() - cpu);
        results.add("raw MB", annals.name(), load.bytes() / 1e6);
        results.add(
                "record segments / raw", annals.name(), size(annals, "segments") / load.bytes());
        results.add("index splits / raw", annals.name(), size(annals, "splits") / load.bytes());
    }

    private static double size(AnnalsPeer annals, String kind) throws Exception {
        return Processes.sizeOf(annals.dataDir().resolve("archive").resolve(kind));
    }

    /// `%s` is a trace id that occurs once.
    private static Map<String, String> queries() {
        Map<String, String> queries = new java.util.LinkedHashMap<>();
        queries.put("rare term in any field", "%s");
        queries.put("rare term in its field", "trace_id:%s");
        queries.put("frequent level, newest 20", "level:ERROR");
        queries.put("level and range", "level:ERROR AND latency_ms:>1900");
        queries.put("two words", "status:503 AND service:svc-7");
        return queries;
    }

    private void measure(AnnalsPeer annals, Results results, String what, String query)
            throws Exception {
        for (int i = 0; i < queries / 4; i++) {
            time(annals, query);
        }
        double[] ms = new double[queries];
        for (int i = 0; i < queries; i++) {
            ms[i] = time(annals, query);
        }
        results.add(what + ", warm p50 ms", annals.name(), Results.quantile(ms, 0.5));
        results.add(what + ", warm p99 ms", annals.name(), Results.quantile(ms, 0.99));
    }

    private double time(AnnalsPeer annals, String query) throws Exception {
        String text = query.formatted(LogCorpus.traceId(random.nextLong(records)));
        String url =
                annals.http()
                        + "/v1/topics/"
                        + TOPIC
                        + "/search?q="
                        + java.net.URLEncoder.encode(text, java.nio.charset.StandardCharsets.UTF_8);
        long start = System.nanoTime();
        String answer = Http.get(url);
        double ms = (System.nanoTime() - start) / 1e6;
        if (!answer.contains("\"offset\"")) {
            throw new IllegalStateException("nothing found by " + text + ": " + answer);
        }
        return ms;
    }

    /// Each sample is the first query of a freshly started server with the page cache dropped.
    private void cold(AnnalsPeer annals, Results results) throws Exception {
        for (int i = 0; i < COLD_ROUNDS; i++) {
            annals.stop();
            boolean dropped = Processes.dropPageCache();
            annals.start();
            Http.get(
                    annals.http()
                            + "/v1/topics"); // the HTTP client's and server's own first call is not
            // the search
            results.add(
                    "rare term, first query after start, page cache "
                            + (dropped ? "dropped" : "kept")
                            + " ms",
                    annals.name(),
                    time(annals, "%s"));
            results.add("rare term, second query ms", annals.name(), time(annals, "%s"));
        }
    }
}
