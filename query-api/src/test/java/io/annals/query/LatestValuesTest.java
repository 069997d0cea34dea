package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.annals.query.LatestValues.Latest;
import io.annals.query.RefusedException.Reason;
import io.annals.registry.TopicMetadata;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LatestValuesTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @TempDir Path folder;

    private TestNode node;
    private TopicMetadata topic;

    @BeforeEach
    void start() throws Exception {
        node = new TestNode(folder);
        topic = node.createTopic("state", 2, Map.of());
    }

    @AfterEach
    void stop() throws Exception {
        node.close();
    }

    private Optional<Latest> latest(byte[] key, OptionalLong asOf) throws Exception {
        return node.latest.latest("state", key, asOf, TIMEOUT);
    }

    @Test
    void theLatestValueOfEveryKeyIsFoundAsOfAnyTime() throws Exception {
        Random random = new Random(7);
        byte[][] keys = {
            {},
            "a".getBytes(StandardCharsets.UTF_8),
            "A".getBytes(StandardCharsets.UTF_8),
            "/w==".getBytes(StandardCharsets.UTF_8),
            {(byte) 0xff},
            {(byte) 0xff, 0, 1},
            "two words".getBytes(StandardCharsets.UTF_8),
            "k".repeat(3_000).getBytes(StandardCharsets.UTF_8)
        };
        Map<Long, Map<Integer, Optional<String>>> history = new HashMap<>();
        Map<Integer, Optional<String>> current = new HashMap<>();
        for (int i = 0; i < 60; i++) {
            node.clock.advance(10);
            int key = random.nextInt(keys.length);
            String value = random.nextInt(5) == 0 ? null : "value " + i;
            node.append(
                    topic,
                    random.nextInt(2),
                    List.of(
                            new SimpleRecord(
                                    random.nextInt(1_000), keys[key], TestNode.bytes(value))));
            current.put(key, Optional.ofNullable(value));
            if (i % 5 == 0) {
                history.put(node.clock.millis(), new HashMap<>(current));
            }
            if (random.nextInt(15) == 0) {
                node.archive();
            }
        }
        for (Map.Entry<Long, Map<Integer, Optional<String>>> moment : history.entrySet()) {
            for (int key = 0; key < keys.length; key++) {
                Optional<Latest> found = latest(keys[key], OptionalLong.of(moment.getKey()));
                Optional<String> expected = moment.getValue().get(key);
                assertThat(found.isPresent()).isEqualTo(expected != null);
                if (expected != null) {
                    assertThat(text(found.orElseThrow())).isEqualTo(expected.orElse(null));
                }
            }
        }
    }

    private static @Nullable String text(Latest latest) {
        byte[] value = latest.record().value();
        return value == null ? null : new String(value, StandardCharsets.UTF_8);
    }

    @Test
    void withinABatchTheLargestOffsetIsTheLatest() throws Exception {
        byte[] key = {1, 2};
        node.append(
                topic,
                1,
                List.of(
                        new SimpleRecord(500, key, TestNode.bytes("first")),
                        new SimpleRecord(100, key, TestNode.bytes("second"))));

        assertThat(latest(key, OptionalLong.empty()).map(LatestValuesTest::text))
                .hasValue("second");
        assertThat(latest(Arrays.copyOf(key, 1), OptionalLong.empty())).isEmpty();
    }

    @Test
    void noAnswerIsGivenWhenAnIndexIsMissing() throws Exception {
        node.append(topic, 0, List.of(node.record("a", "1")));
        node.archive();
        node.store.delete(node.registry.snapshot().splits(topic.id()).getFirst().object().key());

        RefusedException refused =
                catchThrowableOfType(
                        RefusedException.class,
                        () -> latest(new byte[] {'a'}, OptionalLong.empty()));

        assertThat(refused.reason()).isEqualTo(Reason.INCOMPLETE);
        assertThat(refused.holes()).hasSize(1);
    }

    @Test
    void statesBeforeACompactionAreRefusedAndNotGuessed() throws Exception {
        TopicMetadata compacted =
                node.createTopic("compacted", 1, Map.of("cleanup.policy", "compact"));
        node.append(compacted, 0, List.of(node.record("a", "old")));
        final long early = node.clock.millis();
        node.clock.advance(1_000);
        node.append(compacted, 0, List.of(node.record("b", "1")));
        node.append(compacted, 0, List.of(node.record("a", "new")));
        final long late = node.clock.millis();
        node.archive();
        node.upkeep(folder.resolve("upkeep"));

        byte[] key = {'a'};
        assertThat(node.latest.latest("compacted", key, OptionalLong.of(late), TIMEOUT))
                .map(LatestValuesTest::text)
                .hasValue("new");
        assertThat(
                        catchThrowableOfType(
                                        RefusedException.class,
                                        () ->
                                                node.latest.latest(
                                                        "compacted",
                                                        key,
                                                        OptionalLong.of(early),
                                                        TIMEOUT))
                                .reason())
                .isEqualTo(Reason.COMPACTED);
        TopicIdPartition partition = new TopicIdPartition(compacted.id(), 0, "compacted");
        assertThat(
                        node.log
                                .records(
                                        partition,
                                        new RecordQuery(0, 10, 1 << 20, OptionalLong.of(late)))
                                .records())
                .extracting(LogRecord::offset)
                .containsExactly(1L, 2L);
        assertThatThrownBy(() ->
                        node.log.records(
                                partition, new RecordQuery(0, 10, 1 << 20, OptionalLong.of(early))))
                .isInstanceOf(CompactedHistoryException.class);
        assertThat(search(late).coverage().complete()).isTrue();
        assertThat(search(early).coverage().holes())
                .extracting(Coverage.Hole::reason)
                .containsExactly("history was compacted up to " + late);
    }

    private SearchResult search(long asOfMs) throws Exception {
        return node.search.search(
                SearchRequest.builder("compacted").query("*").asOfMs(asOfMs).build());
    }
}
