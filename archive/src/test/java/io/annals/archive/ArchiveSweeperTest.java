package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.registry.ArchiveObject;
import io.annals.registry.IndexSplit;
import io.annals.registry.ObjectKeys;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryChange;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// REG-9: which objects that no generation has go, and which stay.
class ArchiveSweeperTest {
    private static final Duration GRACE = Duration.ofHours(1);
    private static final Duration HISTORY = Duration.ofDays(7);

    @TempDir Path folder;

    private ArchiveFixture archive;
    private TopicMetadata topic;
    private final ObjectClaims claims = new ObjectClaims();

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
        archive.makeHistory();
        archive.pass(HISTORY.plusHours(1));
        archive.makeHistory();

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

        archive.makeHistory();
        archive.pass(HISTORY.plusHours(1));
        archive.makeHistory();
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
        claims.toCatalogue(leftover.object().key());
        archive.pass(GRACE.plusMinutes(1));

        ArchiveSweeper.Report report = sweep();

        assertThat(report.deleted()).isEmpty();
        assertThat(report.kept()).hasSize(2);
        claims.catalogued(leftover.object().key());
        assertThat(sweep().deleted()).containsExactly(leftover.object().key());
    }

    /// As an object lock does on some stores: the others go all the same.
    @Test
    void goesOnBehindWhatTheStoreRefusesToDelete() throws Exception {
        RecordSegment locked = archive.upload("clicks", 0, 1);
        RecordSegment other = archive.upload("clicks", 2, 3);
        for (int i = 0; i < 4; i++) {
            archive.archive("clicks", i);
        }
        archive.pass(GRACE.plusMinutes(1));
        ObjectStore store =
                new ObjectStoreView(archive.store) {
                    @Override
                    public void delete(String key) throws IOException {
                        if (key.equals(locked.object().key())) {
                            throw new StoreUnusableException(key, "access is denied");
                        }
                        super.delete(key);
                    }
                };

        ArchiveSweeper.Report report = sweep(store);

        assertThat(report.deleted()).containsExactly(other.object().key());
        assertThat(report.kept())
                .singleElement()
                .satisfies(kept -> {
                    assertThat(kept.key()).isEqualTo(locked.object().key());
                    assertThat(kept.detail()).contains("access is denied");
                });
    }

    /// A try after a long outage takes up what an earlier one left, while the sweep looks at it.
    @Test
    void whatIsCataloguedWhileItIsLookedAtStays() throws Exception {
        List<RecordSegment> leftovers =
                List.of(archive.upload("clicks", 0), archive.upload("clicks", 1));
        archive.pass(GRACE.plusMinutes(1));
        CachedTars tars = archive.tars();
        SeekableTars slow =
                new SeekableTars() {
                    @Override
                    public SeekableTar open(ArchiveObject object) throws IOException {
                        return tars.open(object);
                    }

                    @Override
                    public SeekableTar open(String key) throws IOException {
                        List<RecordSegment> others = new ArrayList<>(leftovers);
                        others.removeIf(one ->
                                one.object().key().equals(key)
                                        || archive.registry.snapshot().isSegment(one.object().key())
                                        || archive.registry.snapshot().isSegment(key));
                        archive.commit(RegistryChange.ofArchived(others, List.of()));
                        return tars.open(key);
                    }

                    @Override
                    public SeekableTar open(String key, long sizeBytes) throws IOException {
                        return tars.open(key, sizeBytes);
                    }
                };

        ArchiveSweeper.Report report =
                new ArchiveSweeper(
                                archive.store,
                                slow,
                                archive.registry,
                                archive.clock(),
                                new ArchiveSweeper.Settings(GRACE, HISTORY, claims))
                        .sweep();

        assertThat(report.deleted()).isEmpty();
        assertThat(report.kept())
                .extracting(ArchiveFinding::detail)
                .containsExactly(
                        "holds records that no record segment of the registry has",
                        "in the catalogue by now");
        assertThat(archive.keys(ObjectKeys.SEGMENTS)).hasSize(2);
    }

    /// Whoever catalogues an object and whoever deletes it cannot both have begun.
    @Test
    void anObjectIsClaimedForOneThing() {
        assertThat(claims.toCatalogue("k")).isTrue();
        assertThat(claims.toCatalogue("k")).as("tried again").isTrue();
        assertThat(claims.toDelete("k")).isFalse();
        claims.deleted("k");
        assertThat(claims.toDelete("k")).isFalse();
        claims.catalogued("k");
        assertThat(claims.toDelete("k")).isTrue();
        assertThat(claims.toCatalogue("k")).isFalse();
        claims.deleted("k");
        assertThat(claims.toCatalogue("k")).isTrue();
    }

    private ArchiveSweeper.Report sweep() throws Exception {
        return sweep(archive.store);
    }

    private ArchiveSweeper.Report sweep(ObjectStore store) throws Exception {
        return archive.sweeper(store, new ArchiveSweeper.Settings(GRACE, HISTORY, claims)).sweep();
    }
}
