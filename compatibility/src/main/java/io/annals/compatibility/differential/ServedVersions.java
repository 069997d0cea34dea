package io.annals.compatibility.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/// The API versions that a server advertises, or that two servers both do. Only such that the
/// client library of this build can write and read.
final class ServedVersions {
    private final NavigableMap<ApiKeys, List<Short>> versions;

    private ServedVersions(NavigableMap<ApiKeys, List<Short>> versions) {
        this.versions = versions;
    }

    static ServedVersions none() {
        return new ServedVersions(new TreeMap<>());
    }

    /// Asks a server.
    static ServedVersions ask(String bootstrap) throws IOException {
        NavigableMap<ApiKeys, List<Short>> found = new TreeMap<>();
        try (Conversation conversation = new Conversation(bootstrap, none())) {
            JsonNode answer =
                    conversation.ask(
                            new ApiVersionsRequestData()
                                    .setClientSoftwareName("differential")
                                    .setClientSoftwareVersion("1"),
                            (short) 3);
            for (JsonNode api : answer.path("api_keys")) {
                int id = api.path("api_key").asInt();
                if (ApiKeys.hasId(id)) {
                    List<Short> served = new ArrayList<>();
                    for (int v = api.path("min_version").asInt();
                            v <= api.path("max_version").asInt();
                            v++) {
                        if (ApiKeys.forId(id).isVersionSupported((short) v)) {
                            served.add((short) v);
                        }
                    }
                    found.put(ApiKeys.forId(id), served);
                }
            }
        }
        return new ServedVersions(found);
    }

    ServedVersions and(ServedVersions other) {
        NavigableMap<ApiKeys, List<Short>> both = new TreeMap<>();
        versions.forEach((api, served) -> {
            List<Short> common = served.stream().filter(v -> other.of(api).contains(v)).toList();
            if (!common.isEmpty()) {
                both.put(api, common);
            }
        });
        return new ServedVersions(both);
    }

    Set<ApiKeys> apis() {
        return versions.keySet();
    }

    /// Ascending; empty if the API is not served.
    List<Short> of(ApiKeys api) {
        return versions.getOrDefault(api, List.of());
    }

    /// @throws IllegalArgumentException if the API is not served
    short newest(ApiKeys api) {
        if (of(api).isEmpty()) {
            throw new IllegalArgumentException(api + " is not served by both");
        }
        return of(api).getLast();
    }

    String range(ApiKeys api) {
        return of(api).isEmpty() ? "-" : of(api).getFirst() + " to " + of(api).getLast();
    }
}
