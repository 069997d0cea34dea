package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.registry.CorruptRegistryException;
import io.annals.registry.DurableRegistry;
import io.annals.registry.IndexSplit;
import io.annals.registry.ObjectKeys;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryChange;
import io.annals.registry.TopicMetadata;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// REG-9.
class ArchiveSweeperTest {
    private static final Duration GRACE = Duration.ofHours(1);
    private static final Duration HISTORY = Duration.ofDays(7);

    @TempDir Path folder;

    private ArchiveFixture archive;
    private TopicMetadata topic;
    private final Set<String> inUse = new HashSet<>();

    @BeforeEach
    void fill() throws Exception {
        archive = new ArchiveFixture(folder);
        topic = archive.createTopic("clicks", 2);
        for (int i = 0; i < 6; i++) {
            archive.seal("clicks", "0-" + i);
        }
    }

    @Test
    void deletesALeftoverWhoseWalSegmentsOthersArchived() throws Exception {
        RecordSegment leftover = archive.upload("clicks", 0, 1);
        IndexSplit leftoverSplit = archive.uploadSplit("left", leftover);
        archive.archive("clicks", 0);
        archive.archive("clicks", 1);
        List<String> before = archive.keys("");

        assertThat(sweep().deleted()).isEmpty();
        archive.pass(GRACE.plusMinutes(1));
        assertThat(sweep().deleted())
                .containsExactly(leftover.object().key(), leftoverSplit.object().key());

        before.remove(leftover.object().key());
        before.remove(leftoverSplit.object().key());
        assertThat(archive.keys("")).containsExactlyElementsOf(before);
    }

    @Test
    void ofATopicTheNewestVersionAndOneMoreStay() throws Exception {
        for (int version = 2; version <= 9; version++) {
            long start = version;
            TopicMetadata changed =
                    new TopicMetadata(
                            topic.id(),
                            "clicks",
                            version,
                            topic.configs(),
                            List.of(start, 0L),
                            topic.createdAtMs(),
                            false);
            archive.commit(RegistryChange.ofTopic(changed));
        }
        String own = ObjectKeys.TOPICS + topic.id() + "/";
        assertThat(sweep().deleted()).isEmpty();
        archive.pass(GRACE.plusMinutes(1));
        assertThat(sweep().deleted()).hasSize(7).allMatch(key -> key.startsWith(own));
        assertThat(archive.keys(own))
                .containsExactly(ObjectKeys.topic(topic.id(), 8), ObjectKeys.topic(topic.id(), 9));
        assertThat(sweep().deleted()).isEmpty();
    }

    /// A short history does not take from readers what was replaced a moment ago.
    @Test
    void whatWasReplacedStaysForItsGraceTime() throws Exception {
        RecordSegment replaced = archive.archive("clicks", 0);
        archive.pass(Duration.ofHours(2));
        archive.commit(
                new RegistryChange(
                        List.of(
                                new TopicMetadata(
                                        topic.id(),
                                        "clicks",
                                        2,
                                        topic.configs(),
                                        List.of(1_000_000L, 1_000_000L),
                                        topic.createdAtMs(),
                                        false)),
                        List.of(),
                        List.of(replaced.id()),
                        List.of(),
                        List.of()));
        ArchiveSweeper sweeper =
                new ArchiveSweeper(
                        archive.store,
                        archive.tars(),
                        archive.registry,
                        archive.clock(),
                        new ArchiveSweeper.Settings(
                                GRACE, Duration.ZERO, Duration.ofMinutes(10), _ -> false));
        assertThat(sweeper.sweep().deleted()).doesNotContain(replaced.object().key());
    }

    /// A listing that is older than the last commits does not make rubbish of what they added.
    @Test
    void aStaleListingOfTheRegistryTakesNothingAway() throws Exception {
        RecordSegment old = archive.archive("clicks", 0);
        FaultyObjectStore stale = new FaultyObjectStore(archive.store, 1);
        stale.freezeListing(ObjectKeys.DELTAS);
        RecordSegment added = archive.archive("clicks", 1);
        archive.pass(HISTORY.multipliedBy(2));
        ArchiveSweeper sweeper =
                new ArchiveSweeper(
                        stale,
                        archive.tars(),
                        archive.registry,
                        archive.clock(),
                        new ArchiveSweeper.Settings(Duration.ZERO, HISTORY, _ -> false));
        assertThat(sweeper.sweep().deleted())
                .doesNotContain(old.object().key(), added.object().key());
        assertThat(DurableRegistry.newest(new ObjectRegistryStore(stale)).segments(topic.id()))
                .extracting(RecordSegment::id)
                .contains(added.id());
    }

