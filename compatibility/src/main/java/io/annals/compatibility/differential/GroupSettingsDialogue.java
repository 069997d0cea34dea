package io.annals.compatibility.differential;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/// Settings of single groups: set, taken back, replaced, described, listed, and what a group cannot
/// have.
final class GroupSettingsDialogue implements Dialogue {
    private static final byte TYPE = ConfigResource.Type.GROUP.id();
    private static final String GROUP = "group-settings";
    private static final String SESSION = "consumer.session.timeout.ms";
    private static final String HEARTBEAT = "consumer.heartbeat.interval.ms";

    @Override
    public String name() {
        return "group settings";
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(
                ApiKeys.INCREMENTAL_ALTER_CONFIGS,
                ApiKeys.ALTER_CONFIGS,
                ApiKeys.DESCRIBE_CONFIGS,
                ApiKeys.LIST_CONFIG_RESOURCES);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        describe(conversation);
        for (OpType type : List.of(OpType.SET, OpType.APPEND, OpType.SUBTRACT)) {
            for (@Nullable String value :
                    new @Nullable String[] {"50000", "1", "60001", "x", "", null}) {
                alter(conversation, GROUP, type, SESSION, value);
            }
            alter(conversation, GROUP, type, "streams.rack.aware.assignment.tags", "zone");
            alter(conversation, GROUP, type, "nonsense", "1");
            alter(conversation, "", type, SESSION, "50000");
        }
        alter(conversation, GROUP, OpType.SET, HEARTBEAT, "14000");
        alter(conversation, GROUP, OpType.SET, "share.session.timeout.ms", "50000");
        describe(conversation);
        alter(conversation, GROUP, OpType.DELETE, SESSION, null);
        alter(conversation, GROUP, OpType.DELETE, "nonsense", null);
        describe(conversation);
        replace(conversation, SESSION, "46000");
        replace(conversation, SESSION, "1");
        describe(conversation);
        for (String name :
                List.of(
                        SESSION,
                        "streams.rack.aware.assignment.tags",
                        "share.session.timeout.ms")) {
            alter(conversation, GROUP, OpType.DELETE, name, null);
        }
        describe(conversation);
    }

    private static void alter(
            Conversation conversation,
            String group,
            OpType type,
            String name,
            @Nullable String value)
            throws IOException, InterruptedException {
        IncrementalAlterConfigsRequestData data = new IncrementalAlterConfigsRequestData();
        IncrementalAlterConfigsRequestData.AlterConfigsResource resource =
                new IncrementalAlterConfigsRequestData.AlterConfigsResource()
                        .setResourceType(TYPE)
                        .setResourceName(group);
        resource.configs()
                .add(
                        new IncrementalAlterConfigsRequestData.AlterableConfig()
                                .setName(name)
                                .setConfigOperation(type.id())
                                .setValue(value));
        data.resources().add(resource);
        conversation.ask(data);
        conversation.settle();
    }

    private static void replace(Conversation conversation, String name, String value)
            throws IOException, InterruptedException {
        AlterConfigsRequestData data = new AlterConfigsRequestData();
        AlterConfigsRequestData.AlterConfigsResource resource =
                new AlterConfigsRequestData.AlterConfigsResource()
                        .setResourceType(TYPE)
                        .setResourceName(GROUP);
        resource.configs()
                .add(new AlterConfigsRequestData.AlterableConfig().setName(name).setValue(value));
        data.resources().add(resource);
        conversation.ask(data);
        conversation.settle();
    }

    private static void describe(Conversation conversation)
            throws IOException, InterruptedException {
        conversation.settle();
        for (String group : List.of(GROUP, "")) {
            conversation.ask(
                    new DescribeConfigsRequestData()
                            .setIncludeSynonyms(true)
                            .setIncludeDocumentation(true)
                            .setResources(
                                    List.of(
                                            new DescribeConfigsRequestData.DescribeConfigsResource()
                                                    .setResourceType(TYPE)
                                                    .setResourceName(group)
                                                    .setConfigurationKeys(null))));
        }
        conversation.ask(new ListConfigResourcesRequestData().setResourceTypes(List.of(TYPE)));
    }
}
