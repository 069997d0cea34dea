package io.annals.archive;

import static io.annals.archive.RegistryRebuild.Hashes.COMPUTED;
import static io.annals.archive.RegistryRebuild.Hashes.KNOWN;
import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.ArchiveFinding.Kind;
import io.annals.registry.IndexSplit;
import io.annals.registry.ObjectKeys;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// REG-10.
class RegistryRebuildTest {
    @TempDir Path folder;

    private ArchiveFixture archive;

    @BeforeEach
    void fill() throws Exception {
        archive = new ArchiveFixture(folder);
        archive.createTopic("clicks", 2);
        archive.createTopic("orders", 3);
        archive.createTopic("gone", 1);
        for (int i = 0; i < 5; i++) {
            archive.seal("clicks", "0-" + i);
            archive.seal("orders", "0-" + i);
            archive.seal("gone", "0-" + i);
        }
        archive.changeTopic("clicks", List.of(3L, 0L, 0L));
        for (int i = 0; i < 3; i++) {
            archive.archive("clicks", i);
        }
        archive.archive("orders", 0, 1);
        archive.archive("gone", 0);
        archive.deleteTopic("gone");
    }

    @Test
    void givesTheCatalogueThatWasLost() throws Exception {
        RegistrySnapshot before = archive.registry.snapshot();
        Map<TopicMetadata, List<Object>> catalogue = ArchiveFixture.catalogue(before);
        loseRegistry();

        RegistryRebuild.Report report = rebuild();

        assertThat(report.hasProblems()).isFalse();
        assertThat(report.findings()).extracting(ArchiveFinding::kind).containsOnly(Kind.LEFTOVER);
        assertThat(ArchiveFixture.catalogue(report.generation())).isEqualTo(catalogue);
        RegistrySnapshot reopened = archive.open().snapshot();
        assertThat(ArchiveFixture.catalogue(reopened)).isEqualTo(catalogue);
        assertThat(reopened.isArchived(before.topic("orders").orElseThrow().id(), "0-1")).isTrue();
    }

    @Test
    void aRebuiltRegistryGoesOn() throws Exception {
        loseRegistry();
        rebuild();
        archive.registry = archive.open();

        archive.changeTopic("clicks", List.of(4L, 0L, 0L));
        archive.archive("clicks", 3);

        assertThat(archive.open().snapshot().segments(topicId("clicks"))).hasSize(4);
        loseRegistry();
        assertThat(rebuild().generation().topic("clicks").orElseThrow().logStartOffsets())
                .containsExactly(4L, 0L, 0L);
    }

    @Test
    void takesTheNextNumberWhenOldRegistryObjectsAreThere() throws Exception {
        Map<TopicMetadata, List<Object>> catalogue =
                ArchiveFixture.catalogue(archive.registry.snapshot());
        long generation = archive.registry.snapshot().generation();
        for (String key : archive.keys("registry/")) {
            archive.replace(key, new byte[] {'{'});
        }

        assertThat(rebuild().generation().generation()).isEqualTo(generation + 1);

        RegistrySnapshot reopened = archive.open().snapshot();
        assertThat(reopened.generation()).isEqualTo(generation + 1);
        assertThat(ArchiveFixture.catalogue(reopened)).isEqualTo(catalogue);
    }

    @Test
    void aLeftoverThatOverlapsDoesNotReplaceWhatWasCatalogued() throws Exception {
        // two WAL segments were archived together, then a crash; then each on its own
        RecordSegment leftover = archive.upload("clicks", 3, 4);
        IndexSplit leftoverSplit = archive.uploadSplit("left", leftover);
        archive.archive("clicks", 3);
        archive.archive("clicks", 4);
        RecordSegment alone = archive.upload("orders", 2);
        archive.archive("orders", 2, 3, 4);
        Map<TopicMetadata, List<Object>> catalogue =
                ArchiveFixture.catalogue(archive.registry.snapshot());
        loseRegistry();

        RegistryRebuild.Report report = rebuild();

        assertThat(ArchiveFixture.catalogue(report.generation())).isEqualTo(catalogue);
        assertThat(report.findings())
                .extracting(ArchiveFinding::key)
                .contains(
                        leftover.object().key(),
                        leftoverSplit.object().key(),
                        alone.object().key());
        assertThat(report.hasProblems()).isFalse();
    }

