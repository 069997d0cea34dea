package io.annals.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.wal.InvalidRecordsException.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RecordReaderTest {
    private static final int MAX_BYTES = 8 * 1024 * 1024;

    @ParameterizedTest
    @EnumSource
    void readsWhatKafkasOwnReaderReads(CompressionType codec) {
        for (long seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            ByteBuffer batch = batch(codec, randomRecords(random, 1 + random.nextInt(200)));
            assertThat(visit(BatchView.of(batch), MAX_BYTES))
                    .as("seed " + seed)
                    .isEqualTo(kafkaVisit(BatchView.of(batch)));
            validate(BatchView.of(batch));
        }
    }

    private static void validate(BatchView batch) {
        try (RecordReader reader = new RecordReader(MAX_BYTES)) {
            reader.validate(batch);
        }
    }

    @ParameterizedTest
    @EnumSource
    void readsRecordsLargerThanAnyWindow(CompressionType codec) {
        byte[] value = new byte[3_000_000];
        new Random(7).nextBytes(value);
        ByteBuffer batch =
                batch(
                        codec,
                        List.of(
                                new SimpleRecord(1, null, value),
                                new SimpleRecord(2, value, null)));
        assertThat(visit(BatchView.of(batch), MAX_BYTES))
                .isEqualTo(kafkaVisit(BatchView.of(batch)));
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void refusesADecompressionBomb(CompressionType codec) {
        ByteBuffer batch = batch(codec, List.of(new SimpleRecord(1, null, new byte[5_000_000])));
        assertThatThrownBy(() -> visit(BatchView.of(batch), 1_000_000))
                .isInstanceOfSatisfying(
                        InvalidRecordsException.class,
                        e -> assertThat(e.reason()).isEqualTo(Reason.TOO_LARGE));
    }

    @Test
    void refusesARecordThatClaimsTwoGigabytes() {
        ByteBuffer batch =
                batch(CompressionType.NONE, List.of(new SimpleRecord(1, null, new byte[64])));
        for (int i = 0; i < 4; i++) {
            batch.put(BatchView.HEADER_BYTES + i, (byte) 0xff);
        }
        batch.put(BatchView.HEADER_BYTES + 4, (byte) 0x0e);
        assertThatThrownBy(() -> visit(BatchView.of(batch), MAX_BYTES))
                .isInstanceOf(InvalidRecordsException.class);
    }

    @Test
    void refusesASnappyChunkThatClaimsTwoGigabytes() {
        ByteBuffer batch =
                batch(CompressionType.SNAPPY, List.of(new SimpleRecord(1, null, new byte[5000])));
        int chunkData = BatchView.HEADER_BYTES + 16 + 4;
        for (int i = 0; i < 4; i++) {
            batch.put(chunkData + i, (byte) 0xff);
        }
        batch.put(chunkData + 4, (byte) 0x07);
        assertThatThrownBy(() -> visit(BatchView.of(batch), MAX_BYTES))
                .isInstanceOfSatisfying(
                        InvalidRecordsException.class,
                        e -> assertThat(e.reason()).isEqualTo(Reason.TOO_LARGE));
    }

    @Test
    void refusesARecordCountThatDoesNotFit() {
        ByteBuffer more = batch(CompressionType.NONE, randomRecords(new Random(1), 5));
        more.putInt(57, 6);
        assertThatThrownBy(() -> visit(BatchView.of(more), MAX_BYTES))
                .isInstanceOf(InvalidRecordsException.class);
        ByteBuffer fewer = batch(CompressionType.GZIP, randomRecords(new Random(1), 5));
        fewer.putInt(57, 4);
        assertThatThrownBy(() -> visit(BatchView.of(fewer), MAX_BYTES))
                .isInstanceOf(InvalidRecordsException.class)
                .hasMessageContaining("after the last record");
        ByteBuffer delta = batch(CompressionType.GZIP, randomRecords(new Random(1), 5));
        delta.putInt(23, 7);
        assertThatThrownBy(() -> validate(BatchView.of(delta)))
                .isInstanceOf(InvalidRecordsException.class);
        visit(BatchView.of(delta), MAX_BYTES);
    }

    @ParameterizedTest
    @EnumSource
    void anyDamageIsATypedErrorOrStillDecodable(CompressionType codec) {
        ByteBuffer good = batch(codec, randomRecords(new Random(3), 40));
        for (long seed = 0; seed < 2_000; seed++) {
            Random random = new Random(seed);
            ByteBuffer bad = ByteBuffer.allocate(good.remaining()).put(good.duplicate()).flip();
            int flips = 1 + random.nextInt(4);
            for (int i = 0; i < flips; i++) {
                int at =
                        BatchView.HEADER_BYTES
                                + random.nextInt(bad.limit() - BatchView.HEADER_BYTES);
                bad.put(at, (byte) random.nextInt(256));
            }
            try {
                visit(BatchView.of(bad), 1_000_000);
            } catch (InvalidRecordsException expected) {
                assertThat(expected.getMessage()).as("seed " + seed).isNotEmpty();
            }
        }
    }

    @Test
    void findsRecordsByTime() {
        ByteBuffer batch =
                batch(
                        CompressionType.LZ4,
                        List.of(
                                new SimpleRecord(50, new byte[1]),
                                new SimpleRecord(70, new byte[1]),
                                new SimpleRecord(60, new byte[1]),
                                new SimpleRecord(70, new byte[1])));
        assertThat(TimestampSearch.firstAtLeast(batch, 51, 0, MAX_BYTES))
                .contains(new TimestampOffset(70, 101, 3));
        assertThat(TimestampSearch.firstAtLeast(batch, 51, 102, MAX_BYTES))
                .contains(new TimestampOffset(60, 102, 3));
        assertThat(TimestampSearch.firstAtLeast(batch, 71, 0, MAX_BYTES)).isEmpty();
        assertThat(TimestampSearch.max(batch, 0, MAX_BYTES))
                .contains(new TimestampOffset(70, 101, 3));
    }

    private static ByteBuffer batch(CompressionType codec, List<SimpleRecord> records) {
        return MemoryRecords.withRecords(
                        BatchView.MAGIC,
                        100,
                        Compression.of(codec).build(),
                        TimestampType.CREATE_TIME,
                        -1,
                        (short) -1,
                        -1,
                        3,
                        false,
                        records.toArray(SimpleRecord[]::new))
                .buffer();
    }

    private static List<SimpleRecord> randomRecords(Random random, int count) {
        List<SimpleRecord> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Header[] headers = new Header[random.nextInt(4)];
            for (int h = 0; h < headers.length; h++) {
                headers[h] = new RecordHeader("h" + random.nextInt(100), randomBytes(random, 50));
            }
            records.add(
                    new SimpleRecord(
                            1_700_000_000_000L + random.nextInt(100_000) - 50_000,
                            randomBytes(random, 30),
                            randomBytes(random, 600),
                            headers));
        }
        return records;
    }

    private static byte @Nullable [] randomBytes(Random random, int bound) {
        if (random.nextInt(8) == 0) {
            return null;
        }
        byte[] bytes = new byte[random.nextInt(bound)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) ('a' + random.nextInt(4));
        }
        return bytes;
    }

    private static List<String> visit(BatchView batch, int maxBytes) {
        List<String> seen = new ArrayList<>();
        try (RecordReader reader = new RecordReader(maxBytes)) {
            reader.open(batch);
            while (reader.next()) {
                StringBuilder s = new StringBuilder();
                s.append(reader.offset()).append('@').append(reader.timestampMs());
                s.append(text(reader.key())).append(text(reader.value()));
                for (int h = 0; h < reader.headerCount(); h++) {
                    s.append(reader.headerKey(h)).append(text(reader.headerValue(h)));
                }
                seen.add(s.toString());
            }
        }
        return seen;
    }

    private static List<String> kafkaVisit(BatchView batch) {
        List<String> seen = new ArrayList<>();
        for (Record record : batch.kafkaBatch()) {
            StringBuilder s = new StringBuilder();
            s.append(record.offset()).append('@').append(record.timestamp());
            s.append(text(record.key())).append(text(record.value()));
            for (Header header : record.headers()) {
                byte[] value = header.value();
                s.append(header.key()).append(text(value == null ? null : ByteBuffer.wrap(value)));
            }
            seen.add(s.toString());
        }
        return seen;
    }

    private static String text(@Nullable ByteBuffer bytes) {
        return bytes == null ? "[null]" : "[" + StandardCharsets.UTF_8.decode(bytes) + "]";
    }
}
