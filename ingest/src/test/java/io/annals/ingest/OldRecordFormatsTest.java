package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.MemoryRecordsBuilder;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Record formats 0 and 1 are refused with the error that Kafka gives, never converted.
class OldRecordFormatsTest {
    @TempDir private Path directory;

    private static ByteBuffer records(byte magic, Compression compression) {
        try (MemoryRecordsBuilder builder =
                MemoryRecords.builder(
                        ByteBuffer.allocate(1024),
                        magic,
                        compression,
                        TimestampType.CREATE_TIME,
                        0)) {
            builder.append(new SimpleRecord(1_700_000_000_000L, new byte[3], new byte[40]));
            builder.append(new SimpleRecord(1_700_000_000_001L, new byte[3], new byte[40]));
            return builder.build().buffer();
        }
    }

    @ParameterizedTest
    @ValueSource(bytes = {RecordBatch.MAGIC_VALUE_V0, RecordBatch.MAGIC_VALUE_V1})
    void records_of_an_old_format_are_invalid_and_the_connection_goes_on(byte magic)
            throws IOException {
        try (TestNode node = new TestNode(directory, TestNode.Options.defaults())) {
            node.ingest.topics().create(NewTopic.named("t"), false);
            try (Wire wire = new Wire(node)) {
                for (Compression compression :
                        new Compression[] {Compression.NONE, Compression.gzip().build()}) {
                    assertThat(wire.produce("t", records(magic, compression)).errorCode())
                            .isEqualTo(Errors.INVALID_RECORD.code());
                }
                assertThat(
                                wire.produce(
                                                "t",
                                                records(
                                                        RecordBatch.MAGIC_VALUE_V2,
                                                        Compression.NONE))
                                        .baseOffset())
                        .isZero();
            }
        }
    }

    @Test
    void a_batch_of_a_format_to_come_is_corrupt_as_in_kafka() throws IOException {
        ByteBuffer future = records(RecordBatch.MAGIC_VALUE_V2, Compression.NONE);
        future.put(16, (byte) 3);
        try (TestNode node = new TestNode(directory, TestNode.Options.defaults())) {
            node.ingest.topics().create(NewTopic.named("t"), false);
            try (Wire wire = new Wire(node)) {
                assertThat(wire.produce("t", future).errorCode())
                        .isEqualTo(Errors.CORRUPT_MESSAGE.code());
            }
        }
    }
}
