package io.annals.server.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The HTTP API of a running server, from the outside. Confined to one thread.
final class HttpApi implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final int OK = 200;
    private static final int CREATED = 201;

    private final HttpClient client =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT_TIMEOUT)
                    .build();
    private final URI server;

    /// @param server such as `http://127.0.0.1:8080`
    HttpApi(URI server) {
        this.server = server;
    }

    /// @param path with its leading slash, and its query
    JsonNode get(String path) throws IOException, InterruptedException, CommandFailedException {
        return send(HttpRequest.newBuilder(server.resolve(path)).GET());
    }

    /// Waits for as long as the server works on it.
    JsonNode post(String path) throws IOException, InterruptedException, CommandFailedException {
        return send(
                HttpRequest.newBuilder(server.resolve(path))
                        .POST(HttpRequest.BodyPublishers.noBody()));
    }

    JsonNode post(String path, JsonNode body)
            throws IOException, InterruptedException, CommandFailedException {
        return send(
                HttpRequest.newBuilder(server.resolve(path))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
    }

    JsonNode delete(String path) throws IOException, InterruptedException, CommandFailedException {
        return send(HttpRequest.newBuilder(server.resolve(path)).DELETE());
    }

    private JsonNode send(HttpRequest.Builder request)
            throws IOException, InterruptedException, CommandFailedException {
        HttpResponse<String> response;
        try {
            response =
                    client.send(
                            request.header("Accept", "application/json").build(),
                            HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        } catch (ConnectException _) {
            throw new CommandFailedException(
                    ExitCode.UNREACHABLE,
                    "no server answers at %s; start one with bin/annals server, or name it with"
                                    .formatted(server)
                            + " --server URL");
        }
        JsonNode body = parse(response);
        if (response.statusCode() != OK && response.statusCode() != CREATED) {
            throw new CommandFailedException(ExitCode.FAILED, problem(response.statusCode(), body));
        }
        return body;
    }

    private static JsonNode parse(HttpResponse<String> response) {
        try {
            return JSON.readTree(response.body());
        } catch (JsonProcessingException _) {
            return JSON.createObjectNode().put("detail", response.body().strip());
        }
    }

    /// The title and detail of an RFC 9457 problem.
    private static String problem(int status, JsonNode body) {
        String title = body.path("title").asText("");
        String detail = body.path("detail").asText("");
        List<String> parts = new ArrayList<>();
        parts.add("the server answered " + status);
        if (!title.isEmpty()) {
            parts.add(title);
        }
        if (!detail.isEmpty()) {
            parts.add(detail);
        }
        return String.join(": ", parts);
    }

    static String pretty(JsonNode json) {
        return json.toPrettyString();
    }

    @Override
    public void close() {
        client.close();
    }

    /// The query part of a URL; absent values are left out.
    static final class Query {
        private final StringBuilder text = new StringBuilder();

        Query with(String name, Object value) {
            text.append(text.isEmpty() ? '?' : '&')
                    .append(name)
                    .append('=')
                    .append(URLEncoder.encode(value.toString(), StandardCharsets.UTF_8));
            return this;
        }

        Query with(String name, Optional<?> value) {
            value.ifPresent(present -> with(name, present));
            return this;
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }

    /// A topic name or pattern as one part of a path.
    static String pathPart(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
