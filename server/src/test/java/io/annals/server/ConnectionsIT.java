package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Many connections, and several listeners, of one server process. All of them:
/// `-Dannals.connections=10000`.
class ConnectionsIT {
    private static final int CONNECTIONS = Integer.getInteger("annals.connections", 1_000);
    private static final long KIB_PER_CONNECTION = 32;

    /// So many are opened and closed before it counts: what a server needs once for its first
    /// connections (classes, compiled code, buffer arenas, heap) is not theirs.
    private static final int WARM_UP_CONNECTIONS = Math.min(CONNECTIONS, 1_000);

    private static final String IDLE_CLIENTS =
            "annals_client_connections{software=\"idle\",version=\"1.0\"} ";
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir private static Path directory;
    private static AnnalsProcess server;
    private static int outsidePort;

    @BeforeAll
    static void start() throws IOException {
        outsidePort = AnnalsProcess.Ports.reserve().kafka();
        server =
                AnnalsProcess.start(
                        directory,
                        "listeners=INSIDE://127.0.0.1:9092,OUTSIDE://127.0.0.1:" + outsidePort,
                        "advertised.listeners=OUTSIDE://localhost:" + outsidePort,
                        "listener.security.protocol.map=INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT",
                        "max.connections=" + (CONNECTIONS + 100),
                        "max.connections.per.ip=" + (CONNECTIONS + 100));
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void stock_clients_are_told_the_address_of_the_listener_they_came_in_on() throws Exception {
        assertThat(brokers(server.kafka()))
                .singleElement()
                .matches(node -> node.host().equals("127.0.0.1"))
                .matches(node -> node.port() == server.kafkaPort());
        assertThat(brokers("127.0.0.1:" + outsidePort))
                .singleElement()
                .matches(node -> node.host().equals("localhost"))
                .matches(node -> node.port() == outsidePort);
        try (KafkaProducer<byte[], byte[]> producer =
                KafkaClients.producer("localhost:" + outsidePort, Map.of())) {
            producer.send(new ProducerRecord<>("outside", new byte[10])).get(30, TimeUnit.SECONDS);
        }
    }

    private static Collection<Node> brokers(String bootstrap) throws Exception {
        try (Admin admin = KafkaClients.admin(bootstrap)) {
            return admin.describeCluster().nodes().get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void idle_connections_cost_little_and_disturb_nobody() throws Exception {
        List<Socket> idle = new ArrayList<>();
        try (Http http = new Http(server)) {
            open(idle, WARM_UP_CONNECTIONS);
            close(idle);
            awaitIdleConnections(http, 0);
            long before = residentKib();
            open(idle, CONNECTIONS);
            long grown = residentKib() - before;

            assertThat(idleConnections(http)).isEqualTo(CONNECTIONS);
            assertThat(grown)
                    .as("KiB for %d connections", CONNECTIONS)
                    .isLessThan(CONNECTIONS * KIB_PER_CONNECTION);
            try (KafkaProducer<byte[], byte[]> producer =
                    KafkaClients.producer(server.kafka(), Map.of())) {
                producer.send(new ProducerRecord<>("busy", new byte[10])).get(30, TimeUnit.SECONDS);
            }
            for (Socket socket : idle) {
                assertThat(answers(socket)).isTrue();
            }
        } finally {
            close(idle);
        }
    }

    @Test
    void the_limits_can_be_changed_while_the_server_runs() throws Exception {
        try (Admin admin = KafkaClients.admin(server.kafka())) {
            change(admin, new ConfigEntry("max.connections.per.ip", "1"), OpType.SET);
            try (Socket more = new Socket(InetAddress.getLoopbackAddress(), server.kafkaPort())) {
                assertThat(more.getInputStream().read()).as("closed by the server").isEqualTo(-1);
            }
            change(admin, new ConfigEntry("max.connections.per.ip", ""), OpType.DELETE);
            try (Socket more = new Socket(InetAddress.getLoopbackAddress(), server.kafkaPort())) {
                assertThat(answers(more)).isTrue();
            }
        }
    }

    private static void change(Admin admin, ConfigEntry entry, OpType type) throws Exception {
        ConfigResource cluster = new ConfigResource(ConfigResource.Type.BROKER, "");
        admin.incrementalAlterConfigs(Map.of(cluster, List.of(new AlterConfigOp(entry, type))))
                .all()
                .get(30, TimeUnit.SECONDS);
    }

    private static void open(List<Socket> idle, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.kafkaPort());
            idle.add(socket);
            assertThat(answers(socket)).isTrue();
        }
    }

    private static void close(List<Socket> idle) throws IOException {
        for (Socket socket : idle) {
            socket.close();
        }
        idle.clear();
    }

    private static void awaitIdleConnections(Http http, int count) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (idleConnections(http) != count) {
            assertThat(System.nanoTime()).as("waiting for %d", count).isLessThan(deadline);
            Thread.sleep(50);
        }
    }

    /// Connections of the clients of this test, as the server counts them.
    private static double idleConnections(Http http) throws Exception {
        return http.send("GET", "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(IDLE_CLIENTS))
                .mapToDouble(line -> Double.parseDouble(line.substring(IDLE_CLIENTS.length())))
                .sum();
    }

    private static boolean answers(Socket socket) throws IOException {
        ByteBuffer body =
                new ApiVersionsRequest(
                                new ApiVersionsRequestData()
                                        .setClientSoftwareName("idle")
                                        .setClientSoftwareVersion("1.0"),
                                (short) 3)
                        .serializeWithHeader(
                                new RequestHeader(ApiKeys.API_VERSIONS, (short) 3, "idle", 1));
        ByteBuffer frame = ByteBuffer.allocate(4 + body.remaining()).putInt(body.remaining());
        socket.getOutputStream().write(frame.put(body).array());
        DataInputStream in = new DataInputStream(socket.getInputStream());
        int length = in.readInt();
        return in.readNBytes(length).length == length;
    }

    private static long residentKib() throws IOException {
        return Files.readAllLines(Path.of("/proc/" + server.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElseThrow();
    }
}
