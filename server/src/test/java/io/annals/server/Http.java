package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The HTTP API of a server under test. Thread-safe.
final class Http implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final String base;

    Http(AnnalsProcess server) {
        this.base = server.http();
    }

    /// What came back, whatever its status.
    HttpResponse<String> send(String method, String path) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(base + path))
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    /// The JSON of an answer that must be 200.
    JsonNode get(String path) throws IOException, InterruptedException {
        return json(path, send("GET", path));
    }

    JsonNode post(String path) throws IOException, InterruptedException {
        return json(path, send("POST", path));
    }

    /// The JSON of an answer that must be 201.
    JsonNode postJson(String path, String body) throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(base + path))
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
        HttpResponse<String> response =
                client.send(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        assertThat(response.statusCode()).describedAs(path + " " + response.body()).isEqualTo(201);
        return parse(response);
    }

    /// Seals and archives everything hot.
    void seal() throws IOException, InterruptedException {
        post("/v1/admin/seal");
    }

    /// A value on the page of metrics, without its fraction.
    ///
    /// @param name with its labels, as `requests{api="Fetch"}`
    long metric(String name) throws IOException, InterruptedException {
        String page = send("GET", "/metrics").body();
        Matcher line =
                Pattern.compile("^" + Pattern.quote(name) + " (\\S+)$", Pattern.MULTILINE)
                        .matcher(page);
        assertThat(line.find()).describedAs(name).isTrue();
        return (long) Double.parseDouble(line.group(1));
    }

    /// @param parameters such as `partition=1&limit=5`
    JsonNode search(String topic, String query, String parameters)
            throws IOException, InterruptedException {
        return get(
                "/v1/topics/%s/search?q=%s%s"
                        .formatted(
                                topic,
                                encode(query),
                                parameters.isEmpty() ? "" : "&" + parameters));
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    static JsonNode parseText(String json) throws IOException {
        return JSON.readTree(json);
    }

    static JsonNode parse(HttpResponse<String> response) throws IOException {
        return JSON.readTree(response.body());
    }

    private static JsonNode json(String path, HttpResponse<String> response) throws IOException {
        assertThat(response.statusCode()).describedAs(path + " " + response.body()).isEqualTo(200);
        return parse(response);
    }

    @Override
    public void close() {
        client.close();
    }
}
