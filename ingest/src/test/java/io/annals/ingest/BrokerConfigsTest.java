package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.protocol.FrontDoorLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Settings of the server that clients change while it runs: in force at once, for what does not
/// say otherwise, and there again after a restart.
class BrokerConfigsTest {
    private static final String LARGEST = "message.max.bytes";
    private static final String RETENTION = "log.retention.ms";
    private static final String LOCAL_RETENTION = "log.local.retention.ms";
    private static final String PARTITIONS = "num.partitions";
    private static final ConfigResource CLUSTER =
            new ConfigResource(ConfigResource.Type.BROKER, "");
    private static final ConfigResource BROKER =
            new ConfigResource(ConfigResource.Type.BROKER, "1");
    private static final ConfigResource TOPIC = new ConfigResource(ConfigResource.Type.TOPIC, "t");

    @TempDir private Path directory;
    private TestNode node;
    private Admin admin;

    @BeforeEach
    void start() throws IOException {
        node = new TestNode(directory, options());
        admin = node.admin();
        node.createTopic("t", 1);
    }

    @AfterEach
    void stop() throws IOException {
        admin.close();
        node.close();
    }

    private static TestNode.Options options() {
        ConfigDef definitions =
                new ConfigDef()
                        .define(LARGEST, ConfigDef.Type.INT, 1_000_000, atLeast(1_024), LOW, "")
                        .define(RETENTION, ConfigDef.Type.LONG, -1, atLeast(-1), LOW, "")
                        .define(LOCAL_RETENTION, ConfigDef.Type.LONG, -2, atLeast(-2), LOW, "")
                        .define(PARTITIONS, ConfigDef.Type.INT, 1, atLeast(1), LOW, "");
        IngestConfig config =
                new IngestConfig(
                        "test-cluster",
                        1,
                        true,
                        1,
                        Map.of("max.message.bytes", "500000"),
                        1 << 20,
                        0.8,
                        Duration.ofSeconds(1),
                        new IngestConfig.BrokerSettings(
                                definitions,
                                Map.of(LARGEST, "500000"),
                                Map.of(
                                        "max.message.bytes", LARGEST,
                                        "retention.ms", RETENTION,
                                        "local.retention.ms", LOCAL_RETENTION),
                                Set.of(LARGEST, RETENTION, LOCAL_RETENTION)));
        return new TestNode.Options(config, FrontDoorLimits.DEFAULTS, 64L << 20, 512L << 20);
    }

    private static final ConfigDef.Importance LOW = ConfigDef.Importance.LOW;

    private static ConfigDef.Range atLeast(int least) {
        return ConfigDef.Range.atLeast(least);
    }

    private void alter(ConfigResource resource, OpType type, String name, String value)
            throws Exception {
        alter(resource, type, name, value, false);
    }

    private void alter(
            ConfigResource resource, OpType type, String name, String value, boolean validateOnly)
            throws Exception {
        Collection<AlterConfigOp> ops =
                List.of(new AlterConfigOp(new ConfigEntry(name, value), type));
        admin.incrementalAlterConfigs(
                        Map.of(resource, ops), new AlterConfigsOptions().validateOnly(validateOnly))
                .all()
                .get();
    }

    private Config described(ConfigResource resource) throws Exception {
        return admin.describeConfigs(
                        List.of(resource), new DescribeConfigsOptions().includeSynonyms(true))
                .values()
                .values()
                .iterator()
                .next()
                .get();
    }

    private static List<String> sources(ConfigEntry entry) {
        return entry.synonyms().stream()
                .map(synonym -> synonym.source() + "=" + synonym.value())
                .toList();
    }

    @Test
    void aDefaultOfTopicsIsInForceAtOnceForThoseThatDoNotSetItThemselves() throws Exception {
        node.createTopic("own", 1);
        alter(
                new ConfigResource(ConfigResource.Type.TOPIC, "own"),
                OpType.SET,
                "max.message.bytes",
                "400000");
        try (KafkaProducer<byte[], byte[]> producer = node.producer(Map.of())) {
            byte[] value = new byte[100_000];
            producer.send(new ProducerRecord<>("t", value)).get();
            alter(CLUSTER, OpType.SET, LARGEST, "50000");
            assertThatThrownBy(() -> producer.send(new ProducerRecord<>("t", value)).get())
                    .hasCauseInstanceOf(RecordTooLargeException.class);
            producer.send(new ProducerRecord<>("own", value)).get();
            alter(CLUSTER, OpType.DELETE, LARGEST, "");
            producer.send(new ProducerRecord<>("t", value)).get();
        }
    }

