package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.registry.TopicMetadata;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Random records over both tiers, random queries, and a plain list that knows the answers.
class SearchModelTest {
    private static final int STEPS = 80;
    private static final int MAX_DISTURBANCES = 2;
    private static final int PARTITIONS = 3;

    @TempDir Path folder;

    private final List<ModelRecord> model = new ArrayList<>();
    private final Map<String, Map<Integer, Long>> deletedBefore = new HashMap<>();
    private int multiPageSearches;

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void everySearchFindsWhatThePlainListHolds(long seed) throws Exception {
        Random random = new Random(Long.getLong("annals.seed", seed));
        try (TestNode node = new TestNode(folder)) {
            List<TopicMetadata> topics =
                    List.of(
                            node.createTopic("logs", PARTITIONS, Map.of()),
                            node.createTopic("logs-audit", PARTITIONS, Map.of()));
            for (int step = 0; step < STEPS; step++) {
                act(node, topics, random);
                if (step % 2 == 0) {
                    check(node, random, "seed %d, step %d".formatted(seed, step));
                }
            }
        }
        assertThat(multiPageSearches).as("searches of several pages").isPositive();
    }

    private void act(TestNode node, List<TopicMetadata> topics, Random random) throws Exception {
        TopicMetadata topic = topics.get(random.nextInt(topics.size()));
        int partition = random.nextInt(PARTITIONS);
        switch (random.nextInt(12)) {
            case 0 -> node.archive();
            case 1 -> node.archiver.archive(); // let go with the next step of that kind
            case 2, 3, 4 -> node.live.refresh();
            case 5 -> {
                if (random.nextInt(4) == 0) {
                    deleteSome(node, topic, partition, random);
                }
            }
            default -> append(node, topic, partition, random);
        }
    }

    private void deleteSome(TestNode node, TopicMetadata topic, int partition, Random random)
            throws Exception {
        long written = model.stream().filter(r -> isIn(r, topic, partition)).count();
        long before = deletedBefore(topic.name(), partition);
        if (written > before) {
            long to = before + random.nextLong((written - before) / 3 + 1);
            node.deleteRecordsBefore(topic, partition, to);
            deletedBefore.computeIfAbsent(topic.name(), _ -> new HashMap<>()).put(partition, to);
        }
    }

    private static boolean isIn(ModelRecord record, TopicMetadata topic, int partition) {
        return record.topic().equals(topic.name()) && record.partition() == partition;
    }

    private long deletedBefore(String topic, int partition) {
        return deletedBefore.getOrDefault(topic, Map.of()).getOrDefault(partition, 0L);
    }

    private void append(TestNode node, TopicMetadata topic, int partition, Random random) {
        node.clock.advance(random.nextInt(3) * 100L);
        List<SimpleRecord> batch = new ArrayList<>();
        List<ModelRecord> records = new ArrayList<>();
        long base = model.stream().filter(r -> isIn(r, topic, partition)).count();
        int count = 1 + random.nextInt(30);
        for (int i = 0; i < count; i++) {
            ModelRecord record = randomRecord(node, topic, partition, base + i, random);
            records.add(record);
            batch.add(
                    new SimpleRecord(
                            record.timestampMs(),
                            bytes(record.key()),
                            bytes(record.value()),
                            record.headers().entrySet().stream()
                                    .map(h -> new RecordHeader(h.getKey(), bytes(h.getValue())))
                                    .toArray(Header[]::new)));
        }
        assertThat(node.append(topic, partition, batch)).isEqualTo(base);
        model.addAll(records);
    }