    @Test
    void neverLosesRecordsToALargerLeftover() throws Exception {
        // catalogued: {3} and {4, 5}; left over: {3, 4}
        archive.seal("clicks", "0-5");
        RecordSegment leftover = archive.upload("clicks", 3, 4);
        archive.archive("clicks", 3);
        archive.archive("clicks", 4, 5);
        Map<TopicMetadata, List<Object>> catalogue =
                ArchiveFixture.catalogue(archive.registry.snapshot());
        loseRegistry();

        RegistryRebuild.Report report = rebuild();

        assertThat(ArchiveFixture.catalogue(report.generation())).isEqualTo(catalogue);
        assertThat(report.generation().segment(leftover.id())).isEmpty();
    }

    @Test
    void aMergedSplitReplacesTheOnesItWasMadeOf() throws Exception {
        List<RecordSegment> segments =
                List.copyOf(archive.registry.snapshot().segments(topicId("clicks")));
        List<String> old =
                archive.registry.snapshot().splits(topicId("clicks")).stream()
                        .map(IndexSplit::id)
                        .toList();
        IndexSplit merged = archive.uploadSplit("merged", segments.toArray(new RecordSegment[0]));
        archive.commit(new RegistryChange(List.of(), List.of(), List.of(), List.of(merged), old));
        loseRegistry();

        RegistryRebuild.Report report = rebuild();

        assertThat(report.generation().splits(topicId("clicks"))).containsExactly(merged);
        assertThat(report.hasProblems()).isFalse();
    }

    @Test
    void namesWhatItCannotReadAndGoesOn() throws Exception {
        List<RecordSegment> segments =
                List.copyOf(archive.registry.snapshot().segments(topicId("clicks")));
        String damaged = segments.get(0).object().key();
        byte[] bytes = archive.bytes(damaged);
        bytes[bytes.length - 10] ^= 1;
        archive.replace(damaged, bytes);
        String strange = ObjectKeys.SEGMENTS + "x/y.tar.gz";
        archive.replace(strange, new byte[10]);
        String moved = ObjectKeys.recordSegment(topicId("clicks"), "moved");
        archive.replace(moved, archive.bytes(segments.get(1).object().key()));
        loseRegistry();

        RegistryRebuild.Report report = rebuild();

        assertThat(report.hasProblems()).isTrue();
        assertThat(report.findings())
                .filteredOn(finding -> finding.kind() == Kind.DAMAGED)
                .extracting(ArchiveFinding::key)
                .containsExactlyInAnyOrder(damaged, strange, moved);
        assertThat(report.generation().segments(topicId("clicks")))
                .containsExactlyElementsOf(segments.subList(1, 3));
    }

    @Test
    void aTopicWithoutObjectsComesBackFromItsSegments() throws Exception {
        List<Object> before =
                ArchiveFixture.catalogue(archive.registry.snapshot()).entrySet().stream()
                        .filter(entry -> entry.getKey().name().equals("orders"))
                        .findFirst()
                        .orElseThrow()
                        .getValue();
        TopicMetadata orders = archive.registry.snapshot().topic("orders").orElseThrow();
        loseRegistry();
        for (String key : archive.keys(ObjectKeys.TOPICS)) {
            archive.store.delete(key);
        }

        RegistryRebuild.Report report = rebuild();

        assertThat(report.hasProblems()).isTrue();
        TopicMetadata rebuilt = report.generation().topic("orders").orElseThrow();
        assertThat(rebuilt).isEqualTo(orders);
        assertThat(ArchiveFixture.catalogue(report.generation())).containsEntry(rebuilt, before);
        assertThat(archive.keys(ObjectKeys.topic(orders.id(), 1))).hasSize(1);
    }

    @Test
    void aDamagedTopicVersionIsReplacedByANewOne() throws Exception {
        TopicMetadata clicks = archive.registry.snapshot().topic("clicks").orElseThrow();
        String newest = ObjectKeys.topic(clicks.id(), 2);
        byte[] bytes = archive.bytes(newest);
        bytes[bytes.length - 5] ^= 1;
        archive.replace(newest, bytes);
        loseRegistry();

        RegistryRebuild.Report report = rebuild();

        TopicMetadata rebuilt = report.generation().topic("clicks").orElseThrow();
        assertThat(rebuilt.version()).isEqualTo(3);
        assertThat(rebuilt.partitionCount()).isEqualTo(3);
        assertThat(report.findings())
                .anyMatch(f -> f.kind() == Kind.DAMAGED && f.key().equals(newest));
        assertThat(archive.open().snapshot().topic("clicks")).contains(rebuilt);
    }

