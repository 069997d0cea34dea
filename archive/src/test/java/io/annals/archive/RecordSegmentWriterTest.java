package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.registry.PartitionRange;
import io.annals.registry.TopicMetadata;
import io.annals.wal.SealedSegment;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.record.internal.CompressionType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(SeededRandom.class)
class RecordSegmentWriterTest {
    private static final RecordSegmentWriter.Options OPTIONS =
            new RecordSegmentWriter.Options(1, "annals test", false);

    @TempDir Path directory;

    @Test
    void theManifestTellsEverythingAboutTheParts(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        topic.seal("0-1", 300, 2, 500);
        topic.seal("0-2", 300, 3, 500);
        RecordSegmentFile file = write(topic, OPTIONS);

        RecordingStore store = new RecordingStore();
        store.createIfAbsent("key", file.path());
        SeekableTar tar = TestObjects.tars(store).open("key");
        RecordSegmentManifest manifest = RecordSegmentManifest.read(tar);
        assertThat(manifest).isEqualTo(file.manifest());
        assertThat(manifest.segment(file.segment().object())).isEqualTo(file.segment());
        assertThat(manifest.walSegments()).containsExactly("0-1", "0-2");
        assertThat(manifest.topic().id()).isEqualTo(topic.id.toString());
        assertThat(manifest.topic().configs()).containsEntry("retention.ms", "-1");

        assertThat(manifest.partitions()).hasSize(3);
        for (RecordSegmentManifest.Partition partition : manifest.partitions()) {
            List<ModelTopic.Batch> model = topic.partition(partition.partition());
            assertThat(partition.range()).isEqualTo(range(partition.partition(), model));
            ByteArrayOutputStream batches = new ByteArrayOutputStream();
            model.forEach(batch -> batches.writeBytes(batch.bytes()));
            assertThat(tar.readAll(partition.batches().entry(), 1 << 30))
                    .isEqualTo(batches.toByteArray());
            assertThat(partition.batchCount()).isEqualTo(model.size());
            for (RecordSegmentManifest.Part part :
                    List.of(partition.batches(), partition.index())) {
                byte[] bytes = tar.readAll(part.entry(), 1 << 30);
                assertThat(part.sizeBytes()).isEqualTo(bytes.length);
                assertThat(part.sha256()).isEqualTo(Sha256.hex(bytes));
            }
        }
    }

    private static PartitionRange range(int partition, List<ModelTopic.Batch> model) {
        long records = 0;
        long bytes = 0;
        long minMs = Long.MAX_VALUE;
        long maxMs = Long.MIN_VALUE;
        for (ModelTopic.Batch batch : model) {
            records += batch.timestampsMs().length;
            bytes += batch.bytes().length;
            for (long timestampMs : batch.timestampsMs()) {
                minMs = Math.min(minMs, timestampMs);
                maxMs = Math.max(maxMs, timestampMs);
            }
        }
        return new PartitionRange(
                partition,
                model.getFirst().baseOffset(),
                model.getLast().endOffset(),
                records,
                bytes,
                minMs,
                maxMs,
                model.getFirst().ingestTimeMs(),
                model.getLast().ingestTimeMs());
    }

    @Test
    void aSecondTryGivesTheSameKeyAndTheSameBytes(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        topic.seal("0-1", 100, 3, 5_000);
        RecordSegmentFile one = write(topic, OPTIONS);
        byte[] bytes = Files.readAllBytes(one.path());
        RecordSegmentFile two = write(topic, OPTIONS);

        assertThat(two.segment()).isEqualTo(one.segment());
        assertThat(Files.readAllBytes(two.path())).isEqualTo(bytes);
        assertThat(one.segment().object().key())
                .isEqualTo("segments/%s/%s.tar.gz".formatted(topic.id, one.segment().id()));
    }

    @Test
    void otherWalSegmentsGiveAnotherKey(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        topic.seal("0-1", 10, 1, 50);
        String first = write(topic, OPTIONS).segment().id();
        topic.seal("0-2", 10, 1, 50);
        assertThat(write(topic, OPTIONS).segment().id()).isNotEqualTo(first);
    }

    @Test
    void batchesBelowTheLogStartOffsetAreLeftOutOnlyIfAsked(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        topic.seal("0-1", 100, 1, 50);
        List<ModelTopic.Batch> model = topic.partition(0);
        long logStart = model.get(40).endOffset() - 1;
        TopicMetadata all = topic.metadata(1);
        TopicMetadata cut =
                new TopicMetadata(
                        all.id(), all.name(), 4, all.configs(), List.of(logStart), 0, false);
        Path target = directory.resolve("segment");

        var options = new RecordSegmentWriter.Options(1, "annals test", true);
        var dropped = RecordSegmentWriter.write(cut, topic.segments, target, options);
        assertThat(dropped.orElseThrow().segment().ranges().getFirst().baseOffset())
                .isEqualTo(model.get(40).baseOffset());
        var kept = RecordSegmentWriter.write(cut, topic.segments, target, OPTIONS);
        assertThat(kept.orElseThrow().segment().ranges().getFirst().baseOffset())
                .isEqualTo(model.getFirst().baseOffset());
    }

