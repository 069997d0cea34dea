package io.annals.benchmarks.e2e;

import io.annals.benchmarks.e2e.SearchCase.Drawn;
import io.annals.benchmarks.results.Goal;
import io.annals.benchmarks.results.Measure;
import io.annals.compatibility.peer.AnnalsPeer;
import io.annals.compatibility.peer.Http;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Searches over the same archived log records on Annals and on OpenSearch, both over HTTP, one
/// after the other: what they took to get there, what they take on disk, and the latency of each
/// kind of search, newest first, warm and cold (restarted, page cache dropped).
///
/// OpenSearch gets a mapping made for these documents and `best_compression`, Annals its defaults,
/// which also index every field as words and the whole value as text.
@Command(
        name = "search",
        description = "search latency, indexing and disk beside OpenSearch on the same documents")
final class SearchBench implements Callable<Integer> {
    static final String TUNED =
            """
            {"settings":{"number_of_shards":1,"number_of_replicas":0,"refresh_interval":"-1",
              "codec":"best_compression","translog.durability":"async"},
             "mappings":{"properties":{"ts":{"type":"date"},"level":{"type":"keyword"},
              "service":{"type":"keyword"},"host":{"type":"keyword"},"user_id":{"type":"integer"},
              "trace_id":{"type":"keyword"},"status":{"type":"integer"},
              "latency_ms":{"type":"integer"},"msg":{"type":"text","norms":false}}}}
            """;

    private static final int BULK_DOCUMENTS = 2000;
    private static final int CHECKED = 3;
    private static final Measure CPU =
            Measure.lower("server CPU per GB, until searchable and archived", "s")
                    .goal(Goal.ratio("opensearch", 1));
    private static final Measure DISK =
            Measure.lower("bytes on disk per raw byte", "").goal(Goal.ratio("opensearch", 1));
    private static final Measure LATENCY =
            Measure.lower("", "ms").goal(Goal.ratio("opensearch", 1));

    @Mixin private Bench.Common common = new Bench.Common();

    @Option(
            names = "--records",
            description = "JSON records of about 300 bytes (default: ${DEFAULT-VALUE})")
    private long records = 1_000_000;

    @Option(
            names = "--queries",
            description = "queries per case and round (default: ${DEFAULT-VALUE})")
    private int queries = 100;

    @Option(
            names = "--warm-up",
            description =
                    "queries per case before the first that counts: compilers need more than a "
                            + "round (default: ${DEFAULT-VALUE})")
    private int warmUp = 200;

    @Option(names = "--cold", description = "cold rounds (default: ${DEFAULT-VALUE})")
    private int coldRounds = 3;