    @Test
    void whoeverDeletesByThemIsToldTheNewDefaults() throws Exception {
        alter(CLUSTER, OpType.SET, RETENTION, "7000");
        assertThat(node.ingest.brokerConfigs().topicDefaults())
                .containsEntry("retention.ms", "7000");
    }

    @Test
    void thisBrokersSettingIsBeforeTheClustersAndThatBeforeTheOneItWasStartedWith()
            throws Exception {
        alter(CLUSTER, OpType.SET, LARGEST, "60000");
        alter(BROKER, OpType.SET, LARGEST, "70000");
        ConfigEntry ofBroker = described(BROKER).get(LARGEST);
        assertThat(ofBroker.value()).isEqualTo("70000");
        assertThat(ofBroker.isReadOnly()).isFalse();
        List<String> inOrder =
                List.of(
                        "DYNAMIC_BROKER_CONFIG=70000",
                        "DYNAMIC_DEFAULT_BROKER_CONFIG=60000",
                        "STATIC_BROKER_CONFIG=500000",
                        "DEFAULT_CONFIG=1000000");
        assertThat(sources(ofBroker)).isEqualTo(inOrder);
        assertThat(sources(described(TOPIC).get("max.message.bytes"))).isEqualTo(inOrder);
        assertThat(described(CLUSTER).entries())
                .extracting(ConfigEntry::name, ConfigEntry::value, ConfigEntry::source)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(
                                LARGEST, "60000", ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG));
        assertThat(described(BROKER).get(PARTITIONS).isReadOnly()).isTrue();
    }

    @Test
    void theyAreInForceAgainAfterARestartAndOutOfTheArchive() throws Exception {
        alter(CLUSTER, OpType.SET, LARGEST, "60000");
        node.archive();
        alter(BROKER, OpType.SET, RETENTION, "7000");
        admin.close();
        node.close();
        node = new TestNode(directory, options(), node.objects);
        admin = node.admin();
        assertThat(described(TOPIC).get("max.message.bytes").value()).isEqualTo("60000");
        assertThat(described(TOPIC).get("retention.ms").value()).isEqualTo("7000");
        assertThat(node.ingest.topics().topic("t").orElseThrow().settings().maxMessageBytes())
                .isEqualTo(60_000);
    }

    @Test
    void whatCannotBeChangedIsRefusedByName() {
        assertThatThrownBy(() -> alter(CLUSTER, OpType.SET, PARTITIONS, "5"))
                .hasCauseInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("Cannot update these configs dynamically: [num.partitions]");
        assertThatThrownBy(() -> alter(BROKER, OpType.SET, "nonsense", "5"))
                .hasMessageContaining("Cannot update these configs dynamically: [nonsense]");
    }

    @Test
    void valuesThatAreNotAllowedAreRefusedAndChangeNothing() throws Exception {
        assertThatThrownBy(() -> alter(CLUSTER, OpType.SET, LARGEST, "5"))
                .hasCauseInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("Invalid value 5 for configuration message.max.bytes");
        assertThatThrownBy(() -> alter(CLUSTER, OpType.SET, LARGEST, "many"))
                .hasMessageContaining("Not a number of type INT");
        alter(CLUSTER, OpType.SET, RETENTION, "7000");
        assertThatThrownBy(() -> alter(CLUSTER, OpType.SET, LOCAL_RETENTION, "8000"))
                .hasMessageContaining("local.retention.ms");
        assertThat(described(CLUSTER).entries())
                .extracting(ConfigEntry::name)
                .containsExactly(RETENTION);
    }

    @Test
    void aTrialChangesNothing() throws Exception {
        alter(CLUSTER, OpType.SET, RETENTION, "7000", true);
        assertThat(described(CLUSTER).entries()).isEmpty();
        assertThatThrownBy(() -> alter(CLUSTER, OpType.SET, RETENTION, "many", true))
                .hasCauseInstanceOf(InvalidRequestException.class);
    }
}
