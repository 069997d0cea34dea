package io.annals.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.annals.archive.ObjectStore;
import io.annals.query.RefusedException;
import io.annals.query.http.SegmentListing;
import io.annals.query.http.SegmentRequest;
import io.annals.registry.RegistrySnapshot;
import io.annals.server.ArchiveStore;
import io.annals.server.Settings;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Lists what lies in which tier: of a running server, or of a store alone. Prints while it reads,
/// page by page.
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
        SegmentsOutput output =
                server.isJson()
                        ? new SegmentsJson(System.out)
                        : new SegmentsText(System.out, Clock.systemUTC().millis());
        if (settings.isGiven()) {
            printStore(settings.load(), output);
        } else {
            printServer(output);
        }
        return ExitCode.OK;
    }

    private void printServer(SegmentsOutput output) throws Exception {
        try (HttpApi api = server.open()) {
            output.printAll(cursor ->
                    api.get(
                            "/v1/segments"
                                    + new HttpApi.Query()
                                            .with("topic", topic)
                                            .with("cursor", cursor)));
        }
    }

    private void printStore(Settings store, SegmentsOutput output) throws Exception {
        if (!ArchiveStore.exists(store)) {
            throw new CommandFailedException(
                    ExitCode.DATA_DIRECTORY_UNUSABLE,
                    "there is no archive in " + store.dataDirectory());
        }
        try (ObjectStore objects = ArchiveStore.open(store, ArchiveStore.Use.READ)) {
            RegistrySnapshot snapshot = ArchiveOptions.registry(objects);
            output.printAll(cursor -> page(snapshot, cursor));
        }
    }

    private JsonNode page(RegistrySnapshot snapshot, Optional<String> cursor) throws Exception {
        try {
            SegmentRequest request = SegmentRequest.of(topic, SegmentRequest.MAX_LIMIT, cursor);
            return JSON.readTree(SegmentListing.page(snapshot, request, Optional.empty()));
        } catch (RefusedException e) {
            throw new CommandFailedException(ExitCode.FAILED, String.valueOf(e.getMessage()));
        }
    }
}
