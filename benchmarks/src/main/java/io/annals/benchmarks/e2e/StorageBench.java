package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Goal;
import io.annals.benchmarks.results.Measure;
import io.annals.compatibility.peer.AnnalsPeer;
import io.annals.compatibility.peer.Http;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Bytes on disk per raw byte of JSON log records, records and index apart, by what is indexed and
/// how the producer compressed; beside OpenSearch with `best_compression`, by mapping. Sizes hardly
/// vary, so there is one sample of each.
@Command(
        name = "storage",
        description = "bytes on disk per raw byte by mapping, beside OpenSearch's best_compression")
final class StorageBench implements Callable<Integer> {
    private static final Measure TOTAL = Measure.lower("bytes on disk per raw byte", "");
    private static final Measure RECORDS = Measure.lower("of which records", "");
    private static final Measure INDEX = Measure.lower("of which index", "");
    private static final String SETTINGS =
            "{\"settings\":{\"number_of_shards\":1,\"number_of_replicas\":0,\"refresh_interval\":\"-1\","
                    + "\"codec\":\"best_compression\",\"translog.durability\":\"async\"}%s}";

    @Mixin private Bench.Common common = new Bench.Common();

    @Option(names = "--records", description = "JSON records (default: ${DEFAULT-VALUE})")
    private long records = 300_000;

    private final Results results = new Results();

    @Override
    public Integer call() throws Exception {
        AnnalsPeer annals = new AnnalsPeer(common.fresh("storage"), Map.of());
        annals.start();
        try {
            for (String codec : List.of("none", "lz4", "zstd")) {
                annals(annals, "everything indexed", codec, true);
            }
            annals(annals, "nothing indexed", "none", false);
        } finally {
            annals.stop();
        }
        try {
            openSearch();
        } catch (IOException e) {
            results.note("opensearch is missing: " + e.getMessage());
        }
        common.publish(results);
        return 0;
    }

    private void annals(AnnalsPeer annals, String mapping, String codec, boolean indexed)
            throws Exception {
        String topic = (mapping + "-" + codec).replace(' ', '-');
        Path archive = annals.dataDir().resolve("archive");
        double segments = size(archive.resolve("segments"));
        double splits = size(archive.resolve("splits"));
        LoadGenerator.createTopic(
                annals.bootstrap(), topic, 1, Map.of("annals.index.enable", "" + indexed));
        Load load =
                LoadGenerator.run(
                        "produce",
                        annals.bootstrap(),
                        topic,
                        List.of(
                                "records=" + records,
                                "payload=json",
                                "batch.size=131072",
                                "linger.ms=5",
                                "compression.type=" + codec));
        Http.post(annals.http() + "/v1/admin/seal");
        segments = (size(archive.resolve("segments")) - segments) / load.bytes();
        splits = (size(archive.resolve("splits")) - splits) / load.bytes();
        String what = ", " + mapping + ", " + codec + " batches";
        Measure total = indexed ? beside(TOTAL) : TOTAL;
        results.add(total.of(what), Side.ANNALS, segments + splits);
        results.add(RECORDS.of(what), Side.ANNALS, segments);
        results.add(INDEX.of(what), Side.ANNALS, splits);
    }

    private static Measure beside(Measure total) {
        return total.goal(Goal.ratio("opensearch, dynamic", 1))
                .goal(Goal.ratio("opensearch, tuned", 1));
    }

    /// Each mapping stands beside each case in which everything is indexed.
    private void openSearch() throws Exception {
        Map<String, String> mappings = new LinkedHashMap<>();
        mappings.put("dynamic", SETTINGS.formatted(""));
        mappings.put("tuned", SearchBench.TUNED);
        mappings.put(
                "message alone",
                SETTINGS.formatted(
                        ",\"mappings\":{\"dynamic\":false,\"properties\":{\"ts\":{\"type\":\"date\"},"
                                + "\"msg\":{\"type\":\"text\",\"norms\":false}}}"));
        OpenSearchPeer openSearch = new OpenSearchPeer(common.fresh("storage-opensearch"));
        try {
            openSearch.start();
            for (Map.Entry<String, String> mapping : mappings.entrySet()) {
                String index = mapping.getKey().replace(' ', '-');
                openSearch.createIndex(index, mapping.getValue());
                long bytes = SearchBench.bulk(openSearch, index, records);
                double share = (double) openSearch.storeBytes(index) / bytes;
                for (String codec : List.of("none", "lz4", "zstd")) {
                    results.add(
                            TOTAL.of(", everything indexed, " + codec + " batches"),
                            "opensearch, " + mapping.getKey(),
                            share);
                }
            }
        } finally {
            openSearch.stop();
        }
    }

    private static double size(Path folder) throws IOException {
        return Files.isDirectory(folder) ? Processes.sizeOf(folder) : 0;
    }
}
