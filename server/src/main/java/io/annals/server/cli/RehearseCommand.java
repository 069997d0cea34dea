package io.annals.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.annals.server.Node;
import io.annals.server.Settings;
import io.annals.server.SettingsLoader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Does everything once, small, on an empty folder, and starts again on what is there then: the
/// launcher runs it after a build, so that the JVM learns which classes and methods a start needs
/// (`docs/adr/0070-start-from-an-aot-cache.md`).
@Command(
        name = "rehearse",
        hidden = true,
        description = "Produces, archives, searches, consumes and starts again, once.",
        mixinStandardHelpOptions = true)
final class RehearseCommand implements Callable<Integer> {
    private static final String TOPIC = "rehearsal";
    private static final String OFFSETS_TOPIC = "rehearsal-offsets";
    private static final int RECORDS = 20_000;

    /// Rounds of [#QUERIES]: as many as it takes until the compiler knows what searches do.
    private static final int ROUNDS = 40;

    /// One of each kind, in the words of what [#produce] sends.
    private static final List<String> QUERIES =
            List.of(
                    "level:ERROR",
                    "trace:t4711",
                    "msg:word7",
                    "rehearsal",
                    "msg:\"word7 word8\"",
                    "n:[100 TO 120]",
                    "level:ERROR AND service:svc-3 AND n:[100 TO 400]",
                    "service:svc-2 AND n:>=100",
                    "trace:t47*",
                    "msg:wo?d1*",
                    "*");

    private static final int PARTITIONS = 100;
    private static final int GROUPS = 50;

    @Option(names = "--data-dir", paramLabel = "DIR", required = true)
    private Path dataDirectory;

    @Override
    public Integer call() throws Exception {
        SettingsLoader loader =
                new SettingsLoader().dataDirectory(dataDirectory).httpPort(0).kafkaPort(0);
        Settings settings = loader.load();
        try (Node node = Node.start(settings, Clock.systemUTC());
                HttpApi api = new HttpApi(URI.create("http://" + node.httpAddress()))) {
            String bootstrap = node.kafkaAddress().toString();
            produce(bootstrap);
            search(api);
            api.post("/v1/admin/seal");
            for (int i = 0; i < ROUNDS; i++) {
                search(api);
            }
            api.get("/v1/topics/" + TOPIC + "/latest?key=k7");
            api.get("/health/ready");
            consume(bootstrap);
            commit(bootstrap);
        }
        try (Node again = Node.start(settings, Clock.systemUTC())) {
            readCommitted(again.kafkaAddress().toString());
        }
        return ExitCode.OK;
    }

    private static void produce(String bootstrap) {
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        Map.of("bootstrap.servers", bootstrap, "compression.type", "lz4"),
                        new ByteArraySerializer(),
                        new ByteArraySerializer())) {
            for (int i = 0; i < RECORDS; i++) {
                byte[] key = ("k" + i % 10).getBytes(StandardCharsets.UTF_8);
                String value =
                        """
                        {"level":"%s","service":"svc-%d","trace":"t%d","n":%d,
                         "msg":"rehearsal word%d word%d of many"}\
                        """
                                .formatted(
                                        i % 8 == 0 ? "ERROR" : "INFO",
                                        i % 5,
                                        i,
                                        i,
                                        i % 50,
                                        i % 50 + 1);
                producer.send(
                        new ProducerRecord<>(TOPIC, key, value.getBytes(StandardCharsets.UTF_8)));
            }
        }
    }

    private static void search(HttpApi api)
            throws IOException, InterruptedException, CommandFailedException {
        for (String text : QUERIES) {
            HttpApi.Query query =
                    new HttpApi.Query().with("q", text).with("require_complete", true);
            JsonNode answer = api.get("/v1/topics/" + TOPIC + "/search" + query);
            if (answer.path("hits").isEmpty()) {
                throw new CommandFailedException(
                        ExitCode.FAILED, "the rehearsal found nothing by " + text);
            }
        }
    }

    private static void consume(String bootstrap) {
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(
                        Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest"),
                        new ByteArrayDeserializer(),
                        new ByteArrayDeserializer())) {
            consumer.assign(List.of(new TopicPartition(TOPIC, 0)));
            consumer.poll(Duration.ofSeconds(2));
        }
    }

    /// Many offsets, because reading them back is what a start of a busy server does most.
    private static void commit(String bootstrap) throws Exception {
        NewTopic topic = new NewTopic(OFFSETS_TOPIC, Optional.of(PARTITIONS), Optional.empty());
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (int i = 0; i < PARTITIONS; i++) {
            offsets.put(new TopicPartition(OFFSETS_TOPIC, i), new OffsetAndMetadata(i));
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(List.of(topic)).all().get();
            for (int i = 0; i < GROUPS; i++) {
                admin.alterConsumerGroupOffsets("g" + i, offsets).all().get();
            }
        }
    }

    private static void readCommitted(String bootstrap) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            Map<String, ListConsumerGroupOffsetsSpec> groups = new HashMap<>();
            for (int i = 0; i < GROUPS; i++) {
                groups.put("g" + i, new ListConsumerGroupOffsetsSpec());
            }
            int offsets =
                    admin.listConsumerGroupOffsets(groups).all().get().values().stream()
                            .mapToInt(Map::size)
                            .sum();
            if (offsets != GROUPS * PARTITIONS) {
                throw new CommandFailedException(
                        ExitCode.FAILED, "the rehearsal found %d offsets".formatted(offsets));
            }
        }
    }
}
