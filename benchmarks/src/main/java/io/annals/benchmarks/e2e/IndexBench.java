package io.annals.benchmarks.e2e;

import io.annals.benchmarks.results.Goal;
import io.annals.benchmarks.results.Measure;
import io.annals.compatibility.peer.Processes;
import io.annals.indexer.BatchSource;
import io.annals.indexer.SplitWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.store.FSDirectory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Index splits beside Lucene as one would use it for the same log records: the whole value as text
/// by Lucene's own analyzer, a field per JSON leaf, offset and time as doc values. One thread each.
@Command(name = "index", description = "indexing speed beside plain Lucene on the same documents")
final class IndexBench implements Callable<Integer> {
    private static final int BATCH_RECORDS = 100;

    private static final Measure SPEED =
            Measure.higher("indexing", "MB/s").goal(Goal.ratio("lucene", 0.8));
    private static final Measure PER_CPU =
            Measure.higher("indexing, per CPU second", "MB").goal(Goal.ratio("lucene", 0.8));
    private static final Measure SIZE = Measure.lower("index, part of raw", "%");

    @Mixin private Bench.Common common = new Bench.Common();

    @Option(names = "--records", description = "JSON records (default: ${DEFAULT-VALUE})")
    private int records = 300_000;

    @Override
    public Integer call() throws Exception {
        Path folder = common.fresh("index");
        LogCorpus corpus = new LogCorpus(42);
        List<List<byte[]>> values = new ArrayList<>();
        List<ByteBuffer> batches = new ArrayList<>();
        long bytes = 0;
        for (int i = 0; i < records / BATCH_RECORDS; i++) {
            List<byte[]> batch = new ArrayList<>();
            for (int j = 0; j < BATCH_RECORDS; j++) {
                batch.add(corpus.next());
                bytes += batch.get(j).length;
            }
            values.add(batch);
            batches.add(batch((long) i * BATCH_RECORDS, batch));
        }
        Results results = new Results();
        for (int i = -1; i < common.repetitions; i++) {
            Results round = i < 0 ? new Results() : results;
            run("annals", round, bytes, () -> split(folder, batches));
            run("lucene", round, bytes, () -> lucene(folder, values));
        }
        Processes.delete(folder);
        common.publish(results);
        return 0;
    }

    private static void run(String side, Results results, long bytes, Callable<Long> work)
            throws Exception {
        double cpu = cpuSeconds();
        long begin = System.nanoTime();
        long size = work.call();
        results.add(SPEED, side, bytes / 1e6 / ((System.nanoTime() - begin) / 1e9));
        results.add(PER_CPU, side, bytes / 1e6 / (cpuSeconds() - cpu));
        results.add(SIZE, side, 100.0 * size / bytes);
    }

    private static double cpuSeconds() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toMillis() / 1e3;
    }

    private static ByteBuffer batch(long baseOffset, List<byte[]> values) {
        SimpleRecord[] batch = new SimpleRecord[values.size()];
        for (int i = 0; i < batch.length; i++) {
            batch[i] = new SimpleRecord(LogCorpus.START_MS + baseOffset + i, values.get(i));
        }
        return MemoryRecords.withRecords(baseOffset, Compression.NONE, batch).buffer();
    }

    /// The whole way: documents, sort, flush, packing.
    private static long split(Path folder, List<ByteBuffer> batches) throws IOException {
        SplitWriter writer = new SplitWriter(SplitWriter.Options.defaults("benchmark"));
        BatchSource source =
                sink -> {
                    for (ByteBuffer batch : batches) {
                        sink.batch(0, batch, LogCorpus.START_MS);
                    }
                };
        SplitWriter.Spec spec =
                new SplitWriter.Spec("split", Uuid.ONE_UUID, List.of("segment"), List.of());
        return writer.write(spec, source, folder.resolve("work"), folder.resolve("split.tar.gz"))
                .split()
                .object()
                .sizeBytes();
    }

    private static long lucene(Path folder, List<List<byte[]>> values) throws IOException {
        Path work = folder.resolve("lucene");
        Processes.delete(work);
        IndexWriterConfig config =
                new IndexWriterConfig(new StandardAnalyzer())
                        .setRAMBufferSizeMB(256)
                        .setUseCompoundFile(false);
        long offset = 0;
        try (FSDirectory directory = FSDirectory.open(work);
                IndexWriter writer = new IndexWriter(directory, config)) {
            for (List<byte[]> batch : values) {
                for (byte[] value : batch) {
                    writer.addDocument(document(offset++, value));
                }
            }
            writer.forceMerge(1);
            writer.commit();
        }
        return Processes.sizeOf(work);
    }

    private static Document document(long offset, byte[] bytes) {
        String value = new String(bytes, StandardCharsets.UTF_8);
        Document document = new Document();
        document.add(new NumericDocValuesField("_offset", offset));
        document.add(new NumericDocValuesField("_timestamp", LogCorpus.START_MS + offset));
        document.add(new TextField("_value", value, Field.Store.NO));
        for (String member : value.substring(1, value.length() - 1).split(",\"", -1)) {
            int colon = member.indexOf("\":");
            String name = member.substring(member.charAt(0) == '"' ? 1 : 0, colon);
            String leaf = member.substring(colon + 2);
            if (leaf.charAt(0) == '"') {
                String text = leaf.substring(1, leaf.length() - 1);
                document.add(new StringField(name, text, Field.Store.NO));
            } else {
                document.add(new LongPoint(name, Long.parseLong(leaf)));
            }
        }
        return document;
    }
}
