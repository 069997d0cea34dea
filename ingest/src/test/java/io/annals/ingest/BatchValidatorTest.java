package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.annals.wal.BatchView;
import io.annals.wal.FsyncMode;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.apache.kafka.common.message.ProduceResponseData.BatchIndexAndErrorMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BatchValidatorTest {
    private static final long NOW = 1_700_000_000_000L;
    private static final short VERSION = 9;
    private static final int BOUND = 1 << 20;
    private static final TopicSettings SETTINGS =
            new TopicSettings(100_000, false, 5_000, 5_000, FsyncMode.ALWAYS, true);

    private static ByteBuffer batch(CompressionType codec) {
        return Batches.of(
                codec,
                new SimpleRecord(NOW - 1, "a".getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                new SimpleRecord(NOW + 1, null, new byte[100]),
                new SimpleRecord(NOW, new byte[3], null));
    }

    private static ByteBuffer plain() {
        return batch(CompressionType.NONE);
    }

    private static Errors verdict(ByteBuffer batch) {
        return verdict(batch, VERSION);
    }

    private static Errors verdict(ByteBuffer batch, short version) {
        try (BatchValidator validator = new BatchValidator(BOUND)) {
            InvalidBatchException refusal =
                    catchThrowableOfType(
                            InvalidBatchException.class,
                            () ->
                                    validator.validate(
                                            validator.oneBatch(batch), version, SETTINGS, NOW));
            return refusal == null ? Errors.NONE : refusal.error();
        }
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void leaves_a_good_batch_as_it_is(CompressionType codec) {
        ByteBuffer batch = batch(codec);
        ByteBuffer before = ByteBuffer.allocate(batch.limit()).put(batch.duplicate()).flip();

        assertThat(verdict(batch)).isEqualTo(Errors.NONE);
        assertThat(batch).isEqualTo(before);
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void finds_every_flipped_bit(CompressionType codec) {
        ByteBuffer good = batch(codec);
        Random random = new Random(5);
        for (int i = 0; i < 300; i++) {
            ByteBuffer bad = ByteBuffer.allocate(good.limit()).put(good.duplicate()).flip();
            int at = Batches.LENGTH_AT + random.nextInt(bad.limit() - Batches.LENGTH_AT);
            boolean isLeaderEpoch = at >= 12 && at < 16; // written by the log, not by producers
            bad.put(at, (byte) (bad.get(at) ^ 1 << random.nextInt(8)));
            if (!isLeaderEpoch) {
                assertThat(verdict(bad)).as("byte %d", at).isNotEqualTo(Errors.NONE);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(CompressionType.class)
    void survives_seeded_damage_under_a_fitting_crc(CompressionType codec) {
        ByteBuffer good = batch(codec);
        Random random = new Random(11);
        for (int i = 0; i < 2000; i++) {
            ByteBuffer bad = ByteBuffer.allocate(good.limit()).put(good.duplicate()).flip();
            for (int n = random.nextInt(4); n >= 0; n--) {
                int at = 21 + random.nextInt(bad.limit() - 21);
                bad.put(at, (byte) random.nextInt());
            }
            assertThat(verdict(Batches.sealed(bad))).isNotNull(); // whatever it is, no crash
        }
    }

    @Test
    void refuses_what_kafka_refuses_with_kafkas_errors() {
        assertThat(verdict(ByteBuffer.allocate(0))).isEqualTo(Errors.INVALID_RECORD);
        assertThat(verdict(plain().limit(40))).isEqualTo(Errors.INVALID_RECORD);
        assertThat(verdict(plain().limit(70))).isEqualTo(Errors.INVALID_RECORD);
        ByteBuffer twice =
                ByteBuffer.allocate(2 * plain().limit()).put(plain()).put(plain()).flip();
        assertThat(verdict(twice)).isEqualTo(Errors.INVALID_RECORD);
        assertThat(verdict(plain().put(Batches.MAGIC_AT, (byte) 1)))
                .isEqualTo(Errors.INVALID_RECORD);
        assertThat(verdict(plain().put(Batches.MAGIC_AT, (byte) 3)))
                .isEqualTo(Errors.CORRUPT_MESSAGE);
        assertThat(verdict(plain().putInt(Batches.CRC_AT, 1))).isEqualTo(Errors.CORRUPT_MESSAGE);
        assertThat(verdict(plain().putLong(0, 7))).isEqualTo(Errors.INVALID_RECORD);
        assertThat(verdict(with(Batches.RECORD_COUNT_AT, 0))).isEqualTo(Errors.INVALID_RECORD);
        assertThat(verdict(with(Batches.RECORD_COUNT_AT, 4))).isEqualTo(Errors.INVALID_RECORD);
        assertThat(verdict(with(Batches.LAST_OFFSET_DELTA_AT, 9))).isEqualTo(Errors.INVALID_RECORD);
        assertThat(verdict(attributes(0x20))).isEqualTo(Errors.INVALID_RECORD); // control
        assertThat(verdict(attributes(0x08))).isEqualTo(Errors.INVALID_TIMESTAMP);
        assertThat(verdict(attributes(5))).isEqualTo(Errors.UNSUPPORTED_COMPRESSION_TYPE);
        assertThat(verdict(batch(CompressionType.ZSTD), (short) 6))
                .isEqualTo(Errors.UNSUPPORTED_COMPRESSION_TYPE);
        assertThat(verdict(attributes(1))).isEqualTo(Errors.INVALID_RECORD); // is not gzip
    }

    private static ByteBuffer with(int at, int value) {
        return Batches.sealed(plain().putInt(at, value));
    }

    private static ByteBuffer attributes(int value) {
        return Batches.sealed(plain().putShort(Batches.ATTRIBUTES_AT, (short) value));
    }

    @Test
    void refuses_batches_above_the_topics_limit() {
        assertThat(
                        verdict(
                                Batches.of(
                                        CompressionType.NONE,
                                        new SimpleRecord(NOW, new byte[200_000]))))
                .isEqualTo(Errors.MESSAGE_TOO_LARGE);
    }

    @ParameterizedTest
    @EnumSource(
            value = CompressionType.class,
            names = {"NONE"},
            mode = EnumSource.Mode.EXCLUDE)
    void refuses_decompression_bombs(CompressionType codec) {
        ByteBuffer bomb = Batches.of(codec, new SimpleRecord(NOW, new byte[2 * BOUND]));
        assertThat(bomb.remaining()).isLessThanOrEqualTo(SETTINGS.maxMessageBytes());
        assertThat(verdict(bomb)).isEqualTo(Errors.MESSAGE_TOO_LARGE);
    }

    @Test
    void refuses_timestamps_outside_the_topics_window_and_names_the_records() throws Exception {
        for (long timestamp : new long[] {NOW - 5_001, NOW + 5_001}) {
            ByteBuffer batch =
                    Batches.of(
                            CompressionType.NONE,
                            new SimpleRecord(NOW, new byte[1]),
                            new SimpleRecord(timestamp, new byte[1]),
                            new SimpleRecord(timestamp, new byte[1]));
            try (BatchValidator validator = new BatchValidator(BOUND)) {
                InvalidBatchException refusal = refusal(validator, batch, SETTINGS);
                assertThat(refusal.error()).isEqualTo(Errors.INVALID_TIMESTAMP);
                assertThat(refusal.recordErrors())
                        .extracting(BatchIndexAndErrorMessage::batchIndex)
                        .containsExactly(1, 2);
            }
        }
        TopicSettings appendTime = new TopicSettings(100_000, true, 0, 0, FsyncMode.ALWAYS, true);
        try (BatchValidator validator = new BatchValidator(BOUND)) {
            validator.validate(validator.oneBatch(plain()), VERSION, appendTime, NOW + 1_000_000);
        }
    }

    private static InvalidBatchException refusal(
            BatchValidator validator, ByteBuffer batch, TopicSettings settings) {
        return catchThrowableOfType(
                InvalidBatchException.class,
                () -> validator.validate(validator.oneBatch(batch), VERSION, settings, NOW));
    }

    @Test
    void names_records_without_keys_and_of_the_wrong_time_but_not_millions_of_them()
            throws Exception {
        TopicSettings compacted =
                new TopicSettings(100_000, false, 5_000, 5_000, FsyncMode.ALWAYS, true, true, true);
        SimpleRecord[] many = new SimpleRecord[2 * RecordErrors.MOST];
        Arrays.fill(many, new SimpleRecord(NOW, new byte[1]));
        many[many.length - 1] = new SimpleRecord(0, new byte[1], new byte[1]);
        try (BatchValidator validator = new BatchValidator(BOUND)) {
            InvalidBatchException refusal =
                    refusal(validator, Batches.of(CompressionType.GZIP, many), compacted);
            assertThat(refusal.error()).isEqualTo(Errors.INVALID_TIMESTAMP);
            assertThat(refusal.recordErrors()).hasSize(RecordErrors.MOST);
        }
    }

    @Test
    void corrects_a_largest_timestamp_that_is_not_the_largest() {
        ByteBuffer batch =
                Batches.sealed(plain().putLong(Batches.MAX_TIMESTAMP_AT, NOW + 1_000_000));
        assertThat(verdict(batch)).isEqualTo(Errors.NONE);
        assertThat(BatchView.of(batch).maxTimestampMs()).isEqualTo(NOW + 1);
        assertThat(BatchView.of(batch).crcIsValid()).isTrue();
    }
}
