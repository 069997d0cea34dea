package io.annals.compatibility.clients;

import java.util.List;
import java.util.stream.Stream;

/// All scenarios.
public final class Catalogue {
    private static final List<String> JAVA =
            List.of(
                    "produce",
                    "compression",
                    "consume by assign",
                    "offsets by time",
                    "consumer group",
                    "rebalance",
                    "cooperative rebalance",
                    "static member",
                    "transactions",
                    "offsets in transactions",
                    "fencing",
                    "administration",
                    "group administration",
                    "errors");

    public static final List<Scenario> ALL =
            List.of(
                    new Script(
                            "java-4",
                            "Java clients 4.4.0",
                            plus(JAVA, "consumer protocol", "consumer protocol rebalance"),
                            Installations.java("java-4", "JavaClient.java", "new-protocol")),
                    new Script(
                            "java-3",
                            "Java clients 3.9.2",
                            JAVA,
                            Installations.java("java-3", "JavaClient.java")),
                    new Script(
                            "java-2",
                            "Java clients 2.8.2",
                            JAVA,
                            Installations.java("java-2", "JavaClient.java")),
                    new Script(
                            "kcat",
                            "kcat 1.7.1 (librdkafka 2.0.2)",
                            List.of(
                                    "metadata",
                                    "produce",
                                    "compression",
                                    "consume by assign",
                                    "consume the last ten",
                                    "consume across the tiers",
                                    "consumer group",
                                    "offsets by time",
                                    "errors"),
                            Installations.kcat()),
                    new Script(
                            "confluent-python",
                            "confluent-kafka for Python 1.7.0 (librdkafka 2.0.2)",
                            without(JAVA, "static member", "fencing"),
                            Installations.python("confluent_kafka", "confluent.py")),
                    new Script(
                            "kafka-python",
                            "kafka-python 2.0.2",
                            without(
                                    JAVA,
                                    "cooperative rebalance",
                                    "static member",
                                    "transactions",
                                    "offsets in transactions",
                                    "fencing"),
                            Installations.python("kafka", "kafka_python.py")),
                    new Script(
                            "kafkajs",
                            "kafkajs 2.2.4",
                            without(
                                    JAVA,
                                    "consume by assign",
                                    "cooperative rebalance",
                                    "static member",
                                    "fencing"),
                            Installations.node("kafkajs.mjs")),
                    new Script(
                            "platformatic",
                            "@platformatic/kafka 1.35.0",
                            List.of(
                                    "produce",
                                    "compression",
                                    "consumer group",
                                    "consumer protocol",
                                    "administration",
                                    "group administration",
                                    "errors"),
                            Installations.node("platformatic.mjs")),
                    new Script(
                            "tools",
                            "Kafka's command line tools 4.3.1",
                            List.of(
                                    "topics",
                                    "configs",
                                    "verifiable producer",
                                    "verifiable consumer",
                                    "console producer and consumer",
                                    "get offsets",
                                    "get earliest offsets",
                                    "consumer groups",
                                    "delete records",
                                    "log directories",
                                    "transactions",
                                    "broker API versions",
                                    "cluster",
                                    "features",
                                    "delete a topic"),
                            Installations.tools()),
                    new StreamsScenario(),
                    new ConnectScenario(),
                    new MirrorScenario());

    private Catalogue() {}

    private static List<String> without(List<String> features, String... less) {
        return features.stream().filter(feature -> !List.of(less).contains(feature)).toList();
    }

    private static List<String> plus(List<String> features, String... more) {
        return Stream.concat(features.stream(), List.of(more).stream()).toList();
    }
}
