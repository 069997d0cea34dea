package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is archived stays in the hot tier for as long as settings say: it is read from there, found
/// once, and goes when they change while the server runs.
class LocalRetentionIT {
    private static final String TOPIC = "orders";
    private static final TopicPartition PARTITION = new TopicPartition(TOPIC, 0);
    private static final int RECORDS = 300;
    private static final String[] SETTINGS = {
        "annals.wal.keep.ratio=0.5",
        "annals.wal.max.bytes=67108864",
        "log.segment.bytes=4194304",
        "log.roll.ms=600000",
        "annals.archive.interval.ms=200"
    };

    @TempDir Path folder;

    @Test
    void archivedRecordsAreReadLocallyFoundOnceAndLetGoWhenSettingsSaySo() throws Exception {
        try (AnnalsProcess server = AnnalsProcess.start(folder, SETTINGS);
                Http http = new Http(server);
                Admin admin = KafkaClients.admin(server.kafka())) {
            admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
            for (int i = 0; i < 2; i++) {
                produce(server, i * RECORDS);
                http.seal();
            }
            produce(server, 2 * RECORDS);
            assertReadLocally(server, http);
            assertThat(offset(admin, OffsetSpec.earliestLocal())).isZero();
            assertThat(offset(admin, OffsetSpec.latestTiered())).isEqualTo(2 * RECORDS - 1);
            List<Long> sizes = sizes(admin);
            assertThat(sizes.getFirst()).isPositive().isEqualTo(sizes.getLast() * 2 / 3);
            server.kill();
        }
        try (AnnalsProcess server = AnnalsProcess.start(folder, SETTINGS);
                Http http = new Http(server);
                Admin admin = KafkaClients.admin(server.kafka())) {
            http.seal();
            assertReadLocally(server, http);
            assertThat(records(http)).isEqualTo(3 * RECORDS);
            assertThat(http.metric("annals_archiver_waiting_segments")).isZero();
            assertThat(segments("--server", server.http()))
                    .containsPattern("hot +archived +orders")
                    .containsPattern("warm +records +orders")
                    .containsPattern("read for demand: \\d+ requests");
            assertThat(segments("--data-dir", folder.toString(), "--format", "json"))
                    .contains("\"kind\" : \"records\"")
                    .doesNotContain("\"hot\"");
            long kept = http.metric("annals_wal_kept_bytes");
            assertThat(kept).isPositive();
            assertThat(http.metric("annals_wal_used_bytes"))
                    .isEqualTo(kept + http.metric("annals_wal_unarchived_bytes"));

            ConfigResource cluster = new ConfigResource(ConfigResource.Type.BROKER, "");
            AlterConfigOp brief =
                    new AlterConfigOp(
                            new ConfigEntry("log.local.retention.ms", "0"),
                            AlterConfigOp.OpType.SET);
            admin.incrementalAlterConfigs(Map.of(cluster, List.of(brief))).all().get();
            for (int i = 0; i < 100 && http.metric("annals_wal_kept_segments") > 0; i++) {
                Thread.sleep(100);
            }
            assertThat(http.metric("annals_wal_kept_segments")).isZero();
            assertThat(offset(admin, OffsetSpec.earliestLocal())).isEqualTo(3 * RECORDS);
            long before = requests(http);
            assertServes(server, http);
            assertThat(requests(http)).isGreaterThan(before);
        }
    }

    /// Bytes of the partition in each tier, the smaller first.
    private static List<Long> sizes(Admin admin) throws Exception {
        List<Long> sizes = new ArrayList<>();
        for (Map<String, LogDirDescription> broker :
                admin.describeLogDirs(List.of(1)).allDescriptions().get().values()) {
            for (LogDirDescription directory : broker.values()) {
                directory
                        .replicaInfos()
                        .forEach((partition, replica) -> {
                            if (partition.equals(PARTITION)) {
                                sizes.add(replica.size());
                            }
                        });
            }
        }
        sizes.sort(null);
        return sizes;
    }

    private static String segments(String... where) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("segments", TOPIC));
        arguments.addAll(List.of(where));
        AnnalsProcess.Finished listed = AnnalsProcess.run(arguments.toArray(String[]::new));
        assertThat(listed.exitCode()).describedAs(listed.stderr()).isZero();
        return listed.stdout();
    }

    private static void assertReadLocally(AnnalsProcess server, Http http) throws Exception {
        assertServes(server, http);
        long before = requests(http);
        assertThat(Consumed.all(server.kafka(), PARTITION)).hasSize(3 * RECORDS);
        assertThat(requests(http)).isEqualTo(before);
    }

    private static void assertServes(AnnalsProcess server, Http http) throws Exception {
        assertThat(Consumed.all(server.kafka(), PARTITION)).hasSize(3 * RECORDS);
        var hits = http.search(TOPIC, "order", "require_complete=true&limit=1");
        assertThat(hits.path("total").path("value").asLong()).isEqualTo(3 * RECORDS);
    }

    /// Ranged reads of the archive.
    private static long requests(Http http) throws Exception {
        return http.metric("annals_archive_requests_total{purpose=\"demand\"}")
                + http.metric("annals_archive_requests_total{purpose=\"read_ahead\"}");
    }

    private static long records(Http http) throws Exception {
        long records = 0;
        for (var segment : http.get("/v1/segments?topic=" + TOPIC).path("segments")) {
            if (segment.path("kind").asText().equals("records")) {
                records += segment.path("ranges").get(0).path("records").asLong();
            }
        }
        return records;
    }

    private static long offset(Admin admin, OffsetSpec spec) throws Exception {
        return admin.listOffsets(Map.of(PARTITION, spec)).partitionResult(PARTITION).get().offset();
    }

    private static void produce(AnnalsProcess server, int from) {
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer(server.kafka(), Map.of("batch.size", "1"))) {
            for (int i = from; i < from + RECORDS; i++) {
                byte[] value = "order %06d".formatted(i).getBytes(StandardCharsets.UTF_8);
                producer.send(new ProducerRecord<>(TOPIC, 0, null, value));
            }
        }
    }
}
