package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/// An archive object is a tar.gz to everybody else.
@ExtendWith(SeededRandom.class)
class ForeignReadersTest {
    private static final String EXTRACT_WITH_PYTHON =
            "import sys, tarfile; tarfile.open(sys.argv[1], 'r:gz').extractall(sys.argv[2])";

    @TempDir Path directory;

    @Test
    void tarExtractsIt(Random random) throws Exception {
        assumeTrue(succeeds("tar", "--version"), "there is no tar");
        Map<String, byte[]> entries = TestObjects.entries(random);
        Path object = TestObjects.write(directory.resolve("o.tar.gz"), entries).path();
        Path out = Files.createDirectory(directory.resolve("out"));

        assertThat(succeeds("tar", "xzf", object.toString(), "-C", out.toString())).isTrue();
        assertExtracted(out, entries);
    }

    @Test
    void pythonExtractsIt(Random random) throws Exception {
        assumeTrue(succeeds("python3", "--version"), "there is no python3");
        Map<String, byte[]> entries = TestObjects.entries(random);
        Path object = TestObjects.write(directory.resolve("o.tar.gz"), entries).path();
        Path out = Files.createDirectory(directory.resolve("out"));

        assertThat(
                        succeeds(
                                "python3",
                                "-c",
                                EXTRACT_WITH_PYTHON,
                                object.toString(),
                                out.toString()))
                .isTrue();
        assertExtracted(out, entries);
    }

    @Test
    void commonsCompressAndTheJdkReadIt(Random random) throws IOException {
        Map<String, byte[]> entries = TestObjects.entries(random);
        Path object = TestObjects.write(directory.resolve("o.tar.gz"), entries).path();

        assertStreams(
                GzipCompressorInputStream.builder()
                        .setPath(object)
                        .setDecompressConcatenated(true)
                        .get(),
                entries);
        assertStreams(new GZIPInputStream(Files.newInputStream(object)), entries);
    }

    private static void assertStreams(InputStream tar, Map<String, byte[]> entries)
            throws IOException {
        Map<String, byte[]> found = new LinkedHashMap<>();
        try (TarArchiveInputStream in = new TarArchiveInputStream(tar)) {
            TarArchiveEntry entry = in.getNextEntry();
            while (entry != null) {
                assertThat(entry.getMode()).isEqualTo(0644);
                assertThat(entry.getLastModifiedTime().toMillis()).isZero();
                assertThat(entry.isFile()).isTrue();
                found.put(entry.getName(), in.readAllBytes());
                entry = in.getNextEntry();
            }
        }
        assertThat(found.remove("toc.json")).isNotEmpty();
        assertThat(found.keySet()).containsExactlyElementsOf(entries.keySet());
        entries.forEach((name, bytes) -> assertThat(found.get(name)).as(name).isEqualTo(bytes));
    }

    private static void assertExtracted(Path out, Map<String, byte[]> entries) throws IOException {
        for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
            assertThat(Files.readAllBytes(out.resolve(entry.getKey())))
                    .as(entry.getKey())
                    .isEqualTo(entry.getValue());
        }
        assertThat(out.resolve("toc.json")).isNotEmptyFile();
    }

    private static boolean succeeds(String... command) throws InterruptedException {
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException _) {
            return false;
        }
    }
}
