package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RetriableException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// No room: producers are refused with a retriable error, nothing acknowledged is lost, readers go
/// on, and with room again the server takes records again.
class FullDiskIT {
    private static final TopicPartition PARTITION = new TopicPartition("full", 0);
    private static final String SMALL_SEGMENTS = "log.segment.bytes=4194304";
    private static final int RECORD_BYTES = 100_000;

    @TempDir Path folder;

    @Test
    void theBoundOfTheHotTierRefusesWhileTheArchiveIsStuckAndLetsInAgainAfterwards()
            throws Exception {
        Path data = folder.resolve("data");
        try (AnnalsProcess server =
                AnnalsProcess.start(
                        data,
                        "annals.wal.max.bytes=8388608",
                        "log.segment.bytes=1048576",
                        "log.roll.ms=500")) {
            // A file where the folder of record segments must be: nothing can be archived.
            Path obstacle = Files.createFile(data.resolve("archive").resolve("segments"));
            int acknowledged = produceUntilRefused(server, 1_000);
            assertThat(acknowledged).isBetween(10, 200);
            assertThat(Consumed.all(server.kafka(), PARTITION)).hasSize(acknowledged);

            Files.delete(obstacle);

            int more = produceEventually(server, 20);
            assertThat(Consumed.all(server.kafka(), PARTITION)).hasSize(acknowledged + more);
        }
    }

    @Test
    void aFullFileSystemLosesNothingThatWasAcknowledged() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        assumeTrue(
                new ProcessBuilder(
                                        "mount",
                                        "-t",
                                        "tmpfs",
                                        "-o",
                                        "size=48m",
                                        "annals",
                                        disk.toString())
                                .start()
                                .waitFor()
                        == 0,
                "mounting is not permitted here");
        try {
            Path data = disk.resolve("data");
            int acknowledged;
            try (AnnalsProcess server =
                    AnnalsProcess.start(data, SMALL_SEGMENTS, "log.roll.ms=600000")) {
                acknowledged = produceUntilRefused(server, 2_000);
                assertThat(acknowledged).isPositive();
                assertThat(server.isAlive()).isTrue();
                assertThat(Consumed.all(server.kafka(), PARTITION)).hasSize(acknowledged);
            }
            Shell.run("mount", "-o", "remount,size=256m", disk.toString());
            try (AnnalsProcess server = AnnalsProcess.start(data, SMALL_SEGMENTS)) {
                assertThat(Consumed.all(server.kafka(), PARTITION).size())
                        .isGreaterThanOrEqualTo(acknowledged);
                int before = Consumed.all(server.kafka(), PARTITION).size();
                int more = produceEventually(server, 5);
                assertThat(Consumed.all(server.kafka(), PARTITION)).hasSize(before + more);
            }
        } finally {
            Shell.run("umount", "-l", disk.toString());
        }
    }

    /// @return how many were acknowledged
    private static int produceUntilRefused(AnnalsProcess server, int most) throws Exception {
        Map<String, String> impatient =
                Map.of(
                        "delivery.timeout.ms",
                        "6000",
                        "request.timeout.ms",
                        "3000",
                        "linger.ms",
                        "0");
        int acknowledged = 0;
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), impatient)) {
            while (acknowledged < most) {
                try {
                    send(producer).get();
                    acknowledged++;
                } catch (ExecutionException e) {
                    assertThat(e).hasCauseInstanceOf(RetriableException.class);
                    return acknowledged;
                }
            }
        }
        throw new AssertionError("never refused");
    }

    private static int produceEventually(AnnalsProcess server, int count) throws Exception {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of())) {
            for (int i = 0; i < count; i++) {
                send(producer).get();
            }
        }
        return count;
    }

    private static Future<RecordMetadata> send(KafkaProducer<byte[], byte[]> producer) {
        byte[] value = new byte[RECORD_BYTES];
        new Random(7).nextBytes(value);
        return producer.send(new ProducerRecord<>(PARTITION.topic(), 0, null, value));
    }
}
