package io.annals.indexer;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.LongPoint;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;

/// Compares [SplitWriter] with Lucene as one would use it for the same documents. Not a test: run
/// its `main` with the number of records.
final class IndexingSpeed {
    private IndexingSpeed() {}

    public static void main(String[] args) throws IOException {
        int records = args.length > 0 ? Integer.parseInt(args[0]) : 200_000;
        LogLines lines = new LogLines(42);
        List<ByteBuffer> batches = new ArrayList<>();
        for (int i = 0; i < records / 100; i++) {
            batches.add(lines.batch(i * 100L, 100));
        }
        long bytes = batches.stream().mapToLong(ByteBuffer::remaining).sum();
        Path folder = Files.createTempDirectory("indexing-speed");
        for (int round = 0; round < 3; round++) {
            run("split writer", bytes, () -> split(folder, batches));
            run("same fields, unsorted, unpacked", bytes, () -> sameFields(folder, batches));
            run("plain lucene", bytes, () -> lucene(folder, batches));
        }
        IndexFolder.deleteAll(folder);
    }

    private interface Work {
        long run() throws IOException;
    }

    private static void run(String name, long bytes, Work work) throws IOException {
        var os =
                (com.sun.management.OperatingSystemMXBean)
                        ManagementFactory.getOperatingSystemMXBean();
        long begin = System.nanoTime();
        long cpu = os.getProcessCpuTime();
        long size = work.run();
        double seconds = (System.nanoTime() - begin) / 1e9;
        double cpuSeconds = (os.getProcessCpuTime() - cpu) / 1e9;
        System.out.printf(
                "%s: %.1f MB in %.2f s = %.1f MB/s, %.1f MB per CPU second, index %.3f of raw%n",
                name,
                bytes / 1e6,
                seconds,
                bytes / 1e6 / seconds,
                bytes / 1e6 / cpuSeconds,
                (double) size / bytes);
    }

    private static long split(Path folder, List<ByteBuffer> batches) throws IOException {
        SplitWriter writer = new SplitWriter(SplitWriter.Options.defaults("speed"));
        SplitWriter.Spec spec = new SplitWriter.Spec("s", Uuid.ONE_UUID, List.of("r"), List.of());
        Path target = folder.resolve("split.tar.gz");
        return writer.write(
                        spec,
                        sink -> {
                            for (ByteBuffer batch : batches) {
                                sink.batch(0, batch, 1);
                            }
                        },
                        folder.resolve("work"),
                        target)
                .split()
                .object()
                .sizeBytes();
    }

    /// The terms of the split writer, into a Lucene index as it comes.
    private static long sameFields(Path folder, List<ByteBuffer> batches) throws IOException {
        Path work = folder.resolve("same");
        IndexFolder.deleteAll(work);
        try (IndexFolder directory = new IndexFolder(work)) {
            IndexWriterConfig config =
                    new IndexWriterConfig().setRAMBufferSizeMB(256).setUseCompoundFile(false);
            try (IndexWriter writer = new IndexWriter(directory, config);
                    DocumentWriter documents = new DocumentWriter(MappingLimits.DEFAULT, 1 << 27)) {
                for (ByteBuffer batch : batches) {
                    documents.add(writer, 0, batch, 1, 0);
                }
                writer.forceMerge(1);
                writer.commit();
            }
            return sizeOf(directory);
        }
    }

    private static long sizeOf(IndexFolder directory) throws IOException {
        long size = 0;
        for (String file : directory.listAll()) {
            size += directory.fileLength(file);
        }
        return size;
    }

    /// Message text, whole value text, and a field per JSON leaf, with Lucene's own analyzer.
    private static long lucene(Path folder, List<ByteBuffer> batches) throws IOException {
        Path work = folder.resolve("lucene");
        IndexFolder.deleteAll(work);
        try (IndexFolder directory = new IndexFolder(work)) {
            IndexWriterConfig config =
                    new IndexWriterConfig(new StandardAnalyzer())
                            .setRAMBufferSizeMB(256)
                            .setUseCompoundFile(false);
            try (IndexWriter writer = new IndexWriter(directory, config);
                    io.annals.wal.RecordReader reader = new io.annals.wal.RecordReader(1 << 27)) {
                for (ByteBuffer batch : batches) {
                    reader.open(io.annals.wal.BatchView.of(batch));
                    while (reader.next()) {
                        writer.addDocument(document(reader));
                    }
                }
                writer.forceMerge(1);
                writer.commit();
            }
            return sizeOf(directory);
        }
    }

    private static Document document(io.annals.wal.RecordReader reader) {
        String value =
                new String(
                        reader.array(),
                        reader.valueAt(),
                        reader.valueLength(),
                        StandardCharsets.UTF_8);
        Document document = new Document();
        document.add(new NumericDocValuesField("_offset", reader.offset()));
        document.add(new NumericDocValuesField("_timestamp", reader.timestampMs()));
        document.add(new TextField("_value", value, Field.Store.NO));
        for (String member : value.substring(1, value.length() - 1).split(",\"", -1)) {
            int colon = member.indexOf("\":");
            String name = member.substring(member.charAt(0) == '"' ? 1 : 0, colon);
            String leaf = member.substring(colon + 2);
            if (leaf.charAt(0) != '"') {
                document.add(new LongPoint(name, (long) Double.parseDouble(leaf)));
            } else {
                document.add(
                        new StringField(
                                name, leaf.substring(1, leaf.length() - 1), Field.Store.NO));
            }
        }
        return document;
    }
}
