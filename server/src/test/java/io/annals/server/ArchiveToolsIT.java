package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Archive objects are ordinary tar.gz files: GNU tar and Python open them, and what is in them is
/// what was produced.
class ArchiveToolsIT {
    private static final int RECORDS = 300;

    /// Prints `name sha256` of every regular file of the archive, sorted.
    private static final String LIST_WITH_PYTHON =
            """
            import hashlib, sys, tarfile
            with tarfile.open(sys.argv[1], 'r:gz') as tar:
                for name in sorted(m.name for m in tar if m.isfile()):
                    print(name, hashlib.sha256(tar.extractfile(name).read()).hexdigest())
            """;

    /// Prints the same of what GNU tar extracted.
    private static final String LIST_WITH_TAR =
            """
            set -e
            tar xzf "$1" -C "$2"
            cd "$2"
            find . -type f -printf '%P\\n' | LC_ALL=C sort | while read -r name; do
                echo "$name $(sha256sum < "$name" | cut -d' ' -f1)"
            done
            """;

    @TempDir Path folder;

    @Test
    void tarAndPythonOpenEveryObjectAndTheRecordsAreInThem() throws Exception {
        Path data = folder.resolve("data");
        List<String> produced = new ArrayList<>();
        try (AnnalsProcess server = AnnalsProcess.start(data);
                Http http = new Http(server)) {
            try (KafkaProducer<byte[], byte[]> producer =
                    KafkaClients.producer(server.kafka(), Map.of("compression.type", "lz4"))) {
                for (int i = 0; i < RECORDS; i++) {
                    produced.add("{\"n\":" + i + ",\"msg\":\"open me with tar\"}");
                    byte[] value = produced.getLast().getBytes(StandardCharsets.UTF_8);
                    producer.send(new ProducerRecord<>("tools", 0, null, value));
                }
            }
            http.seal();
        }

        List<Path> objects = objects(data.resolve("archive"));
        assertThat(objects).hasSizeGreaterThanOrEqualTo(2);
        List<String> archived = new ArrayList<>();
        for (Path object : objects) {
            Path extracted = Files.createDirectory(folder.resolve(object.getFileName() + ".d"));
            List<String> tar =
                    Shell.run(
                            "sh",
                            "-c",
                            LIST_WITH_TAR,
                            "sh",
                            object.toString(),
                            extracted.toString());
            List<String> python = Shell.run("python3", "-c", LIST_WITH_PYTHON, object.toString());

            assertThat(tar).isNotEmpty().isEqualTo(python);
            assertThat(tar).anyMatch(line -> line.startsWith("manifest.json "));
            archived.addAll(values(extracted.resolve("records").resolve("0.batches")));
        }
        assertThat(archived).isEqualTo(produced);
    }

    private static List<Path> objects(Path archive) throws Exception {
        try (Stream<Path> files = Files.walk(archive)) {
            return files.filter(file -> file.toString().endsWith(".tar.gz")).sorted().toList();
        }
    }

    private static List<String> values(Path batches) throws Exception {
        List<String> values = new ArrayList<>();
        if (Files.exists(batches)) {
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(batches));
            MemoryRecords.readableRecords(bytes)
                    .records()
                    .forEach(record -> values.add(Utils.utf8(record.value())));
        }
        return values;
    }
}
