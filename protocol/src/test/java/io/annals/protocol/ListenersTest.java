package io.annals.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.MetadataRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.junit.jupiter.api.Test;

/// Several listeners, and who clients and server take each other for.
class ListenersTest {
    private static final HostAndPort LOOPBACK = new HostAndPort("127.0.0.1", 0);

    /// Answers with the address that the client would be told.
    private static Scripted<MetadataRequest> told() {
        return new Scripted<>(
                ApiKeys.METADATA,
                MetadataRequest.class,
                (_, context) ->
                        Scripted.done(
                                new MetadataResponseData()
                                        .setClusterId(context.listener().toString())));
    }

    private static String told(RawClient client) throws IOException {
        return ((MetadataResponse) client.call(Scripted.metadataRequest()).body()).clusterId();
    }

    @Test
    void clients_are_told_the_address_of_the_listener_they_came_in_on() throws IOException {
        KafkaServerConfig config =
                KafkaServerConfig.loopback()
                        .withListeners(
                                List.of(
                                        new Listener("PLAIN", LOOPBACK, Optional.empty()),
                                        new Listener(
                                                "INSIDE",
                                                LOOPBACK,
                                                Optional.of(new HostAndPort("inside.example", 0))),
                                        new Listener(
                                                "OUTSIDE",
                                                LOOPBACK,
                                                Optional.of(
                                                        new HostAndPort("log.example", 9094)))));
        try (KafkaServer server =
                KafkaServer.start(config, List.of(told()), FrontDoorListener.NONE)) {
            assertThat(server.addresses().keySet())
                    .containsExactlyInAnyOrder("PLAIN", "INSIDE", "OUTSIDE");
            assertThat(server.addresses().get("OUTSIDE"))
                    .isEqualTo(new HostAndPort("log.example", 9094));
            for (String name : List.of("PLAIN", "INSIDE")) {
                HostAndPort advertised = Objects.requireNonNull(server.addresses().get(name));
                try (RawClient client =
                        new RawClient(InetAddress.getLoopbackAddress(), advertised.port())) {
                    assertThat(told(client)).isEqualTo(advertised.toString());
                }
            }
        }
    }

    @Test
    void one_listener_that_cannot_be_bound_stops_all() throws IOException {
        KafkaServerConfig config = KafkaServerConfig.loopback();
        try (KafkaServer other = KafkaServer.start(config, List.of(), FrontDoorListener.NONE)) {
            List<Listener> listeners =
                    List.of(
                            new Listener("FREE", LOOPBACK, Optional.empty()),
                            new Listener(
                                    "TAKEN",
                                    new HostAndPort("127.0.0.1", other.port()),
                                    Optional.empty()));
            assertThatThrownBy(() ->
                            KafkaServer.start(
                                    config.withListeners(listeners),
                                    List.of(),
                                    FrontDoorListener.NONE))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("cannot listen on 127.0.0.1:" + other.port());
        }
    }

    @Test
    void a_client_that_took_us_for_another_broker_is_sent_back_to_its_bootstrap()
            throws IOException {
        KafkaServerConfig config =
                KafkaServerConfig.loopback().withIdentity(new BrokerIdentity("ours", 1));
        try (KafkaServer server =
                        KafkaServer.start(config, List.of(told()), FrontDoorListener.NONE);
                RawClient client = new RawClient(server)) {
            assertThat(versions(client, null, -1)).isEqualTo(Errors.NONE);
            assertThat(versions(client, "ours", 1)).isEqualTo(Errors.NONE);
            assertThat(versions(client, "theirs", 1)).isEqualTo(Errors.REBOOTSTRAP_REQUIRED);
            assertThat(versions(client, "ours", 2)).isEqualTo(Errors.REBOOTSTRAP_REQUIRED);
        }
    }

    private static Errors versions(
            RawClient client, @org.jspecify.annotations.Nullable String clusterId, int nodeId)
            throws IOException {
        ApiVersionsRequest request = versionsRequest("librdkafka", "2.3.0");
        request.data().setClusterId(clusterId).setNodeId(nodeId);
        return Errors.forCode(
                ((ApiVersionsResponse) client.call(request).body()).data().errorCode());
    }

    private static ApiVersionsRequest versionsRequest(String software, String version) {
        return new ApiVersionsRequest(
                new ApiVersionsRequestData()
                        .setClientSoftwareName(software)
                        .setClientSoftwareVersion(version),
                (short) 5);
    }

    @Test
    void what_a_client_says_it_is_is_heard_once_and_taken_back_when_it_goes() throws Exception {
        Queue<String> heard = new ConcurrentLinkedQueue<>();
        FrontDoorListener listener =
                new FrontDoorListener() {
                    @Override
                    public void clientIdentified(ClientSoftware software) {
                        heard.add("+" + software.name() + " " + software.version());
                    }

                    @Override
                    public void clientGone(ClientSoftware software) {
                        heard.add("-" + software.name());
                    }
                };
        try (KafkaServer server =
                KafkaServer.start(KafkaServerConfig.loopback(), List.of(told()), listener)) {
            try (RawClient client = new RawClient(server)) {
                client.call(versionsRequest("not a name", "1"));
                client.call(versionsRequest("kcat", "1.7"));
                client.call(versionsRequest("other", "2"));
            }
        }
        assertThat(heard).containsExactly("+kcat 1.7", "-kcat");
    }
}
