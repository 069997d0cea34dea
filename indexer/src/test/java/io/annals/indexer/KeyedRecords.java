package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.SeekableRecordSegments;
import io.annals.registry.RecordSegment;
import io.annals.registry.TopicMetadata;
import io.annals.wal.BatchView;
import io.annals.wal.FetchedBatches;
import io.annals.wal.RecordReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;

/// Records with keys, as tests of compaction write them and find them in the archive.
final class KeyedRecords {
    static final Map<String, String> COMPACT = Map.of("cleanup.policy", "compact");

    /// Stands for a tombstone.
    static final String GONE = "gone";

    private KeyedRecords() {}

    /// A record as the archive holds it.
    record Kept(long offset, @Nullable String key, @Nullable String value) {}

    static @Nullable String value(String value) {
        return value.equals(GONE) ? null : value;
    }

    static ByteBuffer batch(String... keysAndValues) {
        List<SimpleRecord> records = new ArrayList<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            records.add(
                    Batches.record(
                            1_790_000_000_000L + i, keysAndValues[i], value(keysAndValues[i + 1])));
        }
        return Batches.of(0, records);
    }

    static void put(TestNode node, TopicMetadata topic, String key, String value) {
        node.append(topic, 0, batch(key, value));
    }

    /// Reads as a consumer does: from offset to offset, until the end.
    static List<Kept> read(TestNode node, TopicMetadata topic, int partition) throws IOException {
        List<Kept> kept = new ArrayList<>();
        for (BatchView batch : batches(node, topic, partition)) {
            try (RecordReader reader = new RecordReader(1 << 24)) {
                reader.open(batch);
                while (!batch.isControl() && reader.next()) {
                    kept.add(new Kept(reader.offset(), text(reader.key()), text(reader.value())));
                }
            }
        }
        return kept;
    }

    static List<BatchView> batches(TestNode node, TopicMetadata topic, int partition)
            throws IOException {
        SeekableRecordSegments segments = new SeekableRecordSegments(node.tars, 1 << 20);
        List<BatchView> batches = new ArrayList<>();
        long end = node.registry.snapshot().archivedEndOffset(topic.id(), partition);
        long next = 0;
        while (next < end) {
            RecordSegment segment =
                    node.registry.snapshot().segmentFor(topic.id(), partition, next).orElseThrow();
            FetchedBatches found = segments.read(segment, partition, next, 200);
            assertThat(found.batches()).as("nothing at " + next + " of " + end).isNotEmpty();
            for (ByteBuffer bytes : found.batches()) {
                BatchView batch = BatchView.of(bytes);
                assertThat(batch.crcIsValid()).isTrue();
                assertThat(batch.nextOffset()).isGreaterThan(next);
                batches.add(batch);
                next = batch.nextOffset();
            }
        }
        assertThat(next).isEqualTo(end);
        return batches;
    }

    private static @Nullable String text(@Nullable ByteBuffer bytes) {
        return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes).toString();
    }

    /// What a reader of all of them knows in the end.
    static Map<String, String> latest(List<Kept> records) {
        Map<String, String> latest = new TreeMap<>();
        for (Kept record : records) {
            String key = String.valueOf(record.key());
            if (record.value() == null) {
                latest.remove(key);
            } else {
                latest.put(key, record.value());
            }
        }
        return latest;
    }
}
