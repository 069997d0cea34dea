package io.annals.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

class DurableRegistryTest {
    static final Clock CLOCK =
            Clock.fixed(Instant.ofEpochMilli(1_700_000_000_000L), ZoneOffset.UTC);
    private static final Uuid TOPIC = new Uuid(1, 2);

    private final FaultyRegistryStore store = new FaultyRegistryStore();

    @Test
    void whatWasCommittedIsThereAfterReopening() throws Exception {
        DurableRegistry registry = open();
        registry.commit(_ -> Optional.of(RegistryChange.ofTopic(topic(1, 2))));
        registry.commit(_ ->
                Optional.of(RegistryChange.ofArchived(List.of(segment("a", 0, 10)), List.of())));

        RegistrySnapshot reopened = open().snapshot();

        assertThat(reopened.generation()).isEqualTo(2);
        assertThat(reopened.topic("orders")).contains(topic(1, 2));
        assertThat(reopened.segmentFor(TOPIC, 0, 5)).contains(segment("a", 0, 10));
        assertThat(reopened.isArchived(TOPIC, "wal-a")).isTrue();
        assertThat(reopened.isArchived(TOPIC, "wal-b")).isFalse();
    }

    private DurableRegistry open() throws Exception {
        return DurableRegistry.open(
                store,
                CLOCK,
                new RegistrySettings(Uuid.randomUuid().toString(), 3, 4),
                Runnable::run);
    }

    static TopicMetadata topic(long version, int partitions) {
        return new TopicMetadata(
                TOPIC,
                "orders",
                version,
                Map.of("fsync", "batch"),
                Collections.nCopies(partitions, 0L),
                5,
                false);
    }

    static RecordSegment segment(String id, long base, long end) {
        return new RecordSegment(
                id,
                TOPIC,
                new ArchiveObject(ObjectKeys.recordSegment(TOPIC, id), 100, 60, "ab".repeat(32)),
                List.of(new PartitionRange(0, base, end, end - base, 50, 1, 2, 3, 4)),
                List.of("wal-" + id));
    }
}
