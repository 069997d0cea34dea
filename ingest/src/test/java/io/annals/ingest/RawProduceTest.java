package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.protocol.FrontDoorLimits;
import io.annals.wal.BatchView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ProduceResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RawProduceTest {
    private static final long TIME = 1_700_000_000_000L;
    private static final List<CompressionType> CODECS = List.of(CompressionType.values());
    private static final int ALL = 50 << 20;

    @TempDir private Path directory;
    private TestNode node;
    private Wire wire;

    @BeforeEach
    void start() throws IOException {
        node = new TestNode(directory, TestNode.Options.defaults());
        node.ingest.topics().create(NewTopic.named("t"), false);
        wire = new Wire(node);
    }

    @AfterEach
    void stop() throws IOException {
        wire.close();
        node.close();
    }

    private static ByteBuffer plain(int bytes) {
        return Batches.of(CompressionType.NONE, new SimpleRecord(TIME, new byte[bytes]));
    }

    @Test
    void batches_come_back_byte_for_byte_from_both_tiers() throws IOException {
        Random random = new Random(17);
        List<ByteBuffer> sent = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            SimpleRecord[] records = new SimpleRecord[1 + random.nextInt(5)];
            for (int r = 0; r < records.length; r++) {
                byte[] value = new byte[random.nextInt(5000)];
                random.nextBytes(value);
                records[r] = new SimpleRecord(TIME + i, new byte[] {(byte) r}, value);
            }
            ByteBuffer batch = Batches.of(CODECS.get(i % CODECS.size()), records);
            sent.add(batch);
            assertThat(wire.produce("t", batch).errorCode()).isZero();
            if (i == 29) {
                node.archive();
            }
        }

        List<ByteBuffer> received = new ArrayList<>();
        for (long offset = 0; received.size() < sent.size(); ) {
            PartitionData partition = wire.fetch("t", offset, 20_000);
            assertThat(partition.errorCode()).isZero();
            ByteBuffer bytes = Wire.bytes(partition);
            assertThat(bytes.remaining()).isPositive();
            while (bytes.hasRemaining()) {
                BatchView batch = BatchView.of(bytes);
                assertThat(batch.baseOffset()).isEqualTo(offset);
                offset = batch.nextOffset();
                received.add(bytes.slice(bytes.position(), batch.sizeBytes()));
                bytes.position(bytes.position() + batch.sizeBytes());
            }
        }
        for (int i = 0; i < sent.size(); i++) {
            ByteBuffer in = sent.get(i).duplicate();
            ByteBuffer out = received.get(i);
            assertThat(out.slice(16, out.limit() - 16)).isEqualTo(in.slice(16, in.limit() - 16));
            assertThat(out.slice(8, 4)).isEqualTo(in.slice(8, 4));
        }
    }

    @Test
    void a_duplicate_is_answered_with_its_first_offset_and_a_gap_is_refused() throws IOException {
        SimpleRecord record = new SimpleRecord(TIME, new byte[10]);
        assertThat(wire.produce("t", Batches.ofProducer(7, 0, 0, record)).baseOffset()).isZero();
        assertThat(wire.produce("t", Batches.ofProducer(7, 0, 1, record)).baseOffset())
                .isEqualTo(1);

        PartitionProduceResponse again = wire.produce("t", Batches.ofProducer(7, 0, 0, record));
        assertThat(again.errorCode()).isZero();
        assertThat(again.baseOffset()).isZero();
        assertThat(wire.produce("t", Batches.ofProducer(7, 0, 5, record)).errorCode())
                .isEqualTo(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code());
        assertThat(wire.produce("t", Batches.ofProducer(7, 1, 0, record)).baseOffset())
                .isEqualTo(2);
        assertThat(wire.produce("t", Batches.ofProducer(7, 0, 2, record)).errorCode())
                .isEqualTo(Errors.INVALID_PRODUCER_EPOCH.code());
        assertThat(wire.fetch("t", 0, ALL).highWatermark()).isEqualTo(3);
    }

    @Test
    void bad_batches_are_refused_and_the_next_good_one_is_taken() throws IOException {
        ByteBuffer wrongCrc = plain(10).putInt(Batches.CRC_AT, 0);
        PartitionProduceResponse refused = wire.produce("t", wrongCrc);
        assertThat(refused.errorCode()).isEqualTo(Errors.CORRUPT_MESSAGE.code());
        assertThat(refused.baseOffset()).isEqualTo(-1);
        assertThat(wire.produce("t", plain(2 << 20)).errorCode())
                .isEqualTo(Errors.MESSAGE_TOO_LARGE.code());
        ByteBuffer bomb =
                Batches.of(CompressionType.ZSTD, new SimpleRecord(TIME, new byte[(128 << 20) + 1]));
        assertThat(wire.produce("t", bomb).errorCode()).isEqualTo(Errors.MESSAGE_TOO_LARGE.code());
        assertThat(wire.produce("no-such", plain(1)).errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(answer(Wire.produceRequest("t", 1, -1, plain(1))).errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
        assertThat(answer(Wire.produceRequest("t", 0, 2, plain(1))).errorCode())
                .isEqualTo(Errors.INVALID_REQUIRED_ACKS.code());

        assertThat(wire.produce("t", plain(10)).baseOffset()).isZero();
    }

    private PartitionProduceResponse answer(org.apache.kafka.common.requests.ProduceRequest request)
            throws IOException {
        return ((ProduceResponse) wire.call(request))
                .data()
                .responses()
                .iterator()
                .next()
                .partitionResponses()
                .getFirst();
    }

    @Test
    void an_error_without_an_answer_closes_the_connection() throws IOException {
        wire.send(Wire.produceRequest("no-such", 0, 0, plain(1)));
        assertThat(wire.isClosedByServer()).isTrue();
    }

    @Test
    void limits_of_a_fetch_bind_after_the_first_batch() throws IOException {
        for (int i = 0; i < 10; i++) {
            wire.produce("t", plain(1000));
        }
        int batchBytes = plain(1000).remaining();
        assertThat(Wire.bytes(wire.fetch("t", 0, 1)).remaining()).isEqualTo(batchBytes);
        assertThat(Wire.bytes(wire.fetch("t", 0, 3 * batchBytes + 5)).remaining())
                .isEqualTo(3 * batchBytes);
        assertThat(Wire.bytes(wire.fetch("t", 4, ALL)).remaining()).isEqualTo(6 * batchBytes);
        assertThat(Wire.bytes(wire.fetch("t", 10, ALL)).remaining()).isZero();
        for (long offset : new long[] {-1, 11, Long.MAX_VALUE}) {
            assertThat(wire.fetch("t", offset, ALL).errorCode())
                    .isEqualTo(Errors.OFFSET_OUT_OF_RANGE.code());
        }
        assertThat(wire.fetch("no-such", 0, ALL).errorCode())
                .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
    }

    @Test
    void a_fetch_waits_for_min_bytes_or_the_end_of_its_wait() throws Exception {
        int batchBytes = plain(1000).remaining();
        wire.send(Wire.fetchRequest("t", 0, 10_000, 3 * batchBytes, ALL));
        try (Wire other = new Wire(node)) {
            for (int i = 0; i < 3; i++) {
                other.produce("t", plain(1000));
            }
        }
        FetchResponse woken = (FetchResponse) wire.receive(ApiKeys.FETCH, (short) 12);
        assertThat(
                        Wire.bytes(woken.data().responses().getFirst().partitions().getFirst())
                                .remaining())
                .isEqualTo(3 * batchBytes);

        long begin = System.nanoTime();
        FetchResponse timedOut =
                (FetchResponse) wire.call(Wire.fetchRequest("t", 2, 300, 2 * batchBytes, ALL));
        assertThat(System.nanoTime() - begin).isBetween(250_000_000L, 8_000_000_000L);
        assertThat(
                        Wire.bytes(timedOut.data().responses().getFirst().partitions().getFirst())
                                .remaining())
                .isEqualTo(batchBytes);
    }

    @Test
    void a_full_hot_tier_slows_producers_then_refuses_them_until_there_is_room()
            throws IOException {
        stop();
        IngestConfig defaults = IngestConfig.of("test-cluster", 1);
        TestNode.Options small =
                new TestNode.Options(
                        new IngestConfig(
                                "test-cluster",
                                1,
                                true,
                                1,
                                Map.of(),
                                defaults.maxDecompressedBatchBytes(),
                                0.5,
                                Duration.ofMillis(50),
                                defaults.broker()),
                        FrontDoorLimits.DEFAULTS,
                        1L << 20,
                        4L << 20);
        node = new TestNode(directory.resolve("small"), small);
        node.ingest.topics().create(NewTopic.named("t"), false);
        wire = new Wire(node);
        int throttled = 0;
        long taken = 0;
        PartitionProduceResponse last;
        do {
            ProduceResponse response =
                    (ProduceResponse) wire.call(Wire.produceRequest("t", 0, -1, plain(100_000)));
            throttled = Math.max(throttled, response.throttleTimeMs());
            last = response.data().responses().iterator().next().partitionResponses().getFirst();
            taken++;
        } while (last.errorCode() == Errors.NONE.code() && taken < 100);

        assertThat(last.errorCode()).isEqualTo(Errors.NOT_ENOUGH_REPLICAS.code());
        assertThat(throttled).isPositive();
        assertThat(wire.fetch("t", 0, 1).highWatermark()).isEqualTo(taken - 1);

        node.archive();
        assertThat(wire.produce("t", plain(1000)).baseOffset()).isEqualTo(taken - 1);
    }

    @Test
    void topics_can_take_batches_of_many_megabytes() throws IOException {
        node.ingest
                .topics()
                .create(
                        new NewTopic(
                                "large",
                                1,
                                (short) 1,
                                List.of(),
                                Map.of("max.message.bytes", String.valueOf(40 << 20))),
                        false);
        byte[] value = new byte[35 << 20];
        new Random(2).nextBytes(value);
        ByteBuffer batch = Batches.of(CompressionType.NONE, new SimpleRecord(TIME, value));
        assertThat(wire.produce("large", batch).errorCode()).isZero();
        node.archive();
        ByteBuffer fetched = Wire.bytes(wire.fetch("large", 0, 1));
        assertThat(fetched.slice(16, fetched.limit() - 16))
                .isEqualTo(batch.slice(16, batch.limit() - 16));
    }
}
