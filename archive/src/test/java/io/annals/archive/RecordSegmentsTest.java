package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.registry.ArchiveObject;
import io.annals.registry.RecordSegment;
import io.annals.wal.BatchView;
import io.annals.wal.FetchedBatches;
import io.annals.wal.TimestampOffset;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.apache.kafka.common.record.internal.CompressionType;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(SeededRandom.class)
class RecordSegmentsTest {
    private static final RecordSegmentWriter.Options OPTIONS =
            new RecordSegmentWriter.Options(1, "annals test", false);

    private final RecordingStore store = new RecordingStore();
    private final CachedTars tars = TestObjects.tars(store);
    private final SeekableRecordSegments segments = new SeekableRecordSegments(tars, 1 << 20);

    @TempDir Path directory;

    private RecordSegment archive(ModelTopic topic, int partitions) throws IOException {
        RecordSegmentFile file =
                RecordSegmentWriter.write(
                                topic.metadata(partitions),
                                topic.segments,
                                directory.resolve("segment"),
                                OPTIONS)
                        .orElseThrow();
        store.createIfAbsent(file.segment().object().key(), file.path());
        return file.segment();
    }

    @Test
    void everyFetchGivesTheBatchesThatWereAppended(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        topic.seal("0-1", 800, 3, 2_000);
        topic.seal("0-2", 800, 4, 2_000);
        RecordSegment segment = archive(topic, 4);

        for (int i = 0; i < 2_500; i++) {
            int partition = random.nextInt(4);
            List<ModelTopic.Batch> model = topic.partition(partition);
            long offset = random.nextLong(model.getLast().endOffset() + 2);
            int maxBytes = random.nextInt(random.nextBoolean() ? 1 : 200_000) + random.nextInt(9);
            assertFetch(
                    segments.read(segment, partition, offset, maxBytes), model, offset, maxBytes);
        }
    }

