package io.annals.archive;

import io.annals.registry.TopicMetadata;
import io.annals.wal.BatchView;
import io.annals.wal.SealedSegment;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/// A topic with random batches, kept as plain lists to compare with, and sealed WAL segments that
/// hold them.
final class ModelTopic {
    static final long START_MS = 1_700_000_000_000L;

    private static final List<CompressionType> CODECS = List.of(CompressionType.values());

    final Uuid id;
    final Map<Integer, List<Batch>> partitions = new TreeMap<>();
    final List<SealedSegment> segments = new ArrayList<>();

    private final Random random;
    private long ingestTimeMs = START_MS;

    ModelTopic(Random random) {
        this(random, new Uuid(random.nextLong(), random.nextLong()));
    }

    ModelTopic(Random random, Uuid id) {
        this.random = random;
        this.id = id;
    }

    /// @param timestampsMs per record
    record Batch(byte[] bytes, long baseOffset, long[] timestampsMs, long ingestTimeMs) {
        long endOffset() {
            return baseOffset + timestampsMs.length;
        }
    }

    TopicMetadata metadata(int partitionCount) {
        List<Long> logStartOffsets = new ArrayList<>();
        for (int i = 0; i < partitionCount; i++) {
            logStartOffsets.add(0L);
        }
        return new TopicMetadata(
                id, "clicks", 3, Map.of("retention.ms", "-1"), logStartOffsets, START_MS, false);
    }

    List<Batch> partition(int partition) {
        return partitions.getOrDefault(partition, List.of());
    }

    /// Makes a sealed WAL segment of random batches.
    void seal(String walSegmentId, int batches, int partitionCount, int maxRecordBytes) {
        Map<Integer, List<Batch>> held = new LinkedHashMap<>();
        for (int i = 0; i < batches; i++) {
            int partition = random.nextInt(partitionCount);
            CompressionType type = CODECS.get(random.nextInt(CODECS.size()));
            Batch batch = batch(partition, type, 1 + random.nextInt(12), maxRecordBytes);
            held.computeIfAbsent(partition, _ -> new ArrayList<>()).add(batch);
        }
        seal(walSegmentId, held);
    }

    /// Makes a sealed WAL segment of batches made by [#batch].
    void seal(String walSegmentId, Map<Integer, List<Batch>> batches) {
        batches.forEach((partition, list) ->
                partitions.computeIfAbsent(partition, _ -> new ArrayList<>()).addAll(list));
        segments.add(new ListSegment(walSegmentId, id, batches));
    }

    private final Map<Integer, Long> endOffsets = new TreeMap<>();

    Batch batch(int partition, CompressionType type, int records, int maxRecordBytes) {
        long gap = random.nextInt(10) == 0 ? random.nextInt(100) : 0;
        long baseOffset = endOffsets.getOrDefault(partition, 0L) + gap;
        ingestTimeMs += random.nextInt(3);
        long[] timestampsMs = new long[records];
        SimpleRecord[] simple = new SimpleRecord[records];
        for (int i = 0; i < records; i++) {
            timestampsMs[i] = ingestTimeMs - random.nextInt(200);
            byte[] value = TestObjects.text(random, random.nextInt(maxRecordBytes + 1));
            simple[i] = new SimpleRecord(timestampsMs[i], new byte[] {(byte) i}, value);
        }
        ByteBuffer bytes =
                MemoryRecords.withRecords(
                                BatchView.MAGIC,
                                baseOffset,
                                Compression.of(type).build(),
                                TimestampType.CREATE_TIME,
                                simple)
                        .buffer();
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(bytes.position(), copy);
        endOffsets.put(partition, baseOffset + records);
        return new Batch(copy, baseOffset, timestampsMs, ingestTimeMs);
    }

    /// A sealed WAL segment in memory.
    private record ListSegment(String id, Uuid topicId, Map<Integer, List<Batch>> batches)
            implements SealedSegment {

        @Override
        public long sizeBytes() {
            return contents().values().stream().mapToLong(Contents::sizeBytes).sum();
        }

        @Override
        public Map<TopicIdPartition, Contents> contents() {
            Map<TopicIdPartition, Contents> contents = new LinkedHashMap<>();
            contents.put(
                    new TopicIdPartition(new Uuid(1, 1), 0, "another"),
                    new Contents(0, 1, 1, 61, 0));
            batches.forEach((partition, list) ->
                    contents.put(
                            new TopicIdPartition(topicId, partition, "clicks"),
                            new Contents(
                                    list.getFirst().baseOffset,
                                    list.getLast().endOffset(),
                                    list.size(),
                                    list.stream().mapToLong(b -> b.bytes.length).sum(),
                                    list.stream()
                                            .flatMapToLong(b -> Arrays.stream(b.timestampsMs))
                                            .max()
                                            .orElse(-1))));
            return contents;
        }

        @Override
        public void forEachBatch(TopicIdPartition partition, BatchVisitor visitor)
                throws IOException {
            for (Batch batch : batches.getOrDefault(partition.partition(), List.of())) {
                visitor.batch(ByteBuffer.wrap(batch.bytes), batch.ingestTimeMs);
            }
        }
    }
}
