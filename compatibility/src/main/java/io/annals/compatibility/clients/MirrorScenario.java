package io.annals.compatibility.clients;

import io.annals.compatibility.peer.Http;
import io.annals.compatibility.peer.Jars;
import io.annals.compatibility.peer.KafkaPeer;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;

/// MirrorMaker 2 between another Apache Kafka and the server, both ways: records arrive once and in
/// order, and committed offsets of groups arrive translated: that of a group at the end exactly,
/// that of one midway not past what it has read (MirrorMaker knows offsets that are further back
/// less exactly, by design).
final class MirrorScenario implements Scenario {
    private static final String TO = "from a Kafka to the server";
    private static final String BACK = "from the server to a Kafka";
    private static final String OFFSETS = "offsets of a group translated";
    private static final String OFFSETS_BACK = "offsets of a group translated back";
    private static final int RECORDS = 200;
    private static final int MIDWAY = 120;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    @Override
    public String name() {
        return "mirror";
    }

    @Override
    public String client() {
        return "MirrorMaker 4.3.1";
    }

    @Override
    public List<String> features() {
        return List.of(TO, OFFSETS, BACK, OFFSETS_BACK);
    }

    @Override
    public Map<String, String> run(Side side) throws IOException, InterruptedException {
        KafkaPeer kafka = new KafkaPeer(side.scratch().resolve("other"));
        kafka.start();
        try (Data other = new Data(kafka.bootstrap());
                Data here = new Data(side.bootstrap())) {
            other.create("outward", 1, Map.of());
            here.create("homeward", 1, Map.of());
            fill(other, "outward", 0, RECORDS / 2);
            fill(here, "homeward", 0, RECORDS / 2);
            commit(other, "midway", "outward", MIDWAY);
            commit(here, "midway-home", "homeward", MIDWAY);
            if (!side.sealUrl().isEmpty()) {
                Http.post(side.sealUrl());
            }
            Process mirror = start(side, kafka);
            try {
                here.await("other.outward", RECORDS / 2, PATIENCE);
                other.await("here.homeward", RECORDS / 2, PATIENCE);
                fill(other, "outward", RECORDS / 2, RECORDS);
                fill(here, "homeward", RECORDS / 2, RECORDS);
                here.await("other.outward", RECORDS, PATIENCE);
                other.await("here.homeward", RECORDS, PATIENCE);
                commit(other, "finished", "outward", RECORDS);
                commit(here, "finished-home", "homeward", RECORDS);
                return Map.of(
                        TO, contents(here, "other.outward"),
                        OFFSETS, translated(here, "other.outward", "midway", "finished"),
                        BACK, contents(other, "here.homeward"),
                        OFFSETS_BACK,
                                translated(other, "here.homeward", "midway-home", "finished-home"));
            } finally {
                mirror.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
            }
        } catch (ExecutionException | RuntimeException e) {
            String failed = "failed: " + e.getClass().getSimpleName() + " " + e.getMessage();
            return Map.of(TO, failed, OFFSETS, failed, BACK, failed, OFFSETS_BACK, failed);
        } finally {
            kafka.stop();
        }
    }

    private static void fill(Data data, String topic, int from, int to) {
        for (int i = from; i < to; i++) {
            data.send(topic, "k" + i, "v" + i);
        }
        data.flush();
    }

    private static String contents(Data data, String topic) {
        List<String> values =
                data.read(topic).stream()
                        .map(r -> new String(r.value(), StandardCharsets.UTF_8))
                        .toList();
        boolean inOrder = true;
        for (int i = 0; i < values.size(); i++) {
            inOrder &= values.get(i).equals("v" + i);
        }
        return values.size() + " records, in order: " + inOrder;
    }

    private static void commit(Data data, String group, String topic, long offset)
            throws ExecutionException, InterruptedException {
        data.admin()
                .alterConsumerGroupOffsets(
                        group, Map.of(new TopicPartition(topic, 0), new OffsetAndMetadata(offset)))
                .all()
                .get();
    }

    private static String translated(Data data, String topic, String midway, String finished)
            throws ExecutionException, InterruptedException {
        long atTheEnd = translated(data, topic, finished, RECORDS);
        long before = translated(data, topic, midway, 1);
        return "of %d: %d, of one before, not past it: %s"
                .formatted(RECORDS, atTheEnd, before > 0 && before <= MIDWAY);
    }

    /// The group's offset, as soon as it is at least `atLeast`, or what it is at last.
    private static long translated(Data data, String topic, String group, long atLeast)
            throws ExecutionException, InterruptedException {
        TopicPartition partition = new TopicPartition(topic, 0);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        long offset = -1;
        while (offset < atLeast && System.nanoTime() < deadline) {
            Thread.sleep(1_000);
            OffsetAndMetadata found =
                    data.admin()
                            .listConsumerGroupOffsets(group)
                            .partitionsToOffsetAndMetadata()
                            .get()
                            .get(partition);
            offset = found == null ? -1 : found.offset();
        }
        return offset;
    }

    private static Process start(Side side, KafkaPeer other)
            throws IOException, InterruptedException {
        Path config = side.scratch().resolve("mirror.properties");
        Files.writeString(
                config,
                """
                clusters=other,here
                other.bootstrap.servers=%s
                here.bootstrap.servers=%s
                other->here.enabled=true
                here->other.enabled=true
                other->here.topics=outward
                here->other.topics=homeward
                groups=midway,finished,midway-home,finished-home
                replication.factor=1
                checkpoints.topic.replication.factor=1
                heartbeats.topic.replication.factor=1
                offset-syncs.topic.replication.factor=1
                config.storage.replication.factor=1
                offset.storage.replication.factor=1
                status.storage.replication.factor=1
                offset.lag.max=0
                sync.group.offsets.enabled=true
                sync.group.offsets.interval.seconds=1
                emit.checkpoints.interval.seconds=1
                refresh.topics.interval.seconds=2
                refresh.groups.interval.seconds=2
                sync.topic.acls.enabled=false
                offset.flush.interval.ms=1000
                """
                        .formatted(other.bootstrap(), side.bootstrap()));
        return Processes.javaWithLog(
                Jars.of("kafka-connect"),
                side.scratch().resolve("mirror.out"),
                "org.apache.kafka.connect.mirror.MirrorMaker",
                config.toString());
    }
}
