package io.annals.server.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.annals.archive.CachedTars;
import io.annals.archive.InMemoryObjectStore;
import io.annals.archive.ObjectRegistryStore;
import io.annals.indexer.LocalRetention;
import io.annals.query.http.SegmentListing;
import io.annals.query.http.SegmentRequest;
import io.annals.registry.ArchiveObject;
import io.annals.registry.DurableRegistry;
import io.annals.registry.ObjectKeys;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySettings;
import io.annals.registry.TopicMetadata;
import io.annals.wal.AppendRequest;
import io.annals.wal.FileWal;
import io.annals.wal.FsyncMode;
import io.annals.wal.WalConfig;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// A listing of segments that is printed page by page, over both tiers.
class SegmentsOutputTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long NOW = 1_700_000_000_000L;
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(NOW), ZoneOffset.UTC);
    private static final int WARM = 5;
    private static final int HOT = 3;

    @TempDir static Path folder;

    private static FileWal wal;
    private static DurableRegistry registry;
    private static SegmentListing.Local local;

    @BeforeAll
    static void fill() throws IOException {
        InMemoryObjectStore store = new InMemoryObjectStore(CLOCK);
        registry =
                DurableRegistry.open(
                        new ObjectRegistryStore(store),
                        CLOCK,
                        new RegistrySettings("test", 100, 64));
        WalConfig config =
                new WalConfig(
                        folder,
                        1,
                        1 << 20,
                        Duration.ofHours(1),
                        1L << 30,
                        1 << 20,
                        Duration.ofMillis(10),
                        Duration.ofSeconds(1));
        wal = FileWal.open(config, CLOCK);
        local =
                new SegmentListing.Local(
                        wal,
                        new LocalRetention(
                                wal,
                                registry,
                                CLOCK,
                                new LocalRetention.Settings(Map::of, 1L << 30, 0),
                                () -> 1L << 30),
                        new CachedTars(store, 1 << 20, 1 << 20));
        TopicMetadata topic =
                new TopicMetadata(
                        Uuid.randomUuid(), "orders", 1, Map.of(), List.of(0L, 0L), NOW, false);
        registry.commit(_ -> Optional.of(RegistryChange.ofTopic(topic)));
        List<RecordSegment> segments =
                IntStream.range(0, WARM).mapToObj(i -> segment(topic, i)).toList();
        registry.commit(_ -> Optional.of(RegistryChange.ofArchived(segments, List.of())));
        for (int i = 0; i < HOT; i++) {
            append(new TopicIdPartition(topic.id(), i % 2, topic.name()));
            wal.sealNow();
        }
    }

    private static RecordSegment segment(TopicMetadata topic, int number) {
        String id = "segment-" + number;
        return new RecordSegment(
                id,
                topic.id(),
                new ArchiveObject(ObjectKeys.recordSegment(topic.id(), id), 1_000, 900, ""),
                List.of(new PartitionRange(0, number, number + 1, 1, 70, NOW, NOW, NOW, NOW)),
                List.of("wal-" + number));
    }

    private static void append(TopicIdPartition partition) {
        wal.createPartition(partition, 0);
        MemoryRecords batch =
                MemoryRecords.withRecords(
                        Compression.NONE,
                        new SimpleRecord(NOW, "value".getBytes(StandardCharsets.UTF_8)));
        ByteBuffer bytes = ByteBuffer.allocateDirect(batch.sizeInBytes());
        bytes.put(batch.buffer().duplicate()).flip();
        wal.append(new AppendRequest(partition, bytes, FsyncMode.PERIODIC, false)).join();
    }

    @AfterAll
    static void close() throws IOException {
        wal.close();
    }

    private static JsonNode page(int limit, boolean isServer, Optional<String> cursor)
            throws Exception {
        SegmentRequest request = SegmentRequest.of(Optional.empty(), limit, cursor);
        return JSON.readTree(
                SegmentListing.page(
                        registry.snapshot(),
                        request,
                        isServer ? Optional.of(local) : Optional.empty()));
    }

    private static String text(int limit, boolean isServer) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new SegmentsText(new PrintStream(bytes, false, StandardCharsets.UTF_8), NOW)
                .printAll(cursor -> page(limit, isServer, cursor));
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @CsvSource({"1,true", "2,true", "7,true", "1000,true", "1,false", "3,false", "1000,false"})
    void jsonIsThePageThatHoldsAllOfIt(int limit, boolean isServer) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new SegmentsJson(new PrintStream(bytes, false, StandardCharsets.UTF_8))
                .printAll(cursor -> page(limit, isServer, cursor));

        JsonNode all = page(1_000, isServer, Optional.empty());
        assertThat(JSON.readTree(bytes.toByteArray())).isEqualTo(all);
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .isEqualToIgnoringNewLines(all.toPrettyString());
        assertThat(all.path("segments")).hasSize(WARM);
        assertThat(all.path("hot").path("segments")).hasSize(isServer ? HOT : 0);
    }

    @ParameterizedTest
    @CsvSource({"1,true", "3,true", "2,false"})
    void textHasEveryLineAndSumsOverAllPages(int limit, boolean isServer) throws Exception {
        String paged = text(limit, isServer);

        assertThat(paged).isEqualToNormalizingWhitespace(text(1_000, isServer));
        assertThat(paged.lines().filter(line -> line.startsWith("TIER"))).hasSize(1);
        assertThat(paged.lines().filter(line -> line.startsWith("warm  records"))).hasSize(WARM);
        assertThat(paged.lines().filter(line -> line.startsWith("hot   waiting")))
                .hasSize(isServer ? HOT : 0);
        assertThat(paged).contains("warm: 5 objects with records, 5000 bytes\n");
        if (isServer) {
            assertThat(paged).contains("hot: 3 sealed WAL segments, ").contains("read for demand:");
        }
    }

    @Test
    void jsonOfAListingThatBreaksOffIsNoDocument() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        SegmentsJson output =
                new SegmentsJson(new PrintStream(bytes, false, StandardCharsets.UTF_8));

        assertThatThrownBy(() ->
                        output.printAll(cursor -> {
                            if (cursor.isPresent()) {
                                throw new IOException("gone");
                            }
                            return page(4, true, cursor);
                        }))
                .hasMessage("gone");

        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("segment-0");
        assertThatThrownBy(() -> JSON.readTree(bytes.toByteArray()))
                .isInstanceOf(IOException.class);
    }

    @Test
    void noFurtherPageIsAskedForWhenNobodyReads() throws Exception {
        PrintStream closed =
                new PrintStream(
                        new OutputStream() {
                            @Override
                            public void write(int b) throws IOException {
                                throw new IOException("broken pipe");
                            }
                        });
        List<Optional<String>> asked = new ArrayList<>();

        new SegmentsText(closed, NOW)
                .printAll(cursor -> {
                    asked.add(cursor);
                    return page(1, true, cursor);
                });

        assertThat(asked).containsExactly(Optional.empty());
    }
}
