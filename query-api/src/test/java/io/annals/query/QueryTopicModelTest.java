package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.registry.TopicMetadata;
import io.annals.wal.FetchedBatches;
import io.annals.wal.TimestampOffset;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MutableRecordBatch;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Topics of random queries over random records in both tiers, read with random fetch sizes, and a
/// plain list that knows what must come, once and in order (QUERY-1).
class QueryTopicModelTest {
    private static final int PARTITIONS = 2;
    private static final int STEPS = 60;

    @TempDir Path folder;

    private final List<ModelRecord> model = new ArrayList<>();

    /// A query, what it means, and where each partition's reader stands.
    private static final class Reader {
        final QueryTopic topic;
        final Predicate<ModelRecord> meaning;
        final Map<Integer, Long> positions = new HashMap<>();
        final Map<Integer, List<Long>> seen = new TreeMap<>();

        Reader(QueryTopic topic, Predicate<ModelRecord> meaning) {
            this.topic = topic;
            this.meaning = meaning;
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void everyReaderGetsExactlyTheMatchingRecordsOnceAndInOrder(long preset) throws Exception {
        long seed = Long.getLong("annals.seed", preset);
        Random random = new Random(seed);
        List<Reader> readers = new ArrayList<>();
        int read = 0;
        try (QueryTopicBed bed = new QueryTopicBed(folder)) {
            List<TopicMetadata> topics =
                    List.of(
                            bed.node.createTopic("logs", PARTITIONS, Map.of()),
                            bed.node.createTopic("logs-audit", PARTITIONS, Map.of()));
            for (int step = 0; step < STEPS; step++) {
                TopicMetadata topic = topics.get(random.nextInt(topics.size()));
                switch (random.nextInt(10)) {
                    case 0 -> bed.node.archive();
                    case 1 -> bed.node.archiver.archive();
                    case 2, 3 -> bed.node.live.refresh();
                    case 4 -> {
                        if (readers.size() < 20) {
                            readers.add(open(bed, random));
                        }
                    }
                    case 5 -> bed.restartQueries();
                    default -> append(bed.node, topic, random);
                }
                for (Reader reader : readers) {
                    fetchSome(bed, reader, random);
                }
            }
            bed.node.live.refresh();
            for (Reader reader : readers) {
                read += drain(bed, reader, random, "seed %d, %s".formatted(seed, reader.topic));
            }
        }
        assertThat(read).as("records read, seed %d", seed).isPositive();
    }

    private void append(TestNode node, TopicMetadata topic, Random random) {
        node.clock.advance(1 + random.nextInt(3) * 100L);
        int partition = random.nextInt(PARTITIONS);
        List<SimpleRecord> batch = new ArrayList<>();
        long base =
                model.stream()
                        .filter(r -> r.topic().equals(topic.name()) && r.partition() == partition)
                        .count();
        int count = 1 + random.nextInt(60);
        for (int i = 0; i < count; i++) {
            ModelRecord record =
                    SearchModelTest.randomRecord(node, topic, partition, base + i, random);
            model.add(record);
            batch.add(
                    new SimpleRecord(
                            record.timestampMs(),
                            TestNode.bytes(record.key()),
                            TestNode.bytes(record.value()),
                            record.headers().entrySet().stream()
                                    .map(h ->
                                            new RecordHeader(
                                                    h.getKey(), TestNode.bytes(h.getValue())))
                                    .toArray(Header[]::new)));
        }
        node.append(topic, partition, batch);
    }

    private Reader open(QueryTopicBed bed, Random random) throws Exception {
        ModelQuery query = ModelQuery.random(random, 2);
        Predicate<ModelRecord> meaning = query.meaning();
        OptionalLong from = OptionalLong.empty();
        if (random.nextInt(3) == 0) {
            long ms = 1_600_000_000_000L + random.nextInt(40) * 1_000L;
            from = OptionalLong.of(ms);
            meaning = meaning.and(r -> r.timestampMs() >= ms);
        }
        OptionalLong asOf = OptionalLong.empty();
        boolean follow = random.nextBoolean();
        if (!follow && random.nextBoolean()) {
            long ms = bed.node.clock.millis() - random.nextInt(400);
            asOf = OptionalLong.of(ms);
            meaning = meaning.and(r -> r.ingestTimeMs() <= ms);
        }
        if (!follow) {
            Set<ModelRecord> present = Set.copyOf(model);
            meaning = meaning.and(present::contains);
        }
        return new Reader(
                bed.queries.open(
                        new QueryTopics.Wanted(
                                List.of(random.nextBoolean() ? "logs" : "logs*"),
                                query.text(),
                                from,
                                OptionalLong.empty(),
                                asOf,
                                Set.of(),
                                follow,
                                Optional.empty())),
                meaning);
    }

    private static TopicIdPartition partition(Reader reader, int index) {
        return new TopicIdPartition(reader.topic.topicId(), index, reader.topic.name());
    }

    private void fetchSome(QueryTopicBed bed, Reader reader, Random random) throws Exception {
        fetch(bed, reader, random.nextInt(reader.topic.sources().size()), random);
    }

    /// @return whether there was anything
    private boolean fetch(QueryTopicBed bed, Reader reader, int index, Random random)
            throws Exception {
        long position = reader.positions.getOrDefault(index, 0L);
        int maxBytes = random.nextInt(4) == 0 ? 1 : 100 + random.nextInt(20_000);
        LogRead answer =
                bed.log.read(
                        partition(reader, index),
                        position,
                        maxBytes,
                        IsolationLevel.READ_UNCOMMITTED);
        assertThat(answer).isInstanceOf(LogRead.Found.class);
        FetchedBatches batches = ((LogRead.Found) answer).batches();
        List<Long> seen = reader.seen.computeIfAbsent(index, _ -> new ArrayList<>());
        int records = 0;
        for (ByteBuffer bytes : batches.batches()) {
            for (MutableRecordBatch batch :
                    MemoryRecords.readableRecords(bytes.duplicate()).batches()) {
                batch.ensureValid();
                assertThat(batch.baseOffset()).isEqualTo(position);
                assertThat(batch.nextOffset()).isEqualTo(batches.nextOffset());
                for (Record record : batch) {
                    records++;
                    assertThat(record.offset()).isGreaterThanOrEqualTo(position);
                    checkContent(reader, index, record);
                    seen.add(record.offset());
                }
            }
        }
        if (records > 1) {
            assertThat(batches.sizeBytes()).isLessThanOrEqualTo(maxBytes);
        }
        reader.positions.put(index, batches.nextOffset());
        return batches.nextOffset() > position;
    }

    private void checkContent(Reader reader, int index, Record record) {
        TopicIdPartition source = reader.topic.sources().get(index).partition();
        ModelRecord expected =
                model.stream()
                        .filter(r -> isOf(r, source) && r.offset() == record.offset())
                        .findFirst()
                        .orElseThrow();
        Map<String, String> headers = new TreeMap<>(expected.headers());
        headers.put("annals.source.topic", source.topic());
        headers.put("annals.source.partition", "" + source.partition());
        headers.put("annals.source.offset", "" + record.offset());
        assertThat(text(record.key())).isEqualTo(expected.key());
        assertThat(text(record.value())).isEqualTo(expected.value());
        assertThat(record.timestamp()).isEqualTo(expected.timestampMs());
        assertThat(
                        Arrays.stream(record.headers())
                                .map(h ->
                                        h.key()
                                                + "="
                                                + new String(h.value(), StandardCharsets.UTF_8)))
                .containsExactlyInAnyOrderElementsOf(
                        headers.entrySet().stream().map(Object::toString).toList());
    }

    private static boolean isOf(ModelRecord record, TopicIdPartition source) {
        return record.topic().equals(source.topic()) && record.partition() == source.partition();
    }

    private static @Nullable String text(@Nullable ByteBuffer bytes) {
        return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    private int drain(QueryTopicBed bed, Reader reader, Random random, String at) throws Exception {
        int read = 0;
        for (int i = 0; i < reader.topic.sources().size(); i++) {
            while (fetch(bed, reader, i, random)) {
                // until nothing comes
            }
            int index = i;
            TopicIdPartition source = reader.topic.sources().get(i).partition();
            List<ModelRecord> expected =
                    model.stream().filter(r -> isOf(r, source) && reader.meaning.test(r)).toList();
            assertThat(reader.seen.getOrDefault(i, List.of()))
                    .as(at + ", partition " + i)
                    .containsExactlyElementsOf(expected.stream().map(ModelRecord::offset).toList());
            assertThat(reader.positions.get(i))
                    .as(at)
                    .isEqualTo(
                            bed.log.bounds(partition(reader, index)).orElseThrow().highWatermark());
            checkTimes(bed, reader, index, expected, at);
            read += expected.size();
        }
        return read;
    }

    private static void checkTimes(
            QueryTopicBed bed, Reader reader, int index, List<ModelRecord> expected, String at)
            throws Exception {
        TopicIdPartition partition = partition(reader, index);
        long timestampMs = 1_600_000_020_000L;
        assertThat(bed.log.offsetForTimestamp(partition, timestampMs).map(TimestampOffset::offset))
                .as(at)
                .isEqualTo(
                        expected.stream()
                                .filter(r -> r.timestampMs() >= timestampMs)
                                .map(ModelRecord::offset)
                                .findFirst());
        assertThat(bed.log.maxTimestamp(partition).map(TimestampOffset::timestampMs))
                .as(at)
                .isEqualTo(expected.stream().map(ModelRecord::timestampMs).max(Long::compare));
    }
}
