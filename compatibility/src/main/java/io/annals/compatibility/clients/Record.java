package io.annals.compatibility.clients;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// What the scenarios saw, as it is checked in: `compatibility/record.json`, per scenario and
/// feature one outcome of each server. Confined to one thread.
public final class Record {
    static final Path FILE = Processes.ROOT.resolve("compatibility/record.json");
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final ObjectNode outcomes;

    private Record(ObjectNode outcomes) {
        this.outcomes = outcomes;
    }

    public static Record read() throws IOException {
        return new Record(
                Files.exists(FILE)
                        ? (ObjectNode) JSON.readTree(FILE.toFile())
                        : JSON.createObjectNode());
    }

    /// @param server `kafka` or `annals`
    public void put(String scenario, String server, Map<String, String> seen) {
        ObjectNode features = outcomes.withObjectProperty(scenario);
        seen.forEach(
                (feature, outcome) -> features.withObjectProperty(feature).put(server, outcome));
    }

    public void write() throws IOException {
        Files.writeString(FILE, JSON.writeValueAsString(outcomes) + "\n");
    }

    /// What a server did, or an empty text if that was never tried.
    public String outcome(String scenario, String feature, String server) {
        JsonNode outcome = outcomes.path(scenario).path(feature).path(server);
        return outcome.asText("");
    }
}
