package io.annals.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.annals.archive.ObjectStore;
import io.annals.query.http.SegmentListing;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.server.ArchiveStore;
import io.annals.server.Settings;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Lists what lies in which tier: of a running server, or of a store alone.
@Command(
        name = "segments",
        description = {
            "Lists WAL segments, record segments and index splits: tier, size, age, requests.",
            "Asks a server; with --config, --data-dir or --set it reads the archive that these"
                    + " name, and needs none."
        },
        mixinStandardHelpOptions = true)
final class SegmentsCommand implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Mixin private ServerOptions server;
    @Mixin private SettingsOptions settings;

    @Parameters(index = "0", arity = "0..1", paramLabel = "TOPIC", description = "Default: all.")
    private Optional<String> topic = Optional.empty();

    @Override
    public Integer call() throws Exception {
        JsonNode answer = settings.isGiven() ? ofStore(settings.load()) : ofServer();
        SegmentsText text = new SegmentsText(Clock.systemUTC().millis());
        server.print(answer, text::of);
        return ExitCode.OK;
    }

    private JsonNode ofServer() throws Exception {
        try (HttpApi api = server.open()) {
            return api.get("/v1/segments" + new HttpApi.Query().with("topic", topic));
        }
    }

    private JsonNode ofStore(Settings store) throws Exception {
        if (!ArchiveStore.exists(store)) {
            throw new CommandFailedException(
                    ExitCode.DATA_DIRECTORY_UNUSABLE,
                    "there is no archive in " + store.dataDirectory());
        }
        try (ObjectStore objects = ArchiveStore.open(store, ArchiveStore.Use.READ)) {
            RegistrySnapshot snapshot = ArchiveOptions.registry(objects);
            List<TopicMetadata> topics = new ArrayList<>(snapshot.topics());
            topics.removeIf(one -> topic.isPresent() && !one.name().equals(topic.get()));
            topics.sort(Comparator.comparing(TopicMetadata::name));
            if (topic.isPresent() && topics.isEmpty()) {
                throw new CommandFailedException(
                        ExitCode.FAILED, "there is no topic " + topic.get());
            }
            return JSON.readTree(SegmentListing.json(snapshot, topics, Optional.empty()));
        }
    }
}
