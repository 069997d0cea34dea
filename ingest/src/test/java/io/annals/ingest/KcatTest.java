package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.annals.ingest.internal.InternalLogScan;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// librdkafka, through kcat.
class KcatTest {
    @TempDir private Path directory;
    private TestNode node;

    @BeforeEach
    void start() throws IOException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/kcat")), "kcat is not installed");
        node = new TestNode(directory, TestNode.Options.defaults());
    }

    @AfterEach
    void stop() throws IOException {
        if (node != null) {
            node.close();
        }
    }

    private String kcat(String input, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("/usr/bin/kcat", "-b", node.bootstrap()));
        command.addAll(List.of(arguments));
        Path in = Files.writeString(directory.resolve("in"), input);
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        Process process =
                new ProcessBuilder(command)
                        .redirectInput(in.toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .start();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("kcat ended").isTrue();
        assertThat(process.exitValue()).as(Files.readString(err)).isZero();
        return Files.readString(out, StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void produces_and_consumes_with_every_codec(String codec) throws Exception {
        String lines =
                IntStream.range(0, 300)
                        .mapToObj(i -> "key" + i + ":value number " + i + "\n")
                        .collect(Collectors.joining());
        kcat(lines, "-P", "-t", "kcat", "-K:", "-z", codec, "-X", "enable.idempotence=true");
        assertThat(kcat("", "-C", "-t", "kcat", "-K:", "-e", "-q", "-o", "beginning"))
                .isEqualTo(lines);
        assertThat(storedCodecs()).containsOnly(codec);
    }

    /// librdkafka leaves batches uncompressed, without a word, where it misses versions of Produce.
    private Set<String> storedCodecs() throws IOException {
        Uuid id = node.registry.snapshot().topic("kcat").orElseThrow().id();
        Set<String> codecs = new HashSet<>();
        new InternalLogScan(node.reader(), new TopicIdPartition(id, 0, "kcat"))
                .replay(batch -> codecs.add(batch.compressionType().name));
        return codecs;
    }

    @Test
    void lists_metadata_and_finds_offsets_by_time() throws Exception {
        kcat("a\nb\n", "-P", "-t", "kcat");
        assertThat(kcat("", "-L"))
                .contains("1 brokers")
                .contains("topic \"kcat\" with 1 partitions");
        assertThat(kcat("", "-Q", "-t", "kcat:0:1")).contains("kcat [0] offset 0");
        assertThat(kcat("", "-C", "-t", "kcat", "-o", "-1", "-e", "-q")).isEqualTo("b\n");
    }
}
