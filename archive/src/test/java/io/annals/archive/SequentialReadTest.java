package io.annals.archive;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.registry.RecordSegment;
import io.annals.wal.FetchedBatches;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.common.record.internal.CompressionType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A consumer that reads archived history from front to back, over two record segments, out of a
/// store that takes its time.
@Timeout(60)
class SequentialReadTest {
    private static final int FETCH_BYTES = 1 << 20;
    private static final int SEGMENT_BATCHES = 800;
    private static final int BATCH_BYTES = 15_000;

    private final Random random = new Random(3);
    private final RecordingStore store = new RecordingStore();
    private final CachedTars tars = TestObjects.tars(store);
    private final SeekableRecordSegments segments = new SeekableRecordSegments(tars, 1 << 20);
    private final List<RecordSegment> archived = new ArrayList<>();

    @TempDir Path directory;

    @BeforeEach
    void archive() throws IOException {
        ModelTopic topic = new ModelTopic(random);
        for (int i = 0; i < 2; i++) {
            List<ModelTopic.Batch> batches = new ArrayList<>();
            for (int j = 0; j < SEGMENT_BATCHES; j++) {
                batches.add(topic.batch(0, CompressionType.LZ4, 2, BATCH_BYTES));
            }
            topic.seal("0-" + i, Map.of(0, batches));
            RecordSegmentFile file =
                    RecordSegmentWriter.write(
                                    topic.metadata(1),
                                    List.of(topic.segments.getLast()),
                                    directory.resolve("segment"),
                                    new RecordSegmentWriter.Options(1, "annals test", false))
                            .orElseThrow();
            store.createIfAbsent(file.segment().object().key(), file.path());
            archived.add(file.segment());
        }
    }

    @Test
    void onlyTheFirstReadsWaitForTheStore() throws Exception {
        readAll(Duration.ofMillis(2));

        // To open the first segment, and until it is clear that somebody reads on.
        assertThat(tars.counts(ReadPurpose.DEMAND).requests()).isLessThanOrEqualTo(2);
        assertThat(tars.counts(ReadPurpose.TAIL).requests()).isEqualTo(2);
        assertThat(tars.counts(ReadPurpose.READ_AHEAD).requests()).isBetween(4L, 16L);
        long stored = archived.stream().mapToLong(segment -> segment.object().sizeBytes()).sum();
        assertThat(RecordingStore.bytes(store.reads)).isLessThanOrEqualTo(stored);
    }

    @Test
    void theNetworkWorksWhileTheConsumerDoes() throws Exception {
        store.delayMs = 60;
        List<RecordingStore.Span> works = readAll(Duration.ofMillis(25));

        long network = store.spans.stream().mapToLong(RecordingStore.Span::nanos).sum();
        long both = 0;
        for (RecordingStore.Span read : store.spans) {
            both += works.stream().mapToLong(read::common).sum();
        }
        assertThat(both).isGreaterThan(network / 3); // all of it took so much less than its parts
    }

    @Test
    void whoDoesNotReadInOrderOpensNoOtherSegment() throws Exception {
        RecordSegment first = archived.getFirst();
        long end = first.ranges().getFirst().endOffset();
        FetchedBatches last = segments.read(first, 0, end - 1, FETCH_BYTES);
        segments.readOn(first, 0, last.nextOffset(), this::segmentFor);
        Thread.sleep(50);

        assertThat(store.reads).allMatch(read -> read.key().equals(first.object().key()));
    }

    /// @return when the consumer worked on what it had got
    private List<RecordingStore.Span> readAll(Duration work) throws Exception {
        List<RecordingStore.Span> works = new ArrayList<>();
        long offset = archived.getFirst().ranges().getFirst().baseOffset();
        Optional<RecordSegment> segment = segmentFor(offset);
        while (segment.isPresent()) {
            FetchedBatches fetched = segments.read(segment.get(), 0, offset, FETCH_BYTES);
            assertThat(fetched.nextOffset()).isGreaterThan(offset);
            offset = fetched.nextOffset();
            segments.readOn(segment.get(), 0, offset, this::segmentFor);
            long begin = System.nanoTime();
            Thread.sleep(work);
            works.add(new RecordingStore.Span(begin, System.nanoTime()));
            segment = segmentFor(offset);
        }
        return works;
    }

    /// As the registry: gaps belong to the segment behind them.
    private Optional<RecordSegment> segmentFor(long offset) {
        return archived.stream()
                .filter(segment -> segment.ranges().getFirst().endOffset() > offset)
                .findFirst();
    }
}
