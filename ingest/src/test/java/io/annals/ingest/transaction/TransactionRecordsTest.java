package io.annals.ingest.transaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.CorruptRecordException;
import org.apache.kafka.coordinator.transaction.TransactionState;
import org.junit.jupiter.api.Test;

class TransactionRecordsTest {
    private static final TransactionMetadata PREPARED =
            new TransactionMetadata(
                    "id",
                    7,
                    6,
                    9,
                    (short) 5,
                    (short) -1,
                    60_000,
                    TransactionState.PREPARE_COMMIT,
                    Set.of(new TopicPartition("t", 1), new TopicPartition("t", 0)),
                    0x0102030405060708L,
                    0x1112131415161718L,
                    (short) 2);

    private static ByteBuffer bytes(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "").replace("\n", "")));
    }

    /// Written by hand after Kafka's TransactionLogValue.json, version 1.
    private static final String GOLDEN =
            """
            0001 0000000000000007 0005 0000ea60 02
            02 0274 03 00000000 00000001 00
            1112131415161718 0102030405060708
            03 00 08 0000000000000006 01 08 0000000000000009 02 02 0002
            """;

    @Test
    void aStateIsWrittenAsKafkaWritesIt() {
        assertThat(TransactionRecords.value(PREPARED)).isEqualTo(bytes(GOLDEN));
        assertThat(TransactionRecords.key("id")).isEqualTo(bytes("0000 0002 6964"));
    }

    @Test
    void whatIsWrittenIsReadBack() {
        assertThat(TransactionRecords.readValue("id", bytes(GOLDEN))).isEqualTo(PREPARED);
        assertThat(TransactionRecords.readKey(TransactionRecords.key("id"))).contains("id");
    }

    @Test
    void aStateOfVersionZeroIsRead() {
        TransactionMetadata read =
                TransactionRecords.readValue(
                        "id",
                        bytes(
                                "0000 0000000000000007 0005 0000ea60 00 ffffffff"
                                        + " 1112131415161718 0102030405060708"));

        assertThat(read.state()).isEqualTo(TransactionState.EMPTY);
        assertThat(read.partitions()).isEmpty();
        assertThat(read.nextProducerId()).isEqualTo(-1);
        assertThat(read.clientVersion()).isZero();
    }

    @Test
    void aNewerVersionIsNotGuessedAt() {
        assertThatThrownBy(() -> TransactionRecords.readValue("id", bytes("0002 00")))
                .isInstanceOf(CorruptRecordException.class)
                .hasMessageContaining("version 2, known are 0 to 1");
        assertThat(TransactionRecords.readKey(bytes("0001 0002 6964"))).isEmpty();
    }
}