    private final Results results = new Results();
    private final List<Drawn> drawn = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        List<SearchSide> sides = new ArrayList<>();
        try {
            draw();
            AnnalsPeer annals = new AnnalsPeer(common.fresh("search"), Map.of());
            annals.start();
            sides.add(new SearchSide.OfAnnals(annals));
            fill(annals);
            openSearch()
                    .ifPresent(openSearch -> {
                        sides.add(new SearchSide.OfOpenSearch(openSearch, false));
                        sides.add(new SearchSide.OfOpenSearch(openSearch, true));
                    });
            for (SearchCase what : SearchCase.all()) {
                for (SearchSide side : sides) {
                    for (int i = 0; i < warmUp; i++) {
                        time(side, what, i);
                    }
                }
            }
            for (SearchCase what : SearchCase.all()) {
                warm(sides, what);
            }
            for (int i = 0; i < coldRounds; i++) {
                cold(sides, i);
            }
        } finally {
            for (SearchSide side : sides) {
                side.peer().stop();
            }
        }
        common.publish(results);
        Processes.delete(common.fresh("search"));
        Processes.delete(common.fresh("opensearch"));
        return 0;
    }

    /// What is searched for: drawn from documents all over the corpus.
    private void draw() {
        Random random = new Random(7);
        LogCorpus corpus = new LogCorpus(42);
        int wanted = queries * 4;
        for (long i = 0; i < records; i++) {
            byte[] document = corpus.next();
            if (drawn.size() < wanted || random.nextDouble() < (double) wanted / (i + 1)) {
                Drawn one = Drawn.from(new String(document, StandardCharsets.UTF_8));
                if (drawn.size() < wanted) {
                    drawn.add(one);
                } else {
                    drawn.set(random.nextInt(wanted), one);
                }
            }
        }
    }

    private void fill(AnnalsPeer annals) throws Exception {
        LoadGenerator.createTopic(annals.bootstrap(), SearchSide.INDEX, 1);
        double cpu = annals.cpuSeconds();
        long begin = System.nanoTime();
        Load load =
                LoadGenerator.run(
                        "produce",
                        annals.bootstrap(),
                        SearchSide.INDEX,
                        List.of(
                                "records=" + records,
                                "payload=json",
                                "batch.size=131072",
                                "linger.ms=5",
                                "compression.type=none"));
        Http.post(annals.http() + "/v1/admin/seal");
        filled(Side.ANNALS, begin, annals.cpuSeconds() - cpu, load.bytes());
        Path archive = annals.dataDir().resolve("archive");
        double segments = Processes.sizeOf(archive.resolve("segments"));
        double splits = Processes.sizeOf(archive.resolve("splits"));
        results.add(DISK, Side.ANNALS, (segments + splits) / load.bytes());
        results.add(DISK.of(", records alone"), Side.ANNALS, segments / load.bytes());
        results.add(DISK.of(", index alone"), Side.ANNALS, splits / load.bytes());
    }

    /// Empty if it cannot be had here; a note says why.
    private Optional<OpenSearchPeer> openSearch() throws Exception {
        try {
            OpenSearchPeer openSearch = new OpenSearchPeer(common.fresh("opensearch"));
            openSearch.start();
            openSearch.createIndex(SearchSide.INDEX, TUNED);
            double cpu = openSearch.cpuSeconds();
            long begin = System.nanoTime();
            long bytes = bulk(openSearch, SearchSide.INDEX, records);
            filled(openSearch.name(), begin, openSearch.cpuSeconds() - cpu, bytes);
            results.add(
                    DISK,
                    openSearch.name(),
                    (double) openSearch.storeBytes(SearchSide.INDEX) / bytes);
            return Optional.of(openSearch);
        } catch (IOException e) {
            results.note("opensearch is missing: " + e.getMessage());
            return Optional.empty();
        }
    }

    private void filled(String side, long begin, double cpuSeconds, long bytes) {
        double seconds = (System.nanoTime() - begin) / 1e9;
        results.add(CPU, side, cpuSeconds / (bytes / 1e9));
        results.add(
                Measure.higher("raw bytes a second, until searchable and archived", "MB/s"),
                side,
                bytes / 1e6 / seconds);
    }

    /// @return bytes of the documents
    static long bulk(OpenSearchPeer openSearch, String index, long records)
            throws IOException, InterruptedException {
        LogCorpus corpus = new LogCorpus(42);
        long bytes = 0;
        for (long i = 0; i < records; i += BULK_DOCUMENTS) {
            StringBuilder lines = new StringBuilder();
            for (long j = i; j < Math.min(records, i + BULK_DOCUMENTS); j++) {
                byte[] document = corpus.next();
                bytes += document.length;
                lines.append("{\"create\":{}}\n");
                lines.append(new String(document, StandardCharsets.UTF_8)).append('\n');
            }
            openSearch.bulk(index, lines.toString());
        }
        openSearch.finish(index);
        return bytes;
    }

    private void warm(List<SearchSide> sides, SearchCase what) throws Exception {
        check(sides, what);
        for (int round = -1; round < common.repetitions; round++) {
            for (SearchSide side : round % 2 == 0 ? sides : sides.reversed()) {
                double[] ms = new double[queries];
                for (int i = 0; i < queries; i++) {
                    ms[i] = time(side, what, (round + 1) * queries + i);
                }
                if (round >= 0) {
                    results.add(
                            LATENCY.of(what.name() + ", p50"),
                            side.name(),
                            Results.quantile(ms, 0.5));
                    results.add(
                            LATENCY.of(what.name() + ", p99"),
                            side.name(),
                            Results.quantile(ms, 0.99));
                }
            }
        }
    }

    /// Notes where the sides do not find the same number of documents.
    private void check(List<SearchSide> sides, SearchCase what) throws Exception {
        for (int i = 0; i < CHECKED; i++) {
            List<String> totals = new ArrayList<>();
            for (SearchSide side : sides) {
                if (!(side instanceof SearchSide.OfOpenSearch openSearch) || openSearch.exact()) {
                    totals.add("" + side.total(side.search(what, drawn.get(i))));
                }
            }
            if (totals.stream().distinct().count() > 1) {
                results.note(
                        "%s `%s` finds %s"
                                .formatted(
                                        what.name(),
                                        what.annals().apply(drawn.get(i)),
                                        String.join(" on Annals, on OpenSearch ", totals)));
            }
        }
    }

    /// The first search of a freshly started server, and the first of another kind after it.
    private void cold(List<SearchSide> sides, int round) throws Exception {
        for (SearchSide side : sides) {
            if (side instanceof SearchSide.OfOpenSearch openSearch && openSearch.exact()) {
                continue;
            }
            side.peer().stop();
            String suffix = Processes.dropPageCache() ? "" : ", page cache kept";
            side.peer().start();
            SearchCase rare = SearchCase.all().get(0);
            SearchCase frequent = SearchCase.all().get(1);
            double ms = time(side, rare, round);
            results.add(
                    LATENCY.of("rare term, first search after a start" + suffix), side.name(), ms);
            ms = time(side, frequent, round);
            results.add(LATENCY.of("frequent term, second search" + suffix), side.name(), ms);
        }
    }

    private double time(SearchSide side, SearchCase what, int draw) throws Exception {
        Drawn one = drawn.get(draw % drawn.size());
        long begin = System.nanoTime();
        side.search(what, one);
        return (System.nanoTime() - begin) / 1e6;
    }
}