    @Test
    void keepsWhatMayBeCataloguedLater() throws Exception {
        archive.archive("clicks", 0);
        RecordSegment uploaded = archive.upload("clicks", 1, 2);
        IndexSplit uploadedSplit = archive.uploadSplit("up", uploaded);
        archive.pass(Duration.ofDays(300));

        ArchiveSweeper.Report report = sweep();

        assertThat(report.deleted()).noneMatch(key -> key.startsWith("s"));
        assertThat(report.kept())
                .extracting(ArchiveFinding::key)
                .containsExactly(uploaded.object().key(), uploadedSplit.object().key());
        // half of it is archived by another one: still the only copy of the rest
        archive.archive("clicks", 1);
        archive.pass(GRACE.plusMinutes(1));
        assertThat(sweep().deleted()).noneMatch(key -> key.startsWith("segments"));
        archive.archive("clicks", 2);
        assertThat(sweep().deleted())
                .containsExactly(uploaded.object().key(), uploadedSplit.object().key());
    }

    @Test
    void deletesWhatADeletedTopicHadWhenNoGenerationHasItAnyMore() throws Exception {
        archive.archive("clicks", 0);
        archive.deleteTopic("clicks");
        archive.pass(GRACE.plusMinutes(1));
        assertThat(sweep().deleted()).isEmpty();
        assertThat(archive.registry.snapshot(2).orElseThrow().segments(topic.id())).hasSize(1);

        makeHistory();
        archive.pass(HISTORY.plusHours(1));
        makeHistory();
        sweep();

        assertThat(archive.keys("segments/" + topic.id())).isEmpty();
        assertThat(archive.keys("splits/" + topic.id())).isEmpty();
        assertThat(archive.keys("topics/" + topic.id())).hasSize(2);
    }

    @Test
    void deletesWhatADeletedTopicHadAlsoWhereNothingElseIsCommitted() throws Exception {
        archive.archive("clicks", 0);
        archive.deleteTopic("clicks");
        archive.pass(HISTORY.minusHours(1));
        sweep();
        assertThat(archive.keys("segments/" + topic.id())).hasSize(1);

        archive.pass(Duration.ofHours(2));
        sweep();

        assertThat(archive.keys("segments/" + topic.id())).isEmpty();
        assertThat(archive.keys("splits/" + topic.id())).isEmpty();
        List<String> left = archive.keys("");
        for (int i = 0; i < 3; i++) {
            archive.pass(HISTORY.plusHours(1));
            assertThat(sweep().deleted()).isEmpty();
        }
        assertThat(archive.keys("")).isEqualTo(left); // nothing new, nothing to write
    }

    @Test
    void deletesWhatADeletedTopicHadAlsoWhereLittleIsCommitted() throws Exception {
        archive.archive("clicks", 0);
        archive.deleteTopic("clicks");
        for (int i = 0; i < 6; i++) {
            archive.pass(HISTORY.dividedBy(2));
            archive.createTopic("t" + i, 1); // never quiet for as long as the history
            sweep();
        }

        assertThat(archive.keys("segments/" + topic.id())).isEmpty();
    }

    @Test
    void keepsTheSegmentsOfATopicThatIsUnknown() throws Exception {
        RecordSegment uploaded = archive.upload("clicks", 0);
        ArchiveFixture other = new ArchiveFixture(folder);
        other.store.createIfAbsent(uploaded.object().key(), archive.bytes(uploaded.object().key()));
        other.commit(RegistryChange.ofTopic(topic));
        other.deleteTopic("clicks");
        for (String key : other.keys(ObjectKeys.TOPICS)) {
            other.store.delete(key);
        }
        other.pass(Duration.ofDays(300));
        archive = other;

        assertThat(sweep().deleted()).allMatch(key -> key.startsWith(ObjectKeys.DELTAS));
    }

    @Test
    void deletesWhatRetentionRemoved() throws Exception {
        RecordSegment first = archive.archive("clicks", 0);
        archive.archive("clicks", 1);
        List<Long> starts = first.ranges().stream().map(range -> range.endOffset()).toList();
        archive.changeTopic("clicks", starts);
        archive.commit(
                new RegistryChange(
                        List.of(), List.of(), List.of(first.id()), List.of(), List.of()));
        makeHistory();
        archive.pass(HISTORY.plusHours(1));
        makeHistory();

        assertThat(sweep().deleted())
                .contains(first.object().key(), ObjectKeys.split(topic.id(), "x-" + first.id()));
        assertThat(archive.keys(ObjectKeys.recordSegment(topic.id(), ""))).isEmpty();
        assertThat(archive.registry.snapshot().segments(topic.id())).hasSize(1);
    }

    @Test
    void deletesSplitsThatWereMerged() throws Exception {
        RecordSegment one = archive.archive("clicks", 0);
        RecordSegment two = archive.archive("clicks", 1);
        List<String> old = List.of("x-" + one.id(), "x-" + two.id());
        IndexSplit merged = archive.uploadSplit("merged", one, two);
        archive.commit(new RegistryChange(List.of(), List.of(), List.of(), List.of(merged), old));
        archive.pass(GRACE.plusMinutes(1));
        assertThat(sweep().deleted()).isEmpty();

        makeHistory();
        archive.pass(HISTORY.plusHours(1));
        makeHistory();
        sweep();

        assertThat(archive.keys("splits/" + topic.id())).containsExactly(merged.object().key());
    }

