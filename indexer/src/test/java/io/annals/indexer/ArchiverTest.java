package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.archive.FaultyObjectStore;
import io.annals.archive.InMemoryObjectStore;
import io.annals.registry.RegistryChange;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ArchiverTest {
    @TempDir Path folder;

    private final InMemoryObjectStore objects = new InMemoryObjectStore(InstantSource.system());

    private static final class ProcessDied extends Error {
        private static final long serialVersionUID = 1;
    }

    private static List<String> fill(TestNode node, TopicMetadata topic, int partition, int count) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String value = "{\"n\":%d,\"msg\":\"message %d of %s\"}".formatted(i, i, topic.name());
            node.append(topic, partition, value);
            values.add(value);
        }
        return values;
    }

    @Test
    void whatIsSealedIsArchivedAndReleased() throws IOException {
        try (TestNode node = new TestNode(folder, objects);
                Archiver archiver = node.archiver(ArchiveStep.Listener.NONE)) {
            TopicMetadata a = node.createTopic("a", 2, Map.of());
            TopicMetadata b = node.createTopic("b", 1, Map.of());
            List<String> a0 = fill(node, a, 0, 50);
            List<String> a1 = fill(node, a, 1, 30);
            List<String> b0 = fill(node, b, 0, 10);

            ArchiveResult result = archiver.archiveNow();

            assertThat(result.records()).isEqualTo(90);
            assertThat(node.archivedValues(a, 0)).isEqualTo(a0);
            assertThat(node.archivedValues(a, 1)).isEqualTo(a1);
            assertThat(node.archivedValues(b, 0)).isEqualTo(b0);
            assertThat(node.archivedDocuments(a)).isEqualTo(80);
            assertThat(node.archivedDocuments(b)).isEqualTo(10);
            assertThat(node.wal.sealedSegments()).isEmpty();
            assertThat(archiver.status().failures()).isEmpty();
            assertThat(archiver.status().oldestCreatedAtMs()).isEqualTo(-1);
            assertThat(archiver.archiveNow()).isEqualTo(ArchiveResult.NOTHING);
            assertThat(folder.resolve("archiver")).isEmptyDirectory();
        }
    }

    @Test
    void archivingGoesOnByItselfWhenSegmentsSeal() throws Exception {
        try (TestNode node = new TestNode(folder, objects);
                Archiver archiver = node.archiver(ArchiveStep.Listener.NONE)) {
            archiver.start();
            TopicMetadata topic = node.createTopic("t", 1, Map.of());
            fill(node, topic, 0, 20);
            node.wal.sealNow();
            for (int i = 0; i < 500 && !node.wal.sealedSegments().isEmpty(); i++) {
                Thread.sleep(20);
            }
            assertThat(node.wal.sealedSegments()).isEmpty();
            assertThat(node.registry.snapshot().archivedEndOffset(topic.id(), 0)).isEqualTo(20);
        }
    }

    @ParameterizedTest
    @EnumSource(ArchiveStep.class)
    void aProcessThatDiesAfterAnyStepLeavesOneCopyInTheEnd(ArchiveStep fatal) throws IOException {
        List<String> values;
        TopicMetadata a;
        TopicMetadata b;
        try (TestNode node = new TestNode(folder, objects)) {
            a = node.createTopic("a", 2, Map.of());
            b = node.createTopic("b", 1, Map.of());
            values = fill(node, a, 0, 40);
            fill(node, a, 1, 40);
            fill(node, b, 0, 40);
            Archiver archiver =
                    node.archiver((step, _) -> {
                        if (step == fatal) {
                            throw new ProcessDied();
                        }
                    });
            try {
                archiver.archiveNow();
            } catch (IOException | ProcessDied expected) {
                // the process is gone; nothing of the archiver is closed
            }
        }
        try (TestNode node = new TestNode(folder, objects);
                Archiver archiver = node.archiver(ArchiveStep.Listener.NONE)) {
            // metadata changed between the two tries
            TopicMetadata newer =
                    new TopicMetadata(
                            a.id(), "a", 2, Map.of("x", "y"), a.logStartOffsets(), 1, false);
            node.registry.commit(_ -> Optional.of(RegistryChange.ofTopic(newer)));
            archiver.archiveNow();
            assertThat(node.archivedValues(a, 0)).isEqualTo(values);
            assertThat(node.archivedDocuments(a)).isEqualTo(80);
            assertThat(node.archivedDocuments(b)).isEqualTo(40);
            assertThat(node.wal.sealedSegments()).isEmpty();
            node.sweep();
            assertThat(node.objects("segments/"))
                    .hasSize(
                            node.registry.snapshot().segments(a.id()).size()
                                    + node.registry.snapshot().segments(b.id()).size());
            assertThat(node.objects("splits/"))
                    .hasSize(
                            node.registry.snapshot().splits(a.id()).size()
                                    + node.registry.snapshot().splits(b.id()).size());
        }
    }

    @Test
    void aStoreThatCrashesAtAnyOperationLosesAndDoublesNothing() throws IOException {
        Random random = new Random(7);
        for (int round = 0; round < 12; round++) {
            Path home = folder.resolve("round-" + round);
            InMemoryObjectStore real = new InMemoryObjectStore(InstantSource.system());
            FaultyObjectStore faulty = new FaultyObjectStore(real, random.nextLong());
            List<String> values;
            TopicMetadata topic;
            try (TestNode node = new TestNode(home, faulty)) {
                topic = node.createTopic("t", 1, Map.of());
                values = fill(node, topic, 0, 20);
                faulty.crashAfter(round);
                try (Archiver archiver = node.archiver(ArchiveStep.Listener.NONE)) {
                    archiver.archiveNow();
                } catch (IOException expected) {
                    faulty.heal();
                }
                faulty.heal();
            }
            try (TestNode node = new TestNode(home, real);
                    Archiver archiver = node.archiver(ArchiveStep.Listener.NONE)) {
                node.append(topic, 0, "after");
                archiver.archiveNow();
                List<String> expected = new ArrayList<>(values);
                expected.add("after");
                assertThat(node.archivedValues(topic, 0)).as("round " + round).isEqualTo(expected);
                assertThat(node.archivedDocuments(topic)).isEqualTo(21);
                node.sweep();
                assertThat(node.objects("splits/"))
                        .hasSize(node.registry.snapshot().splits(topic.id()).size());
            }
        }
    }

    @Test
    void aFlakyStoreIsTriedAgainUntilAllIsArchived() throws Exception {
        FaultyObjectStore faulty = new FaultyObjectStore(objects, 3);
        try (TestNode node = new TestNode(folder, faulty);
                Archiver archiver = node.archiver(ArchiveStep.Listener.NONE)) {
            TopicMetadata topic = node.createTopic("t", 2, Map.of());
            faulty.with(FaultyObjectStore.Fault.FAIL_BEFORE, 0.1)
                    .with(FaultyObjectStore.Fault.LOST_ANSWER, 0.1)
                    .with(FaultyObjectStore.Fault.SHORT_READ, 0.05)
                    .with(FaultyObjectStore.Fault.FLIPPED_BIT, 0.05);
            archiver.start();
            List<String> values = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                values.addAll(fill(node, topic, 0, 10));
                fill(node, topic, 1, 10);
                node.wal.sealNow();
            }
            for (int i = 0; i < 1000 && !node.wal.sealedSegments().isEmpty(); i++) {
                Thread.sleep(20);
            }
            faulty.heal();
            assertThat(node.wal.sealedSegments()).isEmpty();
            assertThat(node.archivedValues(topic, 0)).isEqualTo(values);
            assertThat(node.archivedDocuments(topic)).isEqualTo(100);
            node.assertHashesFit(topic);
        }
    }

    @Test
    void aBitThatFlipsWhileReadingBackIsNotCatalogued() throws IOException {
        for (int operation = 0; operation < 12; operation++) {
            InMemoryObjectStore real = new InMemoryObjectStore(InstantSource.system());
            FaultyObjectStore faulty = new FaultyObjectStore(real, operation);
            try (TestNode node = new TestNode(folder.resolve("" + operation), faulty);
                    Archiver archiver = node.archiver(ArchiveStep.Listener.NONE)) {
                TopicMetadata topic = node.createTopic("t", 1, Map.of());
                fill(node, topic, 0, 5);
                faulty.failAfter(operation, FaultyObjectStore.Fault.FLIPPED_BIT);
                try {
                    archiver.archiveNow();
                } catch (IOException expected) {
                    archiver.archiveNow();
                }
                faulty.heal();
                assertThat(node.archivedValues(topic, 0)).hasSize(5);
                node.assertHashesFit(topic);
            }
        }
    }

    @Test
    void aDamagedSegmentKeepsItsTopicBackAndNobodyElse() throws IOException {
        try (TestNode node = new TestNode(folder, objects);
                Archiver archiver = node.archiver(ArchiveStep.Listener.NONE)) {
            TopicMetadata hurt = node.createTopic("hurt", 1, Map.of());
            TopicMetadata well = node.createTopic("well", 2, Map.of());
            String marker = "x".repeat(300);
            node.append(hurt, 0, marker);
            fill(node, well, 0, 5);
            fill(node, well, 1, 5);
            node.wal.sealNow();
            damage(folder.resolve("wal"), marker);
            assertThatThrownBy(archiver::archiveNow)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("corrupt");
            fill(node, hurt, 0, 5);
            fill(node, well, 0, 5);
            assertThatThrownBy(archiver::archiveNow).isInstanceOf(IOException.class);

            assertThat(node.archivedValues(well, 0)).hasSize(10);
            assertThat(node.archivedValues(well, 1)).hasSize(5);
            assertThat(node.archivedValues(hurt, 0)).isEmpty();
            assertThat(node.wal.sealedSegments()).isNotEmpty();
            assertThat(archiver.status().failures()).isNotEmpty();
            assertThat(archiver.status().oldestCreatedAtMs()).isPositive();
        }
    }

    private static void damage(Path wal, String marker) throws IOException {
        AtomicInteger damaged = new AtomicInteger();
        try (var files = Files.walk(wal)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                byte[] bytes = Files.readAllBytes(file);
                int at =
                        new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1)
                                .indexOf(marker);
                if (at >= 0) {
                    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                        channel.write(java.nio.ByteBuffer.wrap(new byte[] {'y'}), at + 10L);
                    }
                    damaged.incrementAndGet();
                }
            }
        }
        assertThat(damaged).hasValue(1);
    }

    @Test
    void aTopicDeletedMeanwhileIsSkipped() throws IOException {
        try (TestNode node = new TestNode(folder, objects);
                Archiver archiver = node.archiver(ArchiveStep.Listener.NONE)) {
            TopicMetadata gone = node.createTopic("gone", 1, Map.of());
            TopicMetadata kept = node.createTopic("kept", 1, Map.of());
            fill(node, gone, 0, 5);
            fill(node, kept, 0, 5);
            node.deleteTopic(gone);
            archiver.archiveNow();
            assertThat(node.archivedValues(kept, 0)).hasSize(5);
            assertThat(node.objects("segments/" + gone.id())).isEmpty();
            assertThat(node.wal.sealedSegments()).isEmpty();
        }
    }

    @Test
    void aTopicThatTheRegistryDoesNotKnowIsKept() throws IOException {
        try (TestNode node = new TestNode(folder, objects)) {
            TopicMetadata topic = node.createTopic("t", 1, Map.of());
            fill(node, topic, 0, 5);
            node.wal.sealNow();
            InMemoryObjectStore empty = new InMemoryObjectStore(InstantSource.system());
            try (TestNode other = new TestNode(folder.resolve("other"), empty);
                    Archiver archiver =
                            new Archiver(
                                    node.wal,
                                    other.registry,
                                    empty,
                                    other.tars,
                                    other.archiverSettings(),
                                    new Random())) {
                assertThatThrownBy(archiver::archiveNow)
                        .hasMessageContaining("not in the registry");
                assertThat(node.wal.sealedSegments()).isNotEmpty();
            }
        }
    }

    @Test
    void aTopicThatIsNotIndexedHasNoSplit() throws IOException {
        try (TestNode node = new TestNode(folder, objects);
                Archiver archiver = node.archiver(ArchiveStep.Listener.NONE)) {
            TopicMetadata topic = node.createTopic("t", 1, Map.of(IndexSettings.ENABLE, "false"));
            fill(node, topic, 0, 5);
            archiver.archiveNow();
            assertThat(node.archivedValues(topic, 0)).hasSize(5);
            assertThat(node.registry.snapshot().splits(topic.id())).isEmpty();
        }
    }
}
