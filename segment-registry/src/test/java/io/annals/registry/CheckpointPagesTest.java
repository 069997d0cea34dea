package io.annals.registry;

import static io.annals.registry.Samples.CLOCK;
import static io.annals.registry.Samples.ORDERS;
import static io.annals.registry.Samples.archived;
import static io.annals.registry.Samples.orders;
import static io.annals.registry.Samples.range;
import static io.annals.registry.Samples.segment;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointPagesTest {
    private static final int ENTRIES_PER_PAGE = 8;

    private final FaultyRegistryStore store = new FaultyRegistryStore();

    @TempDir private Path folder;

    @Test
    void onlyPagesThatChangedAreWrittenAgain() throws Exception {
        CheckpointWriter writer = writer();
        Generation generation = filled(400);
        writer.write(generation);
        Set<String> before = new HashSet<>(store.list(ObjectKeys.PAGES));

        Generation grown = generation.next(archived(segment("new", range(0, 4000, 4010))), 1);
        writer.write(grown);

        assertThat(before).hasSize(50);
        assertThat(store.list(ObjectKeys.PAGES)).hasSize(52); // the last one, cut in two
        assertThat(read(grown).checkpoint()).isEqualTo(grown.checkpoint());
    }

    @Test
    void smallPagesAreJoined() throws Exception {
        CheckpointWriter writer = writer();
        Generation generation = filled(400);
        writer.write(generation);

        for (int i = 0; i < 400; i++) {
            if (i % 8 != 0) {
                generation = generation.next(Samples.removed(List.of("s" + i), List.of()), i);
            }
        }
        writer.write(generation);

        assertThat(paged(generation).segments()).hasSize(7);
        assertThat(read(generation).checkpoint()).isEqualTo(generation.checkpoint());
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everyCheckpointHoldsItsGeneration(long seed) throws Exception {
        Random random = new Random(seed);
        CheckpointWriter writer = writer();
        Generation generation = Generation.EMPTY;
        Map<Long, Checkpoint> expected = new TreeMap<>();
        long nextOffset = 0;
        for (int step = 0; step < 400; step++) {
            generation = generation.next(change(random, generation, nextOffset), step);
            nextOffset += 10;
            if (random.nextInt(10) == 0) {
                assertThat(writer.write(generation)).isTrue();
                expected.put(generation.generation(), generation.checkpoint());
            }
            if (!expected.isEmpty() && random.nextInt(100) == 0) { // another process goes on
                History.Loaded loaded =
                        new History(store, LocalPages.NONE)
                                .at(Collections.max(expected.keySet()))
                                .orElseThrow();
                generation = loaded.generation();
                writer =
                        new CheckpointWriter(
                                store,
                                LocalPages.NONE,
                                loaded.base().orElseThrow(),
                                ENTRIES_PER_PAGE);
            }
        }
        for (Map.Entry<Long, Checkpoint> each : expected.entrySet()) {
            assertThat(
                            new History(store, LocalPages.NONE)
                                    .at(each.getKey())
                                    .orElseThrow()
                                    .generation()
                                    .checkpoint())
                    .as("seed %d, checkpoint %d", seed, each.getKey())
                    .isEqualTo(each.getValue());
        }
    }

    @Test
    void whatIsForgottenTakesItsPagesAlong() throws Exception {
        CheckpointWriter writer = writer();
        Generation generation = filled(100);
        for (int i = 0; i < 5; i++) {
            writer.write(generation);
            generation =
                    generation.next(archived(segment("t" + i, range(0, 5000 + i, 5001 + i))), i);
        }
        long newest = generation.generation() - 1;
        int before = store.list(ObjectKeys.PAGES).size();

        List<String> gone = new KeptGenerations(store).forgetBefore(Long.MAX_VALUE);

        assertThat(gone).anyMatch(name -> name.startsWith(ObjectKeys.PAGES));
        assertThat(store.list(ObjectKeys.PAGES)).hasSizeLessThan(before);
        assertThat(store.list(ObjectKeys.CHECKPOINTS))
                .containsExactly(ObjectKeys.checkpoint(newest - 1), ObjectKeys.checkpoint(newest));
        Set<String> used = new HashSet<>();
        for (long number : List.of(newest - 1, newest)) {
            paged(number).pages().forEach(page -> used.add(page.key()));
            assertThat(new History(store, LocalPages.NONE).at(number)).isPresent();
        }
        assertThat(store.list(ObjectKeys.PAGES)).containsExactlyInAnyOrderElementsOf(used);
    }

    @Test
    void aCheckpointWithoutOneOfItsPagesIsPassedOver() throws Exception {
        DurableRegistry registry = open(Optional.empty());
        commits(registry, 8);
        PagedCheckpoint newest = paged(6);
        store.delete(newest.segments().getFirst().key());

        assertThat(open(Optional.empty()).snapshot().archivedEndOffset(ORDERS, 0)).isEqualTo(70);

        store.delete(ObjectKeys.delta(5));
        assertThatThrownBy(() -> open(Optional.empty()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(ObjectKeys.delta(5));
    }

    @Test
    void aDamagedPageIsNoticed() throws Exception {
        Generation generation = filled(10);
        writer().write(generation);
        String key = store.list(ObjectKeys.PAGES).getFirst();
        byte[] bytes = store.read(key).orElseThrow();

        RegistryFormat.checkPage(key, bytes);
        for (int at = 0; at < bytes.length; at++) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 4;
            assertThatThrownBy(() -> RegistryFormat.checkPage(key, damaged))
                    .as("byte %d", at)
                    .isInstanceOfAny(
                            CorruptRegistryException.class,
                            UnsupportedRegistryVersionException.class)
                    .hasMessageContaining(key);
        }
        bytes[bytes.length / 2] ^= 4;
        store.overwrite(key, bytes);
        assertThat(new History(store, LocalPages.NONE).at(generation.generation())).isEmpty();
    }

    @Test
    void aRestartReadsNoPageThatIsKeptLocally() throws Exception {
        commits(open(Optional.of(folder)), 8);
        store.takeReads();

        RegistrySnapshot reopened = open(Optional.of(folder)).snapshot();

        assertThat(reopened.archivedEndOffset(ORDERS, 0)).isEqualTo(70);
        assertThat(store.takeReads()).noneMatch(name -> name.startsWith(ObjectKeys.PAGES));
        assertThat(copies()).hasSize((int) paged(6).pages().count());
    }

    @Test
    void aLocalCopyThatIsDamagedIsFetchedAgain() throws Exception {
        commits(open(Optional.of(folder)), 8);
        Path copy = copies().getFirst();
        byte[] bytes = Files.readAllBytes(copy);
        byte[] damaged = bytes.clone();
        damaged[damaged.length / 2] ^= 1;
        Files.write(copy, damaged);
        Files.writeString(folder.resolve("something else"), "x");
        store.takeReads();

        RegistrySnapshot reopened = open(Optional.of(folder)).snapshot();

        assertThat(reopened.archivedEndOffset(ORDERS, 0)).isEqualTo(70);
        assertThat(store.takeReads()).contains(ObjectKeys.PAGES + copy.getFileName());
        assertThat(copies()).containsExactly(copy);
        assertThat(copy).hasBinaryContent(bytes);
    }

    @Test
    void aLostLocalCopyCostsNothingButRequests() throws Exception {
        commits(open(Optional.of(folder)), 8);
        for (Path copy : copies()) {
            Files.delete(copy);
        }

        assertThat(open(Optional.of(folder)).snapshot().archivedEndOffset(ORDERS, 0)).isEqualTo(70);
        assertThat(copies()).isNotEmpty();
    }

    private RegistryChange change(Random random, Generation generation, long offset) {
        List<TopicMetadata> topics = List.copyOf(generation.topics());
        if (topics.size() < 3 || random.nextInt(60) == 0) {
            Uuid id = new Uuid(random.nextLong(), random.nextLong());
            return RegistryChange.ofTopic(Samples.topic(id, "t" + random.nextInt(1 << 20), 1, 1));
        }
        TopicMetadata topic = topics.get(random.nextInt(topics.size()));
        if (random.nextInt(80) == 0) {
            return RegistryChange.ofTopic(Samples.tombstone(topic));
        }
        List<RecordSegment> present = generation.segments(topic.id());
        if (!present.isEmpty() && random.nextInt(4) == 0) {
            RecordSegment gone = present.get(random.nextInt(present.size()));
            return Samples.removed(List.of(gone.id()), List.of());
        }
        RecordSegment added =
                segment(
                        topic.id(),
                        Long.toHexString(random.nextLong()),
                        range(0, offset, offset + 10));
        return RegistryChange.ofArchived(
                List.of(added), List.of(Samples.split("x" + added.id(), added)));
    }

    private CheckpointWriter writer() {
        return new CheckpointWriter(store, LocalPages.NONE, null, ENTRIES_PER_PAGE);
    }

    /// Segments of ten offsets each.
    private static Generation filled(int segments) {
        Generation generation = Generation.EMPTY.next(RegistryChange.ofTopic(orders(1, 1)), 0);
        List<RecordSegment> all = new ArrayList<>();
        for (int i = 0; i < segments; i++) {
            all.add(segment("s" + i, range(0, 10L * i, 10L * i + 10)));
        }
        return generation.next(RegistryChange.ofArchived(all, List.of()), 0);
    }

    private Generation read(Generation generation) throws IOException {
        return new History(store, LocalPages.NONE)
                .at(generation.generation())
                .orElseThrow()
                .generation();
    }

    private PagedCheckpoint paged(Generation generation) throws IOException {
        return paged(generation.generation());
    }

    private PagedCheckpoint paged(long number) throws IOException {
        String key = ObjectKeys.checkpoint(number);
        return (PagedCheckpoint) RegistryFormat.checkpoint(key, store.read(key).orElseThrow());
    }

    private DurableRegistry open(Optional<Path> localCopy) throws IOException {
        RegistrySettings settings = new RegistrySettings("writer", 3, 4, localCopy);
        return DurableRegistry.open(store, CLOCK, settings, Runnable::run);
    }

    /// A topic, and segments of ten offsets each.
    private static void commits(DurableRegistry registry, int generations) throws IOException {
        registry.commit(_ -> Optional.of(RegistryChange.ofTopic(orders(1, 2))));
        for (int i = 0; i < generations - 1; i++) {
            RegistryChange change = archived(segment("s" + i, range(0, 10L * i, 10L * i + 10)));
            registry.commit(_ -> Optional.of(change));
        }
    }

    private List<Path> copies() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }
}
