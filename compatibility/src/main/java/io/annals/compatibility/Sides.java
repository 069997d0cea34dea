package io.annals.compatibility;

import io.annals.compatibility.peer.AnnalsPeer;
import io.annals.compatibility.peer.KafkaPeer;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// Both servers, running, each with the settings under which they should be alike: one node, few
/// internal partitions, no delay before the first rebalance.
public final class Sides implements AutoCloseable {
    private static final Map<String, String> BOTH =
            Map.of(
                    "group.initial.rebalance.delay.ms", "0",
                    "offsets.topic.num.partitions", "4",
                    "transaction.state.log.num.partitions", "4");

    /// The records that tests produce have old timestamps: 30 s after its start Kafka would delete
    /// them.
    private static final Map<String, String> KEEPING =
            Map.of("log.initial.task.delay.ms", "86400000");

    /// What Annals is started with, for comparing.
    public static final Map<String, String> SETTINGS_OF_ANNALS = BOTH;

    private final KafkaPeer kafka;
    private final AnnalsPeer annals;

    private Sides(KafkaPeer kafka, AnnalsPeer annals) {
        this.kafka = kafka;
        this.annals = annals;
    }

    /// Starts both in empty folders under `directory`.
    public static Sides start(Path directory) throws IOException, InterruptedException {
        Processes.delete(directory);
        Files.createDirectories(directory);
        Sides sides =
                new Sides(
                        new KafkaPeer(directory.resolve("kafka"), settingsOfKafka()),
                        new AnnalsPeer(directory.resolve("annals"), SETTINGS_OF_ANNALS));
        try {
            sides.kafka.start();
            sides.annals.start();
        } catch (IOException | InterruptedException | RuntimeException e) {
            sides.close();
            throw e;
        }
        return sides;
    }

    private static Map<String, String> settingsOfKafka() {
        Map<String, String> settings = new HashMap<>(BOTH);
        settings.putAll(KEEPING);
        return settings;
    }

    public KafkaPeer kafka() {
        return kafka;
    }

    public AnnalsPeer annals() {
        return annals;
    }

    @Override
    public void close() {
        try {
            kafka.stop();
            annals.stop();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
