package io.annals.registry;

import static io.annals.registry.Samples.CLOCK;
import static io.annals.registry.Samples.ORDERS;
import static io.annals.registry.Samples.archived;
import static io.annals.registry.Samples.orders;
import static io.annals.registry.Samples.range;
import static io.annals.registry.Samples.segment;
import static io.annals.registry.Samples.settings;
import static io.annals.registry.Samples.tombstone;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DurableRegistryTest {
    private final FaultyRegistryStore store = new FaultyRegistryStore();

    @Test
    void startsEmpty() throws Exception {
        RegistrySnapshot snapshot = open().snapshot();

        assertThat(snapshot.generation()).isZero();
        assertThat(snapshot.topics()).isEmpty();
        assertThat(snapshot.segmentFor(ORDERS, 0, 0)).isEmpty();
        assertThat(snapshot.archivedEndOffset(ORDERS, 0)).isZero();
    }

    @Test
    void whatWasCommittedIsThereAfterReopening() throws Exception {
        DurableRegistry registry = open();
        commit(registry, RegistryChange.ofTopic(orders(1, 2)));
        commit(registry, archived(segment("a", range(0, 0, 10))));

        RegistrySnapshot reopened = open().snapshot();

        assertThat(reopened.generation()).isEqualTo(2);
        assertThat(reopened.topic("orders")).contains(orders(1, 2));
        assertThat(reopened.topic(ORDERS)).contains(orders(1, 2));
        assertThat(reopened.segmentFor(ORDERS, 0, 5)).contains(segment("a", range(0, 0, 10)));
        assertThat(reopened.isArchived(ORDERS, "1-wal-a")).isTrue();
        assertThat(reopened.isArchived(ORDERS, "0-wal-b")).isFalse();
    }

    @Test
    void aChangeThatHasNothingToDoMakesNoGeneration() throws Exception {
        DurableRegistry registry = open();

        assertThat(registry.commit(_ -> Optional.empty()).generation()).isZero();
        assertThat(commit(registry, archived()).generation()).isZero();
        assertThat(store.list("")).isEmpty();
    }

    @Test
    void anOldSnapshotStaysAsItWas() throws Exception {
        DurableRegistry registry = open();
        commit(registry, RegistryChange.ofTopic(orders(1, 1)));
        RegistrySnapshot before = registry.snapshot();
        commit(registry, archived(segment("a", range(0, 0, 10))));

        assertThat(before.segments(ORDERS)).isEmpty();
        assertThat(registry.snapshot().segments(ORDERS)).hasSize(1);
    }

    @Test
    void everyOlderGenerationCanBeReadAgain() throws Exception {
        DurableRegistry registry = open();
        commit(registry, RegistryChange.ofTopic(orders(1, 1)));
        for (int i = 0; i < 12; i++) {
            commit(registry, archived(segment("s" + i, range(0, 10L * i, 10L * i + 10))));
        }

        for (DurableRegistry reader : List.of(registry, open())) {
            for (long generation = 1; generation <= 13; generation++) {
                RegistrySnapshot snapshot = reader.snapshot(generation).orElseThrow();
                assertThat(snapshot.generation()).isEqualTo(generation);
                assertThat(snapshot.archivedEndOffset(ORDERS, 0)).isEqualTo((generation - 1) * 10);
            }
            assertThat(reader.snapshot(0).orElseThrow().topics()).isEmpty();
            assertThat(reader.snapshot(14)).isEmpty();
            assertThat(reader.snapshot(-1)).isEmpty();
        }
    }

    @Test
    void aGenerationWhoseObjectsAreGoneIsUnknown() throws Exception {
        fill(12);
        store.delete(ObjectKeys.delta(4));
        store.delete(ObjectKeys.checkpoint(6));

        DurableRegistry reopened = open();

        assertThat(reopened.snapshot(3)).isPresent();
        assertThat(reopened.snapshot(4)).isEmpty();
        assertThat(reopened.snapshot(8)).isEmpty();
        assertThat(reopened.snapshot(9)).isPresent();
    }

    @Test
    void checkpointsAreWrittenAndShortenTheStart() throws Exception {
        fill(11);
        assertThat(store.list(ObjectKeys.CHECKPOINTS))
                .containsExactly(
                        ObjectKeys.checkpoint(3),
                        ObjectKeys.checkpoint(6),
                        ObjectKeys.checkpoint(9));
        for (long generation = 1; generation <= 9; generation++) {
            store.delete(ObjectKeys.delta(generation));
        }

        assertThat(open().snapshot().archivedEndOffset(ORDERS, 0)).isEqualTo(100);
    }

    @Test
    void aDamagedCheckpointIsPassedOverWhenThereAreDeltas() throws Exception {
        fill(11);
        byte[] bytes = store.read(ObjectKeys.checkpoint(9)).orElseThrow();
        bytes[bytes.length / 2] ^= 1;
        store.overwrite(ObjectKeys.checkpoint(9), bytes);

        assertThat(open().snapshot().archivedEndOffset(ORDERS, 0)).isEqualTo(100);

        store.delete(ObjectKeys.delta(8));
        assertThatThrownBy(this::open)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(ObjectKeys.delta(8))
                .hasMessageContaining("rebuild");
    }

    @Test
    void aHoleInTheHistoryStopsTheStart() throws Exception {
        fill(11);
        store.delete(ObjectKeys.delta(10));

        assertThatThrownBy(this::open).hasMessageContaining(ObjectKeys.delta(10));
    }

    @Test
    void aDamagedDeltaStopsTheStartAndIsNamed() throws Exception {
        fill(11);
        byte[] bytes = store.read(ObjectKeys.delta(11)).orElseThrow();
        bytes[bytes.length - 20] ^= 1;
        store.overwrite(ObjectKeys.delta(11), bytes);

        assertThatThrownBy(this::open)
                .isInstanceOf(CorruptRegistryException.class)
                .hasMessageContaining(ObjectKeys.delta(11));
    }

    @Test
    void aDeltaUnderAnotherNumberIsRefused() throws Exception {
        fill(2);
        store.overwrite(ObjectKeys.delta(3), store.read(ObjectKeys.delta(2)).orElseThrow());

        assertThatThrownBy(this::open)
                .isInstanceOf(CorruptRegistryException.class)
                .hasMessageContaining("generation 3");
    }

    @Test
    void aStoreWithObjectsButWithoutARegistryIsRefused() throws Exception {
        store.overwrite("segments/x/y.tar.gz", "z".getBytes(StandardCharsets.UTF_8));

        assertThatThrownBy(this::open)
                .isInstanceOf(CorruptRegistryException.class)
                .hasMessageContaining("annals registry rebuild");
    }

    @Test
    void topicObjectsHoldEveryCommittedVersion() throws Exception {
        DurableRegistry registry = open();
        commit(registry, RegistryChange.ofTopic(orders(1, 1)));
        commit(registry, RegistryChange.ofTopic(orders(2, 4)));
        commit(registry, RegistryChange.ofTopic(tombstone(orders(2, 4))));

        assertThat(store.list(ObjectKeys.TOPICS))
                .containsExactly(
                        ObjectKeys.topic(ORDERS, 1),
                        ObjectKeys.topic(ORDERS, 2),
                        ObjectKeys.topic(ORDERS, 3));
        String newest = ObjectKeys.topic(ORDERS, 3);
        assertThat(RegistryFormat.topic(newest, store.read(newest).orElseThrow()))
                .isEqualTo(tombstone(orders(2, 4)));
    }

    @Test
    void aTopicObjectThatTheStoreRefusedIsWrittenLater() throws Exception {
        DurableRegistry registry = open();
        store.refuseNames(ObjectKeys.TOPICS);
        commit(registry, RegistryChange.ofTopic(orders(1, 1)));
        for (int i = 0; i < 5; i++) {
            commit(registry, archived(segment("s" + i, range(0, i, i + 1))));
        }
        assertThat(store.list(ObjectKeys.CHECKPOINTS)).isEmpty();

        store.refuseNames("nothing");
        commit(registry, archived(segment("last", range(0, 100, 101))));

        assertThat(store.list(ObjectKeys.TOPICS)).containsExactly(ObjectKeys.topic(ORDERS, 1));
        assertThat(store.list(ObjectKeys.CHECKPOINTS)).containsExactly(ObjectKeys.checkpoint(7));
    }

    @Test
    void aTopicObjectThatACrashLeftOutIsWrittenAtTheStart() throws Exception {
        commit(open(), RegistryChange.ofTopic(orders(1, 1)));
        store.delete(ObjectKeys.topic(ORDERS, 1));

        open();

        assertThat(store.list(ObjectKeys.TOPICS)).containsExactly(ObjectKeys.topic(ORDERS, 1));
    }

    @Test
    void aFailedCheckpointIsTriedAgainAndDoesNotFailTheCommit() throws Exception {
        DurableRegistry registry = open();
        store.refuseNames(ObjectKeys.CHECKPOINTS);
        commit(registry, RegistryChange.ofTopic(orders(1, 1)));
        for (int i = 0; i < 5; i++) {
            commit(registry, archived(segment("s" + i, range(0, i, i + 1))));
        }
        assertThat(store.list(ObjectKeys.CHECKPOINTS)).isEmpty();

        store.refuseNames("nothing");
        commit(registry, archived(segment("last", range(0, 100, 101))));

        assertThat(store.list(ObjectKeys.CHECKPOINTS)).containsExactly(ObjectKeys.checkpoint(7));
    }

    @Test
    void listenersHearOfEveryGenerationInOrder() throws Exception {
        DurableRegistry registry = open();
        DurableRegistry other = open("other");
        List<Long> heard = new ArrayList<>();
        registry.addListener(_ -> {
            throw new IllegalStateException("a bad listener");
        });
        registry.addListener(snapshot -> heard.add(snapshot.generation()));
        commit(registry, RegistryChange.ofTopic(orders(1, 1)));
        commit(other, archived(segment("a", range(0, 0, 1))));
        commit(other, archived(segment("b", range(0, 1, 2))));
        commit(registry, archived(segment("c", range(0, 2, 3))));

        assertThat(heard).containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void refreshReadsWhatOthersCommitted() throws Exception {
        DurableRegistry registry = open();
        commit(open("other"), RegistryChange.ofTopic(orders(1, 1)));

        assertThat(registry.snapshot().generation()).isZero();
        assertThat(registry.refresh().topic("orders")).isPresent();
        assertThat(registry.snapshot().generation()).isEqualTo(1);
    }

    @Test
    void aConflictWithAnOutdatedGenerationIsNoConflict() throws Exception {
        DurableRegistry registry = open();
        commit(registry, RegistryChange.ofTopic(orders(1, 1)));
        DurableRegistry other = open("other");
        commit(registry, RegistryChange.ofTopic(tombstone(orders(1, 1))));

        // the other registry does not know yet that the name is free again
        TopicMetadata again = Samples.topic(Samples.PAYMENTS, "orders", 1, 1);
        assertThat(commit(other, RegistryChange.ofTopic(again)).topic("orders")).contains(again);
    }

    @Test
    void commitTimesNeverGoBack() throws Exception {
        commit(open(), RegistryChange.ofTopic(orders(1, 1)));
        DurableRegistry late =
                DurableRegistry.open(
                        store, () -> java.time.Instant.EPOCH, settings("w"), Runnable::run);

        RegistrySnapshot next = commit(late, archived(segment("a", range(0, 0, 1))));

        assertThat(next.committedAtMs()).isEqualTo(CLOCK.millis());
    }

    @Test
    void configsSurviveAsTheyWere() throws Exception {
        Map<String, String> configs = Map.of("a", "", "b", "ü\"\\\n", "c", "x".repeat(1000));
        TopicMetadata topic =
                new TopicMetadata(ORDERS, "orders", 1, configs, List.of(3L, 0L), 9, false);
        commit(open(), RegistryChange.ofTopic(topic));

        assertThat(open().snapshot().topic("orders")).contains(topic);
    }

    /// Commits a topic and further generations with ten offsets each.
    private void fill(int generations) throws IOException {
        DurableRegistry registry = open();
        commit(registry, RegistryChange.ofTopic(orders(1, 1)));
        for (int i = 0; i < generations - 1; i++) {
            commit(registry, archived(segment("s" + i, range(0, 10L * i, 10L * i + 10))));
        }
    }

    private DurableRegistry open() throws IOException {
        return open("writer");
    }

    private DurableRegistry open(String writer) throws IOException {
        return DurableRegistry.open(store, CLOCK, settings(writer), Runnable::run);
    }

    private static RegistrySnapshot commit(DurableRegistry registry, RegistryChange change)
            throws IOException {
        return registry.commit(_ -> Optional.of(change));
    }
}
