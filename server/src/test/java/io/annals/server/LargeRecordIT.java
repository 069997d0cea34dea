package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Records up to the limit, and one beyond it.
class LargeRecordIT {
    private static final TopicPartition PARTITION = new TopicPartition("large", 0);
    private static final int LARGE_BYTES = 99 << 20; // 99 MiB
    private static final Map<String, String> PATIENT =
            Map.of(
                    "max.request.size", "120000000",
                    "buffer.memory", "120000000",
                    "delivery.timeout.ms", "120000");

    @TempDir Path folder;

    @Test
    void aRecordOfNinetyNineMebibytesComesBackFromBothTiers() throws Exception {
        byte[] value = new byte[LARGE_BYTES];
        new Random(11).nextBytes(value);
        try (AnnalsProcess server =
                        AnnalsProcess.start(
                                folder,
                                "message.max.bytes=104857600",
                                "socket.request.max.bytes=110000000");
                Http http = new Http(server)) {
            send(server, value);

            assertThat(consumed(server))
                    .satisfies(got -> assertThat(Arrays.equals(got, value)).isTrue());
            http.seal();
            assertThat(consumed(server))
                    .satisfies(got -> assertThat(Arrays.equals(got, value)).isTrue());
        }
    }

    @Test
    void aRecordBeyondTheLimitIsRefusedByName() throws Exception {
        try (AnnalsProcess server = AnnalsProcess.start(folder)) {
            assertThatThrownBy(() -> send(server, new byte[2 << 20]))
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(RecordTooLargeException.class);

            send(server, new byte[1_000_000]);

            assertThat(consumed(server)).hasSize(1_000_000);
        }
    }

    private static void send(AnnalsProcess server, byte[] value) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), PATIENT)) {
            producer.send(new ProducerRecord<>(PARTITION.topic(), 0, null, value)).get();
        }
    }

    private static byte[] consumed(AnnalsProcess server) {
        return Consumed.all(server.kafka(), PARTITION).getLast().value();
    }
}