    private static byte @Nullable [] bytes(@Nullable String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    static ModelRecord randomRecord(
            TestNode node, TopicMetadata topic, int partition, long offset, Random random) {
        String message = sentence(random);
        Map<String, String> json = new TreeMap<>();
        if (random.nextBoolean()) {
            json.put("level", ModelQuery.pick(random, ModelQuery.LEVELS));
            json.put("msg", message);
            if (random.nextBoolean()) {
                json.put("status", String.valueOf(random.nextInt(12) * 50));
            }
        }
        String value = json.isEmpty() ? message : ModelQuery.json(json);
        return new ModelRecord(
                topic.name(),
                partition,
                offset,
                1_600_000_000_000L + random.nextInt(40) * 1_000L,
                node.clock.millis(),
                random.nextInt(3) == 0 ? null : ModelQuery.pick(random, ModelQuery.WORDS),
                random.nextInt(20) == 0 && json.isEmpty() ? null : value,
                json,
                random.nextInt(3) == 0
                        ? Map.of("host", ModelQuery.pick(random, ModelQuery.WORDS))
                        : Map.of());
    }

    private static String sentence(Random random) {
        StringBuilder sentence = new StringBuilder();
        int words = 1 + random.nextInt(6);
        for (int i = 0; i < words; i++) {
            sentence.append(i == 0 ? "" : " ").append(ModelQuery.pick(random, ModelQuery.WORDS));
        }
        return sentence.toString();
    }

    private void check(TestNode node, Random random, String at) throws Exception {
        ModelQuery query = ModelQuery.random(random, 2);
        Predicate<ModelRecord> meaning = query.meaning();
        SearchOrder order = List.of(SearchOrder.values()).get(random.nextInt(3));
        SearchRequest.Builder builder =
                SearchRequest.builder(random.nextBoolean() ? "logs" : "logs*")
                        .query(query.text())
                        .order(order);
        if (random.nextInt(3) == 0) {
            long from = 1_600_000_000_000L + random.nextInt(40) * 1_000L;
            long to = from + random.nextInt(20) * 1_000L;
            builder.fromMs(from).toMs(to);
            meaning = meaning.and(r -> r.timestampMs() >= from && r.timestampMs() < to);
        }
        if (random.nextInt(3) == 0) {
            long asOf = node.clock.millis() - random.nextInt(10) * 100L;
            builder.asOfMs(asOf);
            meaning = meaning.and(r -> r.ingestTimeMs() <= asOf);
        }
        if (random.nextInt(4) == 0) {
            Set<Integer> partitions = new HashSet<>(List.of(0, random.nextInt(PARTITIONS)));
            builder.partitions(partitions);
            meaning = meaning.and(r -> partitions.contains(r.partition()));
        }
        int limit = random.nextInt(4) == 0 ? 1_000 : 3 + random.nextInt(40);
        builder.limit(limit);
        checkPages(node, builder, meaning, random, at + ", " + builder.build());
    }

    private void checkPages(
            TestNode node,
            SearchRequest.Builder builder,
            Predicate<ModelRecord> meaning,
            Random random,
            String at)
            throws Exception {
        SearchRequest request = builder.build();
        SearchResult first = node.search.search(request);
        assertThat(first.coverage().holes()).as(at).isEmpty();
        List<SortKey> expected = expected(first.coverage(), meaning);
        if (request.order() == SearchOrder.OLDEST) {
            expected = expected.reversed();
        }
        assertThat(first.total()).as(at).isEqualTo(new SearchResult.Total(expected.size(), true));
        List<SortKey> found = new ArrayList<>();
        float lastScore = Float.POSITIVE_INFINITY;
        int disturbances = 0;
        SearchResult page = first;
        while (true) {
            for (SearchResult.Hit hit : page.hits()) {
                found.add(key(hit));
                float score = (float) hit.score().orElse(0);
                assertThat(score).as(at).isLessThanOrEqualTo(lastScore);
                lastScore = score;
            }
            if (page.cursor().isEmpty()) {
                break;
            }
            multiPageSearches++;
            assertThat(page.hits()).as(at).hasSize(request.limit());
            if (disturbances < MAX_DISTURBANCES && random.nextInt(3) == 0) {
                disturbances++;
                disturb(node, random);
            }
            page = node.search.search(builder.cursor(page.cursor().get()).build());
            assertThat(page.total()).as(at).isEqualTo(first.total());
        }
        if (request.order() == SearchOrder.SCORE) {
            assertThat(found).as(at).containsExactlyInAnyOrderElementsOf(expected);
        } else {
            assertThat(found).as(at).containsExactlyElementsOf(expected);
        }
    }

    /// What goes on while somebody turns pages.
    private void disturb(TestNode node, Random random) throws Exception {
        TopicMetadata topic = node.registry.snapshot().topic("logs").orElseThrow();
        append(node, topic, random.nextInt(PARTITIONS), random);
        if (random.nextBoolean()) {
            node.archive();
        } else {
            node.live.refresh();
        }
    }

    private List<SortKey> expected(Coverage coverage, Predicate<ModelRecord> meaning) {
        return model.stream()
                .filter(record -> isVisible(record, coverage))
                .filter(meaning)
                .map(ModelRecord::sortKey)
                .sorted(SortKey.NEWEST)
                .toList();
    }

    private boolean isVisible(ModelRecord record, Coverage coverage) {
        Optional<Coverage.Partition> partition =
                coverage.partitions().stream()
                        .filter(p -> p.topic().equals(record.topic()))
                        .filter(p -> p.partition() == record.partition())
                        .max(Comparator.comparingLong(Coverage.Partition::to));
        return partition.isPresent()
                && record.offset() < partition.get().to()
                && record.offset() >= deletedBefore(record.topic(), record.partition());
    }

    private SortKey key(SearchResult.Hit hit) {
        ModelRecord record =
                model.stream()
                        .filter(r -> r.topic().equals(hit.topic()))
                        .filter(r -> r.partition() == hit.partition())
                        .filter(r -> r.offset() == hit.record().offset())
                        .findFirst()
                        .orElseThrow();
        assertThat(hit.record().key()).isEqualTo(bytes(record.key()));
        assertThat(hit.record().value()).isEqualTo(bytes(record.value()));
        assertThat(hit.record().timestampMs()).isEqualTo(record.timestampMs());
        assertThat(hit.record().ingestTimeMs()).isEqualTo(record.ingestTimeMs());
        return record.sortKey();
    }
}
