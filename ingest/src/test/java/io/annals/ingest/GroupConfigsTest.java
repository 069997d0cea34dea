package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.ingest.internal.InternalLogScan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
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
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Settings of single groups: changed, in force at once, and there again after a restart.
class GroupConfigsTest {
    private static final String SESSION = "consumer.session.timeout.ms";
    private static final String HEARTBEAT = "consumer.heartbeat.interval.ms";
    private static final ConfigResource GROUP = new ConfigResource(ConfigResource.Type.GROUP, "g");

    @TempDir private Path directory;
    private TestNode node;
    private Admin admin;

    @BeforeEach
    void start() throws IOException {
        node = new TestNode(directory, TestNode.Options.defaults());
        admin = node.admin();
        node.createTopic("t", 1);
    }

    @AfterEach
    void stop() throws IOException {
        admin.close();
        node.close();
    }

    private void restart() throws IOException {
        admin.close();
        node.close();
        node = new TestNode(directory, TestNode.Options.defaults(), node.objects);
        admin = node.admin();
    }

    private void alter(ConfigResource resource, OpType type, String name, String value)
            throws Exception {
        Collection<AlterConfigOp> ops =
                List.of(new AlterConfigOp(new ConfigEntry(name, value), type));
        admin.incrementalAlterConfigs(Map.of(resource, ops)).all().get();
    }

    private ConfigEntry described(String name) throws Exception {
        Config config =
                admin.describeConfigs(
                                List.of(GROUP), new DescribeConfigsOptions().includeSynonyms(true))
                        .values()
                        .values()
                        .iterator()
                        .next()
                        .get();
        return config.get(name);
    }

    /// What a member that joins is told.
    private int heartbeatIntervalMs(String group) throws Exception {
        ConsumerGroupHeartbeatRequestData join =
                new ConsumerGroupHeartbeatRequestData()
                        .setGroupId(group)
                        .setMemberId("AAAAAAAAAAAAAAAAAAAAAQ")
                        .setMemberEpoch(0)
                        .setRebalanceTimeoutMs(5_000)
                        .setSubscribedTopicNames(List.of("t"))
                        .setTopicPartitions(List.of());
        try (Wire wire = new Wire(node)) {
            for (int i = 0; i < 100; i++) { // while the coordinator loads
                ConsumerGroupHeartbeatResponseData answer =
                        wire.ask(join, ConsumerGroupHeartbeatResponseData.class);
                if (answer.errorCode() == 0) {
                    return answer.heartbeatIntervalMs();
                }
                Thread.sleep(50);
            }
        }
        throw new AssertionError("the group was not served");
    }

    @Test
    void aGroupsSettingsAreInForceAtOnceForItAlone() throws Exception {
        alter(GROUP, OpType.SET, HEARTBEAT, "3000");
        assertThat(heartbeatIntervalMs("g")).isEqualTo(3_000);
        assertThat(heartbeatIntervalMs("other")).isNotEqualTo(3_000);
    }

    @Test
    void aGroupsSettingsAreThereAfterARestartAndOutOfTheArchive() throws Exception {
        alter(GROUP, OpType.SET, HEARTBEAT, "3000");
        alter(GROUP, OpType.SET, SESSION, "50000");
        node.archive();
        alter(GROUP, OpType.DELETE, SESSION, "");
        restart();
        assertThat(described(HEARTBEAT).value()).isEqualTo("3000");
        assertThat(described(SESSION).source()).isNotEqualTo(ConfigSource.DYNAMIC_GROUP_CONFIG);
        assertThat(heartbeatIntervalMs("g")).isEqualTo(3_000);
    }

    @Test
    void settingsAreDescribedWithWhereTheyComeFrom() throws Exception {
        alter(GROUP, OpType.SET, SESSION, "50000");
        ConfigEntry set = described(SESSION);
        assertThat(set.source()).isEqualTo(ConfigSource.DYNAMIC_GROUP_CONFIG);
        assertThat(set.isReadOnly()).isFalse();
        assertThat(set.synonyms())
                .extracting(ConfigEntry.ConfigSynonym::name)
                .containsExactly(SESSION, "group.consumer.session.timeout.ms");
        ConfigEntry ofAll = described("streams.assignor.name");
        assertThat(ofAll.value()).isEqualTo("sticky");
        assertThat(ofAll.source()).isEqualTo(ConfigSource.DEFAULT_CONFIG);
    }

    @Test
    void groupsWithSettingsAreListed() throws Exception {
        alter(GROUP, OpType.SET, SESSION, "50000");
        assertThat(groups()).containsExactly(GROUP);
        alter(GROUP, OpType.DELETE, SESSION, "");
        assertThat(groups()).isEmpty();
    }

    private Collection<ConfigResource> groups() throws Exception {
        return admin.listConfigResources(
                        Set.of(ConfigResource.Type.GROUP), new ListConfigResourcesOptions())
                .all()
                .get();
    }

    @Test
    void whatAGroupCannotHaveIsRefusedInKafkasWords() {
        assertThatThrownBy(() -> alter(GROUP, OpType.SET, SESSION, "1"))
                .hasCauseInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining(SESSION + " must be in the range 500 to 60000 inclusive.");
        assertThatThrownBy(() -> alter(GROUP, OpType.SET, SESSION, "x"))
                .hasCauseInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("Not a number of type INT");
        assertThatThrownBy(() -> alter(GROUP, OpType.SET, "nonsense", "1"))
                .hasCauseInstanceOf(InvalidConfigurationException.class)
                .hasMessageContaining("Unknown group config name: nonsense");
        assertThatThrownBy(() ->
                        alter(
                                new ConfigResource(ConfigResource.Type.GROUP, ""),
                                OpType.SET,
                                SESSION,
                                "50000"))
                .hasCauseInstanceOf(InvalidRequestException.class);
    }

    @Test
    void aTrialChangesNothing() throws Exception {
        Collection<AlterConfigOp> ops =
                List.of(new AlterConfigOp(new ConfigEntry(SESSION, "50000"), OpType.SET));
        admin.incrementalAlterConfigs(
                        Map.of(GROUP, ops), new AlterConfigsOptions().validateOnly(true))
                .all()
                .get();
        assertThat(groups()).isEmpty();
        assertThat(admin.listTopics().names().get()).containsExactly("t");
    }

    @Test
    void theTopicOfSettingsIsTheServersOwn() throws Exception {
        alter(GROUP, OpType.SET, SESSION, "50000");
        assertThatThrownBy(() -> admin.deleteTopics(List.of("__annals_settings")).all().get())
                .hasCauseInstanceOf(InvalidTopicException.class);
    }

    /// The format, byte by byte: version 0, type 32, `g`, the setting's name, its value, no tags.
    @Test
    void aSettingIsKeptAsKafkasControllersKeepIt() throws Exception {
        alter(GROUP, OpType.SET, SESSION, "50000");
        TopicIdPartition partition =
                node.ingest.topics().topic("__annals_settings").orElseThrow().partition(0);
        List<String> found = new ArrayList<>();
        new InternalLogScan(node.reader(), partition)
                .replay(batch -> {
                    for (Record record : batch) {
                        found.add(hex(record.key()) + " " + hex(record.value()));
                    }
                });
        String name = HexFormat.of().formatHex(SESSION.getBytes(StandardCharsets.UTF_8));
        String prefix = "0000" + "20" + "0267" + "1c" + name;
        assertThat(found)
                .containsExactly(prefix + "00" + "00 " + prefix + "06" + "3530303030" + "00");
    }

    private static String hex(ByteBuffer bytes) {
        return HexFormat.of().formatHex(Utils.toArray(bytes));
    }
}
