package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.annals.archive.ArchiveFinding.Kind;
import io.annals.registry.ArchiveObject;
import io.annals.registry.IndexSplit;
import io.annals.registry.ObjectKeys;
import io.annals.registry.RecordSegment;
import io.annals.registry.RegistryChange;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveVerifierTest {
    @TempDir Path folder;

    private ArchiveFixture archive;
    private TopicMetadata topic;
    private RecordSegment segment;
    private IndexSplit split;

    @BeforeEach
    void fill() throws Exception {
        archive = new ArchiveFixture(folder);
        topic = archive.createTopic("clicks", 3);
        for (int i = 0; i < 5; i++) {
            archive.seal("clicks", "0-" + i);
            archive.archive("clicks", i);
        }
        segment = archive.registry.snapshot().segments(topic.id()).get(2);
        split = archive.registry.snapshot().splits(topic.id()).get(2);
    }

    @Test
    void findsNothingInASoundArchive() throws Exception {
        List<Long> progress = new ArrayList<>();
        List<Long> totals = new ArrayList<>(); // known when all is listed, a guess before
        ArchiveVerifier.Report report =
                verifier(archive.store)
                        .verify(
                                archive.registry.snapshot(),
                                (done, total, bytes) -> {
                                    progress.add(done);
                                    totals.add(total);
                                });

        assertThat(report.findings()).isEmpty();
        assertThat(report.hasProblems()).isFalse();
        assertThat(report.objects()).isEqualTo(archive.keys("").size());
        assertThat(progress).hasSize((int) report.objects()).isSorted();
        assertThat(totals).isSorted().last().isEqualTo(report.objects());
    }

    @Test
    void noticesEveryChangedByteOfEveryObject() throws Exception {
        Random random = new Random(5);
        for (String key : archive.keys("")) {
            byte[] sound = archive.bytes(key);
            for (int i = 0; i < 6; i++) {
                byte[] damaged = sound.clone();
                damaged[random.nextInt(damaged.length - 1)] ^= (byte) (1 << random.nextInt(8));
                archive.replace(key, damaged);
                assertThat((i % 2 == 0 ? verify() : verifyUnpacked()).findings())
                        .as("%s, round %d", key, i)
                        .isNotEmpty()
                        .allMatch(finding -> finding.key().equals(key))
                        .anyMatch(ArchiveFinding::isProblem);
            }
            archive.replace(key, sound);
        }
        assertThat(verify().findings()).isEmpty();
    }

    @Test
    void saysWhereASegmentIsDamaged() throws Exception {
        byte[] bytes = archive.bytes(segment.object().key());
        bytes[600] ^= 1; // in the first chunk, behind the tar header
        archive.replace(segment.object().key(), bytes);

        assertThat(verify().findings())
                .hasSize(2)
                .allMatch(finding -> finding.kind() == Kind.DAMAGED)
                .anyMatch(finding -> finding.detail().contains("SHA-256"))
                .anyMatch(finding -> finding.detail().contains("records/0.batches"));
    }

    @Test
    void namesMissingObjects() throws Exception {
        archive.store.delete(segment.object().key());
        archive.store.delete(split.object().key());
        archive.store.delete(ObjectKeys.topic(topic.id(), 1));

        assertThat(verify().findings())
                .extracting(ArchiveFinding::kind, ArchiveFinding::key)
                .containsExactlyInAnyOrder(
                        tuple(Kind.MISSING, segment.object().key()),
                        tuple(Kind.MISSING, split.object().key()),
                        tuple(Kind.MISSING, ObjectKeys.topic(topic.id(), 1)));
    }

    @Test
    void namesCutObjectsAndSwappedOnes() throws Exception {
        byte[] bytes = archive.bytes(segment.object().key());
        archive.replace(segment.object().key(), Arrays.copyOf(bytes, 500));
        archive.replace(split.object().key(), bytes);

        assertThat(verify().findings())
                .extracting(ArchiveFinding::kind, ArchiveFinding::key)
                .contains(
                        tuple(Kind.DAMAGED, segment.object().key()),
                        tuple(Kind.DAMAGED, split.object().key()));
    }

    @Test
    void tellsLeftoversFromUnexpectedObjects() throws Exception {
        archive.seal("clicks", "0-5");
        RecordSegment leftover = archive.upload("clicks", 5);
        archive.store.createIfAbsent("notes.txt", new byte[3]);
        archive.store.createIfAbsent("registry/deltas/7.json", new byte[3]);

        ArchiveVerifier.Report report = verify();

        assertThat(report.findings())
                .extracting(ArchiveFinding::kind, ArchiveFinding::key)
                .containsExactly(
                        tuple(Kind.UNEXPECTED, "notes.txt"),
                        tuple(Kind.UNEXPECTED, "registry/deltas/7.json"),
                        tuple(Kind.LEFTOVER, leftover.object().key()));
    }

    @Test
    void doesNotMindWhatOnlyOlderGenerationsHave() throws Exception {
        archive.commit(
                new RegistryChange(
                        List.of(), List.of(), List.of(segment.id()), List.of(), List.of()));

        assertThat(verify().findings()).isEmpty();
    }

    @Test
    void readsWhatOnlyOlderGenerationsHaveIfAskedAndMissesItInAnyCase() throws Exception {
        archive.commit(
                new RegistryChange(
                        List.of(), List.of(), List.of(segment.id()), List.of(), List.of()));
        byte[] bytes = archive.bytes(segment.object().key());
        bytes[600] ^= 1;
        archive.replace(segment.object().key(), bytes);

        assertThat(verify().findings()).isEmpty();
        assertThat(
                        verifier(archive.store)
                                .verify(
                                        archive.registry.snapshot(),
                                        ArchiveVerifier.Depth.KEPT,
                                        ArchiveProgress.NONE)
                                .findings())
                .isNotEmpty()
                .allMatch(finding -> finding.key().equals(segment.object().key()));

        archive.store.delete(segment.object().key());
        assertThat(verify().findings())
                .extracting(ArchiveFinding::kind, ArchiveFinding::key)
                .containsExactly(tuple(Kind.MISSING, segment.object().key()));
    }

    @Test
    void isNeverFurtherAheadThanAFewObjectsPerThreadAndMissesNone() throws Exception {
        for (int i = 5; i < 300; i++) {
            archive.seal("clicks", "0-" + i);
            archive.archive("clicks", i);
        }
        List<String> gone = new ArrayList<>();
        for (RecordSegment one : archive.registry.snapshot().segments(topic.id()).subList(5, 25)) {
            gone.add(one.object().key());
            archive.store.delete(one.object().key());
        }
        AtomicLong listed = new AtomicLong();
        AtomicLong done = new AtomicLong();
        List<Long> inFlight = new ArrayList<>();
        ObjectStore counted =
                new ObjectStoreView(archive.store) {
                    @Override
                    public void list(
                            String prefix,
                            Consumer<ObjectInfo> consumer,
                            Consumer<String> strangers)
                            throws IOException {
                        listed.set(0);
                        super.list(
                                prefix,
                                object -> {
                                    consumer.accept(object);
                                    inFlight.add(listed.incrementAndGet() - done.get());
                                },
                                strangers);
                    }
                };

        ArchiveVerifier.Report report =
                verifier(counted)
                        .verify(archive.registry.snapshot(), (objects, _, _) -> done.set(objects));

        long objects = archive.keys("").size();
        assertThat(report.objects()).isEqualTo(objects).isGreaterThan(500);
        List<Long> ofWalk = inFlight.subList(inFlight.size() - (int) objects, inFlight.size());
        assertThat(ofWalk).allMatch(count -> count <= 2 * ObjectWalk.AHEAD);
        assertThat(report.findings())
                .allMatch(finding -> finding.kind() == Kind.MISSING)
                .extracting(ArchiveFinding::key)
                .containsExactlyInAnyOrderElementsOf(gone);
    }

    @Test
    void readsEachByteAboutOnceAndWritesNothing() throws Exception {
        RecordingStore recorded = new RecordingStore();
        for (String key : archive.keys("")) {
            recorded.objects.put(key, archive.bytes(key));
        }
        Map<String, byte[]> before = Map.copyOf(recorded.objects);
        ArchiveVerifier.Report report =
                verifier(recorded).verify(archive.registry.snapshot(), ArchiveProgress.NONE);

        assertThat(report.findings()).isEmpty();
        List<RecordingStore.Read> reads = recorded.drainReads();
        reads.removeIf(read -> !read.key().endsWith(".tar.gz"));
        long archived =
                before.entrySet().stream()
                        .filter(object -> object.getKey().endsWith(".tar.gz"))
                        .mapToLong(object -> object.getValue().length)
                        .sum();
        assertThat(RecordingStore.bytes(reads)).isEqualTo(archived);
        assertThat(recorded.objects).isEqualTo(before);
    }

    /// The tail of a large object is read before the rest, and again with it.
    @Test
    void aLargeObjectIsReadInPiecesAndOnlyItsTailTwice() throws Exception {
        byte[] bytes = new byte[21 << 20];
        new Random(1).nextBytes(bytes);
        RecordingStore recorded = new RecordingStore();
        recorded.objects.put("k", bytes);
        HashedReads reads = new HashedReads(recorded, "k", bytes.length);
        reads.read("k", bytes.length - 1000, 1000);
        for (int at = 500; at < bytes.length - 2000; at += 1 << 20) {
            int length = Math.min((1 << 20) - 700, bytes.length - 2000 - at);
            assertThat(reads.read("k", at, length))
                    .isEqualTo(java.nio.ByteBuffer.wrap(bytes, at, length));
        }
        assertThat(reads.sha256()).isEqualTo(Sha256.hex(bytes));
        assertThat(RecordingStore.bytes(recorded.drainReads())).isEqualTo(bytes.length + 1000);
    }

    @Test
    void everyFindingComesWithACure() {
        for (Kind kind : Kind.values()) {
            for (String key : List.of("segments/a", "splits/a", "topics/a", "registry/a", "x")) {
                assertThat(new ArchiveFinding(kind, key, "").cure()).isNotBlank();
            }
        }
        assertThat(new ArchiveFinding(Kind.DAMAGED, "registry/deltas/1", "").cure())
                .contains("registry rebuild");
    }

    @Test
    void noticesACatalogueThatDoesNotFitTheObject() throws Exception {
        archive.seal("clicks", "0-5");
        RecordSegment sound = archive.upload("clicks", 5);
        RecordSegment wrong =
                new RecordSegment(
                        sound.id(),
                        sound.topicId(),
                        sound.object(),
                        sound.ranges().subList(0, 1),
                        sound.walSegments());
        archive.commit(RegistryChange.ofArchived(List.of(wrong), List.of()));

        assertThat(verify().findings())
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.kind()).isEqualTo(Kind.DAMAGED);
                    assertThat(finding.detail()).contains("manifest.json");
                });
    }

    @Test
    void noticesBatchesThatAreWrongAlthoughAllHashesFit() throws Exception {
        archive.seal("clicks", "0-5");
        RecordSegment sound = archive.upload("clicks", 5);
        SeekableTar tar = archive.tars().open(sound.object());
        RecordSegmentManifest manifest = RecordSegmentManifest.read(tar);
        RecordSegmentManifest.Partition first = manifest.partitions().getFirst();
        byte[] batches = tar.readAll(first.batches().entry(), 1 << 24);
        batches[batches.length - 1] ^= 1; // a record's byte: the batch CRC knows it
        List<RecordSegmentManifest.Partition> partitions = new ArrayList<>(manifest.partitions());
        partitions.set(
                0,
                new RecordSegmentManifest.Partition(
                        first.partition(),
                        first.baseOffset(),
                        first.endOffset(),
                        first.recordCount(),
                        first.batchCount(),
                        first.sizeBytes(),
                        first.minTimestampMs(),
                        first.maxTimestampMs(),
                        first.minIngestTimeMs(),
                        first.maxIngestTimeMs(),
                        new RecordSegmentManifest.Part(
                                first.batches().entry(), batches.length, Sha256.hex(batches)),
                        first.index(),
                        first.transactions()));
        RecordSegmentManifest forged =
                new RecordSegmentManifest(
                        manifest.format(),
                        manifest.version(),
                        manifest.producer(),
                        manifest.id(),
                        manifest.topic(),
                        manifest.walSegments(),
                        manifest.compactedToMs(),
                        partitions);
        Path path = folder.resolve("forged");
        ArchiveObject object;
        try (SeekableTarWriter writer = SeekableTarWriter.create(path, 1)) {
            for (SeekableTar.Entry entry : tar.entries()) {
                byte[] content = tar.readAll(entry.name(), 1 << 24);
                if (entry.name().equals(first.batches().entry())) {
                    content = batches;
                } else if (entry.name().equals(Manifests.ENTRY_NAME)) {
                    content = Manifests.write(forged);
                }
                writer.add(entry.name(), EntryCodec.GZ, content);
            }
            object = writer.finish().at(sound.object().key());
        }
        archive.store.delete(object.key());
        archive.store.createIfAbsent(object.key(), path);
        archive.commit(RegistryChange.ofArchived(List.of(forged.segment(object)), List.of()));

        assertThat(verify().findings()).isEmpty(); // it is what was written
        assertThat(verifyUnpacked().findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.detail()).contains("of a batch"));
    }

    @Test
    void anObjectStoreThatFailsIsNotTakenForDamage() throws Exception {
        FaultyObjectStore faulty = new FaultyObjectStore(archive.store, 3);
        faulty.with(FaultyObjectStore.Fault.FAIL_BEFORE, 0.0);
        ArchiveVerifier verifier = verifier(faulty);
        faulty.failAfter(faulty.operations() + 60, FaultyObjectStore.Fault.FAIL_BEFORE);

        assertThat(verifier.verify(archive.registry.snapshot(), ArchiveProgress.NONE).findings())
                .hasSizeLessThanOrEqualTo(1)
                .allMatch(finding -> finding.kind() == Kind.UNREADABLE);
    }

    private ArchiveVerifier.Report verify() throws Exception {
        return verifier(archive.store).verify(archive.registry.snapshot(), ArchiveProgress.NONE);
    }

    private ArchiveVerifier.Report verifyUnpacked() throws Exception {
        return new ArchiveVerifier(archive.store, 2, true)
                .verify(archive.registry.snapshot(), ArchiveProgress.NONE);
    }

    private static ArchiveVerifier verifier(ObjectStore store) {
        return new ArchiveVerifier(store, 2, false);
    }
}
