package io.annals.server.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Lists, creates, describes, changes and deletes topics, over the Kafka protocol.
@Command(
        name = "topics",
        description = "Lists, creates, describes, alters and deletes topics.",
        mixinStandardHelpOptions = true,
        subcommands = {
            TopicsCommand.ListTopics.class,
            TopicsCommand.Create.class,
            TopicsCommand.Describe.class,
            TopicsCommand.Alter.class,
            TopicsCommand.Delete.class
        })
final class TopicsCommand {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// One that talks to a server.
    abstract static class AdminCommand implements Callable<Integer> {
        @Mixin KafkaOptions kafka;

        abstract void run(Admin admin) throws Exception;

        @Override
        public Integer call() throws Exception {
            try (Admin admin = kafka.open()) {
                run(admin);
            }
            return ExitCode.OK;
        }
    }

    /// One about one topic.
    abstract static class TopicCommand extends AdminCommand {
        @Parameters(paramLabel = "TOPIC")
        String topic;
    }

    @Command(name = "list", description = "Lists all topics.", mixinStandardHelpOptions = true)
    static final class ListTopics extends AdminCommand {
        @Override
        void run(Admin admin) throws Exception {
            Collection<String> names = kafka.await(admin.listTopics().names());
            List<TopicDescription> topics = describe(kafka, admin, names);
            if (kafka.json()) {
                ArrayNode all = JSON.createArrayNode();
                for (TopicDescription topic : topics) {
                    all.addObject()
                            .put("name", topic.name())
                            .put("id", topic.topicId().toString())
                            .put("partitions", topic.partitions().size());
                }
                System.out.println(HttpApi.pretty(all));
            } else {
                List<List<String>> rows = new ArrayList<>();
                for (TopicDescription topic : topics) {
                    String partitions = Integer.toString(topic.partitions().size());
                    rows.add(List.of(topic.name(), partitions, topic.topicId().toString()));
                }
                System.out.print(Table.of(List.of("TOPIC", "PARTITIONS", "ID"), rows));
            }
        }
    }

    @Command(name = "create", description = "Creates a topic.", mixinStandardHelpOptions = true)
    static final class Create extends TopicCommand {
        @Option(names = "--partitions", description = "Default: the server's num.partitions.")
        private Optional<Integer> partitions = Optional.empty();

        @Option(
                names = "--config",
                paramLabel = "NAME=VALUE",
                description = "Topic setting; repeatable.")
        private Map<String, String> configs = new LinkedHashMap<>();

        @Override
        void run(Admin admin) throws Exception {
            NewTopic created = new NewTopic(topic, partitions, Optional.empty()).configs(configs);
            kafka.await(admin.createTopics(List.of(created)).all());
            System.out.println("created " + topic);
        }
    }

    @Command(
            name = "describe",
            description = "Shows the offsets of a topic's partitions and its settings.",
            mixinStandardHelpOptions = true)
    static final class Describe extends TopicCommand {
        @Override
        void run(Admin admin) throws Exception {
            TopicDescription description =
                    TopicsCommand.describe(kafka, admin, List.of(topic)).getFirst();
            List<Partition> partitions = partitions(admin, description);
            Collection<ConfigEntry> configs = configs(admin);
            System.out.print(
                    kafka.json()
                            ? json(description, partitions, configs)
                            : text(description, partitions, configs));
        }

        private List<Partition> partitions(Admin admin, TopicDescription description)
                throws Exception {
            List<Partition> partitions = new ArrayList<>();
            for (TopicPartitionInfo info : description.partitions()) {
                TopicPartition partition = new TopicPartition(topic, info.partition());
                partitions.add(
                        new Partition(
                                info.partition(),
                                offset(admin, partition, OffsetSpec.earliest()),
                                offset(admin, partition, OffsetSpec.latest())));
            }
            return partitions;
        }

        private long offset(Admin admin, TopicPartition partition, OffsetSpec spec)
                throws Exception {
            return kafka.await(
                            admin.listOffsets(Map.of(partition, spec)).partitionResult(partition))
                    .offset();
        }

        private Collection<ConfigEntry> configs(Admin admin) throws Exception {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            return kafka.await(admin.describeConfigs(List.of(resource)).all()).values().stream()
                    .flatMap(config -> config.entries().stream())
                    .toList();
        }