    @Test
    void nothingOfTheTopicGivesNoFile(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        topic.seal("0-1", Map.of());
        Path target = directory.resolve("segment");

        assertThat(RecordSegmentWriter.write(topic.metadata(1), topic.segments, target, OPTIONS))
                .isEmpty();
        assertThat(target).doesNotExist();
    }

    @Test
    void aDamagedBatchIsNotArchived(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        ModelTopic.Batch batch = topic.batch(0, CompressionType.NONE, 5, 100);
        topic.seal("0-1", Map.of(0, List.of(batch)));
        batch.bytes()[batch.bytes().length - 1] ^= 1;

        assertThatThrownBy(() -> write(topic, OPTIONS))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("offset " + batch.baseOffset())
                .hasMessageContaining("CRC");
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aWalSegmentThatGivesFewerBatchesThanItHasIsNotArchived(Random random) {
        ModelTopic topic = new ModelTopic(random);
        List<ModelTopic.Batch> batches = new ArrayList<>();
        batches.add(topic.batch(0, CompressionType.NONE, 1, 10));
        batches.add(topic.batch(0, CompressionType.NONE, 1, 10));
        topic.seal("0-1", Map.of(0, batches));
        SealedSegment losing = topic.segments.getFirst();
        Map<TopicIdPartition, SealedSegment.Contents> contents = losing.contents();
        batches.removeLast();

        assertThatThrownBy(() ->
                        RecordSegmentWriter.write(
                                topic.metadata(1),
                                List.of(new Announcing(losing, contents)),
                                directory.resolve("segment"),
                                OPTIONS))
                .hasMessageContaining("WAL segment 0-1: 2 batches of")
                .hasMessageContaining("1 found");
    }

    /// A WAL segment with other contents than it announces.
    private record Announcing(
            SealedSegment segment, Map<TopicIdPartition, SealedSegment.Contents> contents)
            implements SealedSegment {
        @Override
        public String id() {
            return segment.id();
        }

        @Override
        public long sizeBytes() {
            return segment.sizeBytes();
        }

        @Override
        public void forEachBatch(TopicIdPartition partition, BatchVisitor visitor)
                throws IOException {
            segment.forEachBatch(partition, visitor);
        }
    }

    @Test
    void aTopicThatTheWalKnowsByAnotherNameIsArchivedByItsId(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        topic.seal("0-1", 10, 1, 10);
        TopicMetadata named = topic.metadata(1);
        TopicMetadata renamed =
                new TopicMetadata(
                        named.id(),
                        "renamed",
                        named.version(),
                        named.configs(),
                        named.logStartOffsets(),
                        0,
                        false);

        Path target = directory.resolve("segment");
        RecordSegmentFile file =
                RecordSegmentWriter.write(renamed, topic.segments, target, OPTIONS).orElseThrow();
        assertThat(file.manifest().partitions().getFirst().batchCount()).isEqualTo(10);
    }

    @Test
    void batchesOutOfOrderAreNotArchived(Random random) {
        ModelTopic topic = new ModelTopic(random);
        topic.seal("0-1", 10, 1, 10);
        topic.seal("0-2", 10, 1, 10);

        assertThatThrownBy(() ->
                        RecordSegmentWriter.write(
                                topic.metadata(1),
                                topic.segments.reversed(),
                                directory.resolve("segment"),
                                OPTIONS))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("comes after offset");
    }

    @Test
    void aLargeIndexStaysOutOfTheTail(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        topic.seal("0-1", 100, 1, 0);
        RecordSegmentFile small = write(topic, OPTIONS);
        assertThat(requestsForTheIndex(small)).isZero();

        List<ModelTopic.Batch> many = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            many.add(topic.batch(0, CompressionType.NONE, 1, 0));
        }
        topic.seal("0-2", Map.of(0, many));
        RecordSegmentFile large = write(topic, OPTIONS);
        assertThat(large.manifest().partitions().getFirst().index().sizeBytes())
                .isGreaterThan(RecordSegmentWriter.MAX_HOT_INDEX_BYTES);
        assertThat(requestsForTheIndex(large)).isEqualTo(1);
    }

    private static int requestsForTheIndex(RecordSegmentFile file) throws IOException {
        RecordingStore store = new RecordingStore();
        store.createIfAbsent(file.segment().object().key(), file.path());
        SeekableTar tar = TestObjects.tars(store).open(file.segment().object());
        store.drainReads();
        tar.readAll("records/0.index", 1 << 30);
        return store.drainReads().size();
    }

    private RecordSegmentFile write(ModelTopic topic, RecordSegmentWriter.Options options)
            throws IOException {
        Path target = directory.resolve("segment");
        return RecordSegmentWriter.write(topic.metadata(4), topic.segments, target, options)
                .orElseThrow();
    }
}