    @Test
    void keepsWhatIsInUseAndWhatCannotBeRead() throws Exception {
        RecordSegment leftover = archive.upload("clicks", 0, 1);
        archive.archive("clicks", 0);
        archive.archive("clicks", 1);
        String strange = ObjectKeys.recordSegment(topic.id(), "strange");
        archive.store.createIfAbsent(strange, new byte[1000]);
        inUse.add(leftover.object().key());
        archive.pass(GRACE.plusMinutes(1));

        ArchiveSweeper.Report report = sweep();

        assertThat(report.deleted()).isEmpty();
        assertThat(report.kept()).hasSize(2);
        inUse.clear();
        assertThat(sweep().deleted()).containsExactly(leftover.object().key());
    }

    @Test
    void deletesNothingWhenTheHistoryCannotBeRead() throws Exception {
        archive.upload("clicks", 0, 1);
        archive.archive("clicks", 0);
        archive.archive("clicks", 1);
        archive.pass(GRACE.plusMinutes(1));
        archive.replace(ObjectKeys.delta(2), new byte[] {'{'});
        List<String> before = archive.keys("");

        assertThatThrownBy(this::sweep).isInstanceOf(CorruptRegistryException.class);

        assertThat(archive.keys("")).isEqualTo(before);
    }

    @Test
    void forgetsOldGenerationsButNeverTheNewestTwoCheckpoints() throws Exception {
        for (int i = 0; i < 4; i++) {
            makeHistory();
        }
        assertThat(archive.keys(ObjectKeys.CHECKPOINTS)).hasSizeGreaterThan(3);
        archive.pass(Duration.ofDays(365));

        sweep();

        long newest = archive.registry.snapshot().generation();
        List<String> checkpoints = archive.keys(ObjectKeys.CHECKPOINTS);
        assertThat(checkpoints).hasSize(2);
        long kept = ObjectKeys.number(checkpoints.getFirst()).orElseThrow();
        assertThat(archive.keys(ObjectKeys.DELTAS)).hasSize((int) (newest - kept));
        archive.registry = archive.open();
        assertThat(archive.registry.snapshot().generation()).isEqualTo(newest);
        assertThat(archive.registry.snapshot(kept)).isPresent();
        assertThat(archive.registry.snapshot(kept - 1)).isEmpty();
        assertThat(sweep().deleted()).isEmpty();
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void neverDeletesWhatAKeptGenerationHas(long seed) throws Exception {
        Random random = new Random(seed);
        for (int i = 6; i < 30; i++) {
            archive.seal("clicks", "0-" + i);
        }
        int next = 0;
        for (int step = 0; step < 30; step++) {
            int count = 1 + random.nextInt(3);
            if (random.nextInt(4) == 0 && next + count < 30) {
                archive.upload("clicks", walSegments(next, count));
            }
            if (random.nextInt(3) > 0 && next < 29) {
                archive.archive("clicks", next++);
            }
            if (random.nextInt(5) == 0) {
                mergeOldestSplits("m" + step);
            }
            archive.pass(Duration.ofHours(random.nextInt(60)));
            sweep();
            requireEveryReferencedObject();
        }
    }

    private void mergeOldestSplits(String id) throws Exception {
        List<IndexSplit> splits = archive.registry.snapshot().splits(topic.id());
        if (splits.size() < 2) {
            return;
        }
        List<IndexSplit> oldest = splits.subList(0, 2);
        List<RecordSegment> covered = new ArrayList<>();
        for (IndexSplit split : oldest) {
            for (String segment : split.recordSegments()) {
                covered.add(archive.registry.snapshot().segment(segment).orElseThrow());
            }
        }
        IndexSplit merged = archive.uploadSplit(id, covered.toArray(new RecordSegment[0]));
        archive.commit(
                new RegistryChange(
                        List.of(),
                        List.of(),
                        List.of(),
                        List.of(merged),
                        oldest.stream().map(IndexSplit::id).toList()));
    }

    private void requireEveryReferencedObject() throws Exception {
        Set<String> present = new HashSet<>(archive.keys(""));
        DurableRegistry reader = archive.open();
        for (long g = 0; g <= reader.snapshot().generation(); g++) {
            reader.snapshot(g)
                    .ifPresent(snapshot -> {
                        snapshot.segments(topic.id())
                                .forEach(s -> assertThat(present).contains(key(s)));
                        snapshot.splits(topic.id())
                                .forEach(s -> assertThat(present).contains(s.object().key()));
                    });
        }
    }

    private static String key(RecordSegment segment) {
        return segment.object().key();
    }

    private static int[] walSegments(int from, int count) {
        int[] walSegments = new int[count];
        for (int i = 0; i < count; i++) {
            walSegments[i] = from + i;
        }
        return walSegments;
    }

    /// Some generations, so that there are checkpoints.
    private void makeHistory() throws Exception {
        for (int i = 0; i < 5; i++) {
            archive.createTopic("t" + archive.registry.snapshot().generation(), 1);
        }
    }

    private ArchiveSweeper.Report sweep() throws Exception {
        return new ArchiveSweeper(
                        archive.store,
                        archive.tars(),
                        archive.registry,
                        archive.clock(),
                        new ArchiveSweeper.Settings(GRACE, HISTORY, inUse::contains))
                .sweep();
    }
}
