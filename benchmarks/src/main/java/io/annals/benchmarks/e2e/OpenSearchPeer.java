package io.annals.benchmarks.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.annals.compatibility.peer.Jars;
import io.annals.compatibility.peer.Peer;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One OpenSearch 3.8 node from its published jars, in a process of its own, with the heap that
/// Annals has by default. The program that starts it is compiled when it is started, against those
/// jars.
final class OpenSearchPeer implements Peer {
    private static final Path PROGRAM =
            Processes.ROOT.resolve("benchmarks/peers/OpenSearchNode.java");
    private static final int MAX_START_SECONDS = 120;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Path folder;
    private final String classPath;
    private final int port;
    private @Nullable Process process;

    /// @throws IOException if the jars cannot be fetched
    OpenSearchPeer(Path folder) throws IOException, InterruptedException {
        this.folder = folder;
        this.classPath = Jars.of("opensearch");
        this.port = Processes.freePort();
    }

    @Override
    public String name() {
        return "opensearch";
    }

    @Override
    public void start() throws IOException, InterruptedException {
        Path log = folder.resolveSibling(folder.getFileName() + ".log");
        List<String> command =
                List.of(
                        Processes.java(),
                        "-Xms2g",
                        "-Xmx2g",
                        "-XX:+UseG1GC",
                        "--add-modules=jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classPath,
                        PROGRAM.toString(),
                        folder.toString(),
                        "" + port);
        process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                        .start();
        for (int i = 0; i < 2 * MAX_START_SECONDS && process.isAlive(); i++) {
            try {
                send("GET", "/_cluster/health?wait_for_status=yellow&timeout=30s", null);
                return;
            } catch (IOException _) {
                Thread.sleep(500);
            }
        }
        throw new IOException("opensearch did not start, see " + log);
    }

    /// @param body settings and mappings, JSON
    void createIndex(String index, String body) throws IOException, InterruptedException {
        send("PUT", "/" + index, body);
    }

    /// @param lines an action and a document by turns, a line each
    void bulk(String index, String lines) throws IOException, InterruptedException {
        String answer = send("POST", "/" + index + "/_bulk?filter_path=errors", lines);
        if (!answer.contains("\"errors\":false")) {
            throw new IOException("opensearch refused documents: " + answer);
        }
    }

    /// Everything becomes searchable and is written.
    void finish(String index) throws IOException, InterruptedException {
        send("POST", "/" + index + "/_refresh", null);
        send("POST", "/" + index + "/_flush", null);
    }

    /// What the index takes on disk, documents and all.
    long storeBytes(String index) throws IOException, InterruptedException {
        JsonNode stats = JSON.readTree(send("GET", "/" + index + "/_stats/store", null));
        return stats.at("/_all/primaries/store/size_in_bytes").asLong();
    }

    /// @param body the search, JSON
    /// @return the answer, JSON
    String search(String index, String body) throws IOException, InterruptedException {
        return send("POST", "/" + index + "/_search", body);
    }

    private String send(String method, String path, @Nullable String body)
            throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(bootstrap() + path))
                        .header("content-type", "application/json")
                        .method(
                                method,
                                body == null
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(body))
                        .build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(
                    "%s %s answered %d: %s"
                            .formatted(method, path, response.statusCode(), response.body()));
        }
        return response.body();
    }

    @Override
    public void stop() throws InterruptedException {
        if (process != null) {
            Processes.terminate(process);
        }
    }

    @Override
    public void kill() throws InterruptedException {
        Objects.requireNonNull(process).destroyForcibly().waitFor();
    }

    /// Base of its HTTP API.
    @Override
    public String bootstrap() {
        return "http://127.0.0.1:" + port;
    }

    @Override
    public long pid() {
        return Objects.requireNonNull(process).pid();
    }
}