    @Test
    void readsEachObjectsTailOnceAndTakesHashesFromWhatIsLeft() throws Exception {
        Map<TopicMetadata, List<Object>> catalogue =
                ArchiveFixture.catalogue(archive.registry.snapshot());
        String delta = archive.keys(ObjectKeys.DELTAS).getLast();
        archive.store.delete(delta); // nothing but a rebuild helps
        RecordingStore store = new RecordingStore();
        for (String key : archive.keys("")) {
            store.objects.put(key, archive.bytes(key));
        }

        RegistryRebuild.Report report =
                new RegistryRebuild(
                                store,
                                new CachedTars(store, 1 << 20, 1 << 20),
                                archive.clock(),
                                3,
                                KNOWN)
                        .run(ArchiveProgress.NONE);

        assertThat(report.hasProblems()).isFalse();
        assertThat(report.unhashed()).isZero();
        assertThat(ArchiveFixture.catalogue(report.generation())).isEqualTo(catalogue);
        assertThat(store.drainReads())
                .extracting(RecordingStore.Read::key)
                .filteredOn(key -> key.endsWith(".tar.gz"))
                .isNotEmpty()
                .doesNotHaveDuplicates();
    }

    @Test
    void aHashThatNobodyKnowsIsLeftOpenAndVerifyChecksTheParts() throws Exception {
        Map<TopicMetadata, List<Object>> catalogue =
                ArchiveFixture.catalogue(archive.registry.snapshot());
        loseRegistry();

        RegistryRebuild.Report report = rebuild(KNOWN);

        assertThat(report.unhashed()).isEqualTo(report.objects()).isPositive();
        assertThat(report.generation().segments(topicId("orders")))
                .extracting(segment -> segment.object().sha256())
                .containsOnly("");
        ArchiveVerifier.Report verified = verify();
        assertThat(verified.hasProblems()).isFalse();
        assertThat(verified.findings())
                .filteredOn(finding -> finding.kind() == Kind.UNHASHED)
                .hasSize((int) report.objects());

        String key = report.generation().segments(topicId("orders")).getFirst().object().key();
        byte[] damaged = archive.bytes(key);
        damaged[600] ^= 1;
        archive.replace(key, damaged);
        assertThat(verify().findings())
                .anyMatch(f -> f.kind() == Kind.DAMAGED && f.key().equals(key));
        damaged[600] ^= 1;
        archive.replace(key, damaged);

        RegistryRebuild.Report full = rebuild(COMPUTED);
        assertThat(full.unhashed()).isZero();
        assertThat(full.generation().generation()).isEqualTo(report.generation().generation() + 1);
        assertThat(ArchiveFixture.catalogue(full.generation())).isEqualTo(catalogue);
    }

    private ArchiveVerifier.Report verify() throws Exception {
        return new ArchiveVerifier(archive.store, 2, true)
                .verify(archive.open().snapshot(), ArchiveProgress.NONE);
    }

    @Test
    void anEmptyStoreGivesAnEmptyRegistry() throws Exception {
        ArchiveFixture empty = new ArchiveFixture(folder);

        RegistryRebuild.Report report =
                new RegistryRebuild(empty.store, empty.tars(), empty.clock(), 2, COMPUTED)
                        .run(ArchiveProgress.NONE);

        assertThat(report.generation().topics()).isEmpty();
        assertThat(empty.open().snapshot().generation()).isEqualTo(1);
    }

    private RegistryRebuild.Report rebuild() throws Exception {
        return rebuild(COMPUTED);
    }

    private RegistryRebuild.Report rebuild(RegistryRebuild.Hashes hashes) throws Exception {
        return new RegistryRebuild(archive.store, archive.tars(), archive.clock(), 3, hashes)
                .run(ArchiveProgress.NONE);
    }

    private void loseRegistry() throws Exception {
        for (String key : archive.keys("registry/")) {
            archive.store.delete(key);
        }
    }

    private Uuid topicId(String name) {
        return archive.registry.snapshot().topic(name).orElseThrow().id();
    }
}