        private String text(
                TopicDescription description,
                List<Partition> partitions,
                Collection<ConfigEntry> configs) {
            List<List<String>> offsets = new ArrayList<>();
            for (Partition one : partitions) {
                offsets.add(
                        List.of(
                                Integer.toString(one.partition()),
                                Long.toString(one.startOffset()),
                                Long.toString(one.endOffset())));
            }
            List<List<String>> settings = new ArrayList<>();
            for (ConfigEntry entry : configs) {
                settings.add(
                        List.of(
                                entry.name(),
                                Objects.toString(entry.value(), ""),
                                entry.source().toString()));
            }
            return "topic %s, id %s\n\n".formatted(topic, description.topicId())
                    + Table.of(List.of("PARTITION", "START", "END"), offsets)
                    + "\n"
                    + Table.of(List.of("SETTING", "VALUE", "FROM"), settings);
        }

        private String json(
                TopicDescription description,
                List<Partition> partitions,
                Collection<ConfigEntry> configs) {
            ObjectNode all = JSON.createObjectNode();
            all.put("name", topic).put("id", description.topicId().toString());
            ArrayNode offsets = all.putArray("partitions");
            for (Partition one : partitions) {
                offsets.addObject()
                        .put("partition", one.partition())
                        .put("start_offset", one.startOffset())
                        .put("end_offset", one.endOffset());
            }
            ObjectNode settings = all.putObject("configs");
            configs.forEach(entry -> settings.put(entry.name(), entry.value()));
            return HttpApi.pretty(all) + "\n";
        }

        /// Offsets `[startOffset, endOffset)`.
        private record Partition(int partition, long startOffset, long endOffset) {}
    }

    @Command(
            name = "alter",
            description = "Changes settings of a topic, or gives it more partitions.",
            mixinStandardHelpOptions = true)
    static final class Alter extends TopicCommand {
        @Option(names = "--config", paramLabel = "NAME=VALUE", description = "Sets; repeatable.")
        private Map<String, String> set = new LinkedHashMap<>();

        @Option(
                names = "--delete-config",
                paramLabel = "NAME",
                description = "Back to the default.")
        private List<String> deleted = new ArrayList<>();

        @Option(names = "--partitions", description = "New number, larger than before.")
        private Optional<Integer> partitions = Optional.empty();

        @Override
        public Integer call() throws Exception {
            if (set.isEmpty() && deleted.isEmpty() && partitions.isEmpty()) {
                throw new CommandFailedException(
                        ExitCode.USAGE,
                        "nothing to change: give --config, --delete-config or --partitions");
            }
            return super.call();
        }

        @Override
        void run(Admin admin) throws Exception {
            if (partitions.isPresent()) {
                NewPartitions more = NewPartitions.increaseTo(partitions.get());
                kafka.await(admin.createPartitions(Map.of(topic, more)).all());
            }
            List<AlterConfigOp> changes = new ArrayList<>();
            set.forEach(
                    (name, value) -> changes.add(change(name, value, AlterConfigOp.OpType.SET)));
            deleted.forEach(name -> changes.add(change(name, "", AlterConfigOp.OpType.DELETE)));
            if (!changes.isEmpty()) {
                ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
                kafka.await(admin.incrementalAlterConfigs(Map.of(resource, changes)).all());
            }
            System.out.println("altered " + topic);
        }

        private static AlterConfigOp change(String name, String value, AlterConfigOp.OpType type) {
            return new AlterConfigOp(new ConfigEntry(name, value), type);
        }
    }

    @Command(
            name = "delete",
            description = "Deletes a topic with all its records.",
            mixinStandardHelpOptions = true)
    static final class Delete extends TopicCommand {
        @Override
        void run(Admin admin) throws Exception {
            kafka.await(admin.deleteTopics(List.of(topic)).all());
            System.out.println("deleted " + topic);
        }
    }

    private static List<TopicDescription> describe(
            KafkaOptions kafka, Admin admin, Collection<String> names) throws Exception {
        return kafka.await(admin.describeTopics(names).allTopicNames()).values().stream()
                .sorted(Comparator.comparing(TopicDescription::name))
                .toList();
    }
}
