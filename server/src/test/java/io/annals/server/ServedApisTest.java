package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `docs/kafka-protocol.md` lists every API of a Kafka broker: what of it is served, and if it is
/// not, why.
class ServedApisTest {
    private static final Path REFERENCE = Path.of("..", "docs", "kafka-protocol.md");
    private static final String BEGIN = "<!-- generated: served APIs -->\n";
    private static final String END = "<!-- end -->\n";

    private static final Set<ApiKeys> SECURITY =
            EnumSet.of(
                    ApiKeys.SASL_HANDSHAKE,
                    ApiKeys.SASL_AUTHENTICATE,
                    ApiKeys.DESCRIBE_ACLS,
                    ApiKeys.CREATE_ACLS,
                    ApiKeys.DELETE_ACLS,
                    ApiKeys.CREATE_DELEGATION_TOKEN,
                    ApiKeys.RENEW_DELEGATION_TOKEN,
                    ApiKeys.EXPIRE_DELEGATION_TOKEN,
                    ApiKeys.DESCRIBE_DELEGATION_TOKEN,
                    ApiKeys.DESCRIBE_CLIENT_QUOTAS,
                    ApiKeys.ALTER_CLIENT_QUOTAS,
                    ApiKeys.DESCRIBE_USER_SCRAM_CREDENTIALS,
                    ApiKeys.ALTER_USER_SCRAM_CREDENTIALS);

    private static final Set<ApiKeys> TELEMETRY =
            EnumSet.of(ApiKeys.GET_TELEMETRY_SUBSCRIPTIONS, ApiKeys.PUSH_TELEMETRY);

    private static final Set<ApiKeys> QUORUM =
            EnumSet.of(
                    ApiKeys.ADD_RAFT_VOTER,
                    ApiKeys.REMOVE_RAFT_VOTER,
                    ApiKeys.UNREGISTER_CONTROLLER);

    @TempDir private Path directory;

    @Test
    void the_reference_lists_what_is_served() throws Exception {
        Map<ApiKeys, ApiVersion> served = new EnumMap<>(ApiKeys.class);
        SettingsLoader settings =
                new SettingsLoader().dataDirectory(directory).httpPort(0).kafkaPort(0);
        try (Node node = Node.start(settings.load(), Clock.systemUTC())) {
            for (ApiVersion api : advertised(node.kafkaAddress().port())) {
                served.put(ApiKeys.forId(api.apiKey()), api);
            }
        }
        String page = Files.readString(REFERENCE);
        String wanted =
                page.substring(0, page.indexOf(BEGIN) + BEGIN.length())
                        + table(served)
                        + page.substring(page.indexOf(END));
        if (Boolean.getBoolean("annals.update.docs")) {
            Files.writeString(REFERENCE, wanted);
            return;
        }
        assertThat(page)
                .as("%s is outdated; run with -Dannals.update.docs=true", REFERENCE)
                .isEqualTo(wanted);
    }

    private static Iterable<ApiVersion> advertised(int port) throws IOException {
        RequestHeader header = new RequestHeader(ApiKeys.API_VERSIONS, (short) 3, "served-apis", 1);
        ByteBuffer body =
                new ApiVersionsRequest(
                                new ApiVersionsRequestData()
                                        .setClientSoftwareName("test")
                                        .setClientSoftwareVersion("1"),
                                (short) 3)
                        .serializeWithHeader(header);
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            ByteBuffer frame = ByteBuffer.allocate(4 + body.remaining()).putInt(body.remaining());
            socket.getOutputStream().write(frame.put(body).array());
            DataInputStream in = new DataInputStream(socket.getInputStream());
            AbstractResponse response =
                    AbstractResponse.parseResponse(
                            ByteBuffer.wrap(in.readNBytes(in.readInt())), header);
            return ((ApiVersionsResponse) response).data().apiKeys();
        }
    }

    private static String table(Map<ApiKeys, ApiVersion> served) {
        StringBuilder table =
                new StringBuilder("| API | key | versions | Apache Kafka 4.4 | note |\n")
                        .append("|---|---|---|---|---|\n");
        for (ApiKeys key : ApiKeys.brokerApis()) {
            if (!key.hasValidVersion() || key.latestVersion(false) < 0) {
                continue;
            }
            ApiVersion ours = served.get(key);
            table.append(
                    "| %s | %d | %s | %s | %s |\n"
                            .formatted(
                                    key.name,
                                    key.id,
                                    ours == null
                                            ? "-"
                                            : range(
                                                    Math.max(
                                                            ours.minVersion(), key.oldestVersion()),
                                                    ours.maxVersion()),
                                    range(key.oldestVersion(), key.latestVersion(false)),
                                    ours == null ? whyNot(key) : ""));
        }
        return table.toString();
    }

    private static String range(int oldest, int newest) {
        return "%d to %d".formatted(oldest, newest);
    }

    private static String whyNot(ApiKeys key) {
        if (SECURITY.contains(key)) {
            return "comes with authentication and authorization";
        }
        if (TELEMETRY.contains(key)) {
            return "a Kafka without a telemetry receiver does not advertise it either";
        }
        if (QUORUM.contains(key)) {
            return "one node is its own quorum";
        }
        if (key.clusterAction) {
            return "between Kafka's brokers only";
        }
        if (key.name.contains("Share")) {
            return "no share groups";
        }
        return key.name.startsWith("Streams") ? "no streams groups" : "not yet";
    }
}
