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

/// REG-9, REG-16: what older generations have stays as long as they do, and goes with them.
class ArchiveSweeperHistoryTest {
    private static final Duration GRACE = Duration.ofHours(1);
    private static final Duration HISTORY = Duration.ofDays(7);

    @TempDir Path folder;

    private ArchiveFixture archive;
    private TopicMetadata topic;

    @BeforeEach
    void fill() throws Exception {
        archive = new ArchiveFixture(folder);
        topic = archive.createTopic("clicks", 2);
        for (int i = 0; i < 6; i++) {
            archive.seal("clicks", "0-" + i);
        }
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
                archive.sweeper(
                        new ArchiveSweeper.Settings(
                                GRACE, Duration.ZERO, Duration.ofMinutes(10), new ObjectClaims()));
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
                        new ArchiveSweeper.Settings(Duration.ZERO, HISTORY, new ObjectClaims()));
        assertThat(sweeper.sweep().deleted())
                .doesNotContain(old.object().key(), added.object().key());
        assertThat(DurableRegistry.newest(new ObjectRegistryStore(stale)).segments(topic.id()))
                .extracting(RecordSegment::id)
                .contains(added.id());
    }

    @Test
    void deletesWhatADeletedTopicHadWhenNoGenerationHasItAnyMore() throws Exception {
        archive.archive("clicks", 0);
        archive.deleteTopic("clicks");
        archive.pass(GRACE.plusMinutes(1));
        assertThat(sweep().deleted()).isEmpty();
        assertThat(archive.registry.snapshot(2).orElseThrow().segments(topic.id())).hasSize(1);

        archive.makeHistory();
        archive.pass(HISTORY.plusHours(1));
        archive.makeHistory();
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
            archive.makeHistory();
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

    private ArchiveSweeper.Report sweep() throws Exception {
        return archive.sweeper(new ArchiveSweeper.Settings(GRACE, HISTORY, new ObjectClaims()))
                .sweep();
    }
}
