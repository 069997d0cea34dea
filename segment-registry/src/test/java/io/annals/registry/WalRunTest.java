package io.annals.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WalRunTest {
    private static final String SHARD = "0-019aa1b2c3d4e5f60718";

    private static String wal(String shard, long number) {
        return "%s-%020d".formatted(shard, number);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0-019aa1b2c3d4e5f60718-00000000000000000017",
                "0-019aa1b2c3d4e5f60718-00000000000000000000",
                "0-019aa1b2c3d4e5f60718-00000000000000000017..00000000000000000042",
                "0-1",
                "other",
                "a-00000000000000000017..42",
                "a-0000000000000000001x"
            })
    void aNameIsReadAsItWasWritten(String name) {
        assertThat(WalRun.parse(name).name()).isEqualTo(name);
    }

    @Test
    void runsOfAShardJoin() {
        WalRun run = WalRun.parse(wal(SHARD, 17)).and(WalRun.parse(wal(SHARD, 42)));

        assertThat(run.name()).isEqualTo(wal(SHARD, 17) + "..00000000000000000042");
        assertThat(run.isNumbered()).isTrue();
        assertThat(WalRun.parse("0-1").isNumbered()).isFalse();
    }

    @Test
    void aCatalogueKnowsWhatItsRunsHold() {
        Uuid topic = new Uuid(1, 2);
        String other = "1-019aa1b2c3d4e5f60718";
        Generation generation =
                Generation.EMPTY
                        .next(
                                RegistryChange.ofTopic(
                                        new TopicMetadata(
                                                topic,
                                                "t",
                                                1,
                                                java.util.Map.of(),
                                                List.of(0L, 0L),
                                                1,
                                                false)),
                                1)
                        .next(
                                RegistryChange.ofArchived(
                                        List.of(
                                                segment(
                                                        "a",
                                                        topic,
                                                        0,
                                                        wal(SHARD, 3)
                                                                + ".."
                                                                + wal(SHARD, 9)
                                                                        .substring(
                                                                                SHARD.length()
                                                                                        + 1)),
                                                segment("b", topic, 10, wal(SHARD, 12)),
                                                segment("c", topic, 20, wal(other, 4), "odd")),
                                        List.of()),
                                1);

        for (long number = 0; number < 15; number++) {
            assertThat(generation.isArchived(topic, wal(SHARD, number)))
                    .as("number %d", number)
                    .isEqualTo((number >= 3 && number <= 9) || number == 12);
            assertThat(generation.isArchived(topic, wal(other, number))).isEqualTo(number == 4);
        }
        assertThat(generation.isArchived(topic, "odd")).isTrue();
        assertThat(generation.isArchived(topic, "even")).isFalse();
        Generation without =
                generation.next(
                        new RegistryChange(
                                List.of(), List.of(), List.of("a", "c"), List.of(), List.of()),
                        1);
        assertThat(without.isArchived(topic, wal(SHARD, 5))).isFalse();
        assertThat(without.isArchived(topic, wal(SHARD, 12))).isTrue();
        assertThat(Optional.of(without).map(g -> g.isArchived(topic, "odd"))).hasValue(false);
    }

    private static RecordSegment segment(String id, Uuid topic, long base, String... walSegments) {
        return new RecordSegment(
                id,
                topic,
                new ArchiveObject(ObjectKeys.recordSegment(topic, id), 10, 5, "00"),
                List.of(new PartitionRange(0, base, base + 10, 10, 100, 1, 2, 3, 4)),
                List.of(walSegments));
    }
}
