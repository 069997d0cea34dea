package io.annals.indexer;

import static io.annals.indexer.KeyedRecords.COMPACT;
import static io.annals.indexer.KeyedRecords.GONE;
import static io.annals.indexer.KeyedRecords.batch;
import static io.annals.indexer.KeyedRecords.latest;
import static io.annals.indexer.KeyedRecords.read;
import static io.annals.indexer.KeyedRecords.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.FaultyObjectStore;
import io.annals.archive.InMemoryObjectStore;
import io.annals.indexer.KeyedRecords.Kept;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Compaction over histories in which processes die and the object store fails.
class CompactionHistoryTest {
    @TempDir Path folder;

    private final InMemoryObjectStore objects = new InMemoryObjectStore(InstantSource.system());

    @ParameterizedTest
    @EnumSource(
            value = ArchiveStep.class,
            names = {"VERIFIED", "RELEASED"},
            mode = EnumSource.Mode.EXCLUDE)
    void aProcessThatDiesAfterAnyStepLosesNothing(ArchiveStep fatal) throws IOException {
        TopicMetadata topic;
        try (TestNode node = new TestNode(folder, objects)) {
            topic = node.createTopic("t", 2, COMPACT);
            for (int i = 0; i < 20; i++) {
                node.append(topic, i % 2, batch("k" + i % 3, "" + i));
                if (i % 5 == 4) {
                    node.archive();
                }
            }
            node.dieInUpkeep(fatal);
        }
        try (TestNode node = new TestNode(folder, objects)) {
            assertThat(latest(read(node, topic, 0)))
                    .isEqualTo(Map.of("k0", "18", "k1", "16", "k2", "14"));
            assertThat(latest(read(node, topic, 1)))
                    .isEqualTo(Map.of("k0", "15", "k1", "19", "k2", "17"));
            node.upkeep(Duration.ZERO);
            assertThat(read(node, topic, 0)).hasSize(3);
            assertThat(read(node, topic, 1)).hasSize(3);
            assertThat(node.archivedDocuments(topic)).isEqualTo(6);
            node.verify();
        }
    }

    @Test
    void randomHistoriesComeBackAsTheirLatestState() throws IOException {
        for (long seed = 1; seed <= 4; seed++) {
            Random random = new Random(seed);
            FaultyObjectStore store =
                    new FaultyObjectStore(
                            new InMemoryObjectStore(InstantSource.system()), random.nextLong());
            try (TestNode node = new TestNode(folder.resolve("" + seed), store)) {
                checkRandomHistory(node, store, random, "seed " + seed);
            }
        }
    }

    private static void checkRandomHistory(
            TestNode node, FaultyObjectStore store, Random random, String seed) throws IOException {
        TopicMetadata topic = node.createTopic("t", 2, COMPACT);
        List<Map<Long, Kept>> written = List.of(new TreeMap<>(), new TreeMap<>());
        Duration later = Duration.ZERO;
        for (int round = 0; round < 10; round++) {
            int appends = random.nextInt(1, 30);
            for (int i = 0; i < appends; i++) {
                append(node, topic, random, written);
            }
            node.archive();
            later = later.plusHours(random.nextInt(20));
            if (random.nextInt(3) == 0) {
                store.with(FaultyObjectStore.Fault.FAIL_BEFORE, 0.05)
                        .with(FaultyObjectStore.Fault.LOST_ANSWER, 0.05)
                        .with(FaultyObjectStore.Fault.FLIPPED_BIT, 0.02);
            }
            try {
                node.upkeep(later);
            } catch (IOException expected) {
                // tried again in the next round
            }
            store.heal();
            node.registry.refresh();
            for (int partition = 0; partition < 2; partition++) {
                List<Kept> kept = read(node, topic, partition);
                Map<Long, Kept> all = written.get(partition);
                assertThat(all.values()).as(seed).containsAll(kept);
                assertThat(latest(kept)).as(seed).isEqualTo(latest(new ArrayList<>(all.values())));
            }
        }
        node.upkeep(later);
        assertThat(node.registry.snapshot().segments(topic.id())).as(seed).hasSizeLessThan(10);
        node.verify();
    }

    private static void append(
            TestNode node, TopicMetadata topic, Random random, List<Map<Long, Kept>> written) {
        int partition = random.nextInt(2);
        int count = random.nextInt(1, 4);
        String[] keysAndValues = new String[2 * count];
        for (int i = 0; i < count; i++) {
            keysAndValues[2 * i] = "k" + random.nextInt(8);
            keysAndValues[2 * i + 1] = random.nextInt(4) == 0 ? GONE : "v" + random.nextInt();
        }
        long base = node.append(topic, partition, batch(keysAndValues));
        for (int i = 0; i < count; i++) {
            written.get(partition)
                    .put(
                            base + i,
                            new Kept(
                                    base + i,
                                    keysAndValues[2 * i],
                                    value(keysAndValues[2 * i + 1])));
        }
    }
}