    private static void assertFetch(
            FetchedBatches fetched, List<ModelTopic.Batch> model, long offset, int maxBytes) {
        List<ModelTopic.Batch> expected = new ArrayList<>();
        long bytes = 0;
        for (ModelTopic.Batch batch : model) {
            if (batch.endOffset() > offset) {
                bytes += batch.bytes().length;
                if (bytes > maxBytes && !expected.isEmpty()) {
                    break;
                }
                expected.add(batch);
            }
        }
        assertThat(fetched.batches()).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(fetched.batches().get(i))
                    .isEqualTo(ByteBuffer.wrap(expected.get(i).bytes()));
            assertThat(fetched.ingestTimeMs(i)).isEqualTo(expected.get(i).ingestTimeMs());
        }
        assertThat(fetched.sizeBytes())
                .isEqualTo(expected.stream().mapToInt(batch -> batch.bytes().length).sum());
        assertThat(fetched.nextOffset())
                .isEqualTo(expected.isEmpty() ? offset : expected.getLast().endOffset());
        fetched.close();
    }

    @Test
    void readingOnFromEachNextOffsetGivesEveryBatchOnce(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        topic.seal("0-1", 1_000, 1, 10_000);
        RecordSegment segment = archive(topic, 1);
        List<ModelTopic.Batch> model = topic.partition(0);

        int seen = 0;
        long offset = 0;
        while (seen < model.size()) {
            FetchedBatches fetched = segments.read(segment, 0, offset, 1 << 20);
            for (ByteBuffer batch : fetched.batches()) {
                assertThat(batch).isEqualTo(ByteBuffer.wrap(model.get(seen).bytes()));
                seen++;
            }
            offset = fetched.nextOffset();
        }
        assertThat(offset).isEqualTo(model.getLast().endOffset());
        assertThat(tars.counts(ReadPurpose.READ_AHEAD).bytes()).isPositive();
        assertThat(RecordingStore.bytes(store.reads)).isLessThan(segment.object().sizeBytes());
    }

    @Test
    void aFetchFromTheMiddleReadsOnlyWhatItNeeds(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        topic.seal("0-1", 600, 1, 10_000);
        RecordSegment segment = archive(topic, 1);
        List<ModelTopic.Batch> model = topic.partition(0);
        long middle = model.get(model.size() / 2).baseOffset();
        long tail = segment.object().sizeBytes() - segment.object().tailPosition();

        int got = segments.read(segment, 0, middle, 1 << 20).sizeBytes();
        List<RecordingStore.Read> cold = store.drainReads();
        assertThat(cold).hasSize(2);
        long slack = 2L * GzEntryOutput.CHUNK_BYTES;
        assertThat(RecordingStore.bytes(cold)).isLessThanOrEqualTo(tail + got + slack);
        assertThat(segment.object().sizeBytes()).isGreaterThan(3 * (got + slack));

        long elsewhere = model.get(model.size() / 10).baseOffset();
        got = segments.read(segment, 0, elsewhere, 1 << 20).sizeBytes();
        List<RecordingStore.Read> tailCached = store.drainReads();
        assertThat(tailCached).hasSize(1);
        assertThat(RecordingStore.bytes(tailCached)).isLessThanOrEqualTo(got + slack);

        segments.read(segment, 0, elsewhere, 1 << 20);
        assertThat(store.drainReads()).isEmpty();
    }

    /// Of batches of any size, at any place: what a consumer asks for that comes back to old data.
    @ParameterizedTest
    @ValueSource(ints = {900, 3_000, 16_000, 100_000, 300_000})
    void aMegabyteFromTheMiddleTakesTwoRequestsAndHalfAMegabyteMore(int batchBytes)
            throws IOException {
        Random random = new Random(batchBytes);
        ModelTopic topic = new ModelTopic(random);
        List<ModelTopic.Batch> batches = new ArrayList<>();
        for (int i = 0; i < 24_000_000 / batchBytes; i++) {
            // Of the compressed ones nothing can be saved.
            batches.add(topic.batch(0, CompressionType.LZ4, 1, 2 * batchBytes));
        }
        topic.seal("0-1", Map.of(0, batches));
        RecordSegment segment = archive(topic, 1);

        for (int i = 0; i < 20; i++) {
            CachedTars cold = TestObjects.tars(store);
            long offset = batches.get(random.nextInt(batches.size())).baseOffset();
            new SeekableRecordSegments(cold, 1 << 20).read(segment, 0, offset, 1 << 20);
            List<RecordingStore.Read> reads = store.drainReads();
            assertThat(reads).hasSizeLessThanOrEqualTo(2);
            assertThat(RecordingStore.bytes(reads)).isLessThanOrEqualTo(3 << 19);
            assertThat(cold.counts(ReadPurpose.TAIL).requests()).isEqualTo(1);
        }
    }

    @Test
    void aBatchLargerThanAChunkComesBackWhole(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        List<ModelTopic.Batch> batches = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            batches.add(topic.batch(0, CompressionType.NONE, 3, 10_000));
            batches.add(topic.batch(0, CompressionType.NONE, 3, 1_000_000));
        }
        topic.seal("0-1", Map.of(0, batches));
        RecordSegment segment = archive(topic, 1);

        for (ModelTopic.Batch batch : batches) {
            FetchedBatches one = segments.read(segment, 0, batch.baseOffset(), 1);
            assertThat(one.batches()).containsExactly(ByteBuffer.wrap(batch.bytes()));
        }
    }

    @Test
    void recordsAreFoundByTime(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        topic.seal("0-1", 1_500, 2, 50);
        RecordSegment segment = archive(topic, 2);

        for (int i = 0; i < 500; i++) {
            int partition = random.nextInt(2);
            List<ModelTopic.Batch> model = topic.partition(partition);
            long end = model.getLast().endOffset();
            long timestampMs = ModelTopic.START_MS - 300 + random.nextInt(2_500);
            long from = random.nextLong(end + 1);
            assertThat(segments.offsetForTimestamp(segment, partition, timestampMs, from))
                    .isEqualTo(firstAtLeast(model, timestampMs, from));
        }
        assertThat(segments.maxTimestamp(segment, 0)).isEqualTo(max(topic.partition(0)));
        assertThat(segments.maxTimestamp(segment, 1)).isEqualTo(max(topic.partition(1)));
    }

    private static Optional<TimestampOffset> firstAtLeast(
            List<ModelTopic.Batch> model, long timestampMs, long from) {
        for (ModelTopic.Batch batch : model) {
            for (int i = 0; i < batch.timestampsMs().length; i++) {
                long offset = batch.baseOffset() + i;
                if (offset >= from && batch.timestampsMs()[i] >= timestampMs) {
                    return Optional.of(found(batch, i));
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<TimestampOffset> max(List<ModelTopic.Batch> model) {
        TimestampOffset best = null;
        for (ModelTopic.Batch batch : model) {
            for (int i = 0; i < batch.timestampsMs().length; i++) {
                if (best == null || batch.timestampsMs()[i] > best.timestampMs()) {
                    best = found(batch, i);
                }
            }
        }
        return Optional.ofNullable(best);
    }

    private static TimestampOffset found(ModelTopic.Batch batch, int record) {
        int leaderEpoch = BatchView.of(ByteBuffer.wrap(batch.bytes())).leaderEpoch();
        return new TimestampOffset(
                batch.timestampsMs()[record], batch.baseOffset() + record, leaderEpoch);
    }

    @Test
    void theEndOfWhatHadArrivedIsFoundByIngestTime(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        topic.seal("0-1", 1_000, 1, 50);
        RecordSegment segment = archive(topic, 1);
        List<ModelTopic.Batch> model = topic.partition(0);

        for (int i = 0; i < 300; i++) {
            long asOf = ModelTopic.START_MS - 10 + random.nextInt(1_100);
            OptionalLong expected =
                    model.stream()
                            .filter(batch -> batch.ingestTimeMs() > asOf)
                            .mapToLong(ModelTopic.Batch::baseOffset)
                            .findFirst();
            assertThat(segments.endOffsetForIngestTime(segment, 0, asOf)).isEqualTo(expected);
        }
    }

    @Test
    void aPartitionThatIsNotInTheObjectIsNamed(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        topic.seal("0-1", 5, 1, 50);
        RecordSegment segment = archive(topic, 2);

        assertThatThrownBy(() -> segments.read(segment, 1, 0, 100))
                .isInstanceOf(CorruptObjectException.class)
                .hasMessageContaining(segment.object().key())
                .hasMessageContaining("records/1.batches");
    }

    /// As somebody does who copies one object over another one of the same size.
    @Test
    void anotherSegmentInItsPlaceIsFound(Random random) throws IOException {
        ModelTopic topic = new ModelTopic(random);
        topic.seal("0-1", 80, 2, 200);
        RecordSegment other = archive(topic, 2);
        String key = other.object().key() + "-copy";
        store.createIfAbsent(
                key, store.read(other.object().key(), 0, (int) other.object().sizeBytes()).array());
        RecordSegment replaced =
                new RecordSegment(
                        "expected",
                        other.topicId(),
                        new ArchiveObject(
                                key, other.object().sizeBytes(), other.object().tailPosition(), ""),
                        other.ranges(),
                        other.walSegments(),
                        0);

        for (ThrowingCallable read :
                List.<ThrowingCallable>of(
                        () -> segments.read(replaced, 1, 0, 1),
                        () -> segments.maxTimestamp(replaced, 1))) {
            assertThatThrownBy(read)
                    .isInstanceOf(CorruptObjectException.class)
                    .hasMessageContaining(key)
                    .hasMessageContaining("record segment expected")
                    .hasMessageContaining("record segment " + other.id());
        }
    }
}
