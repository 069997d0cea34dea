package io.annals.protocol;

import static io.annals.protocol.ScriptedFrontDoor.LIMITS;
import static io.annals.protocol.ScriptedFrontDoor.assertServes;
import static io.annals.protocol.ScriptedFrontDoor.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/// What is answered, and in which order.
class KafkaServerTest {
    @AutoClose private final ScriptedFrontDoor front = new ScriptedFrontDoor();

    @Test
    void advertises_the_registered_apis_and_nothing_else() throws IOException {
        KafkaServer server =
                front.serve(
                        LIMITS,
                        Scripted.metadata(),
                        Scripted.produce((_, _) -> Scripted.produced()));

        ApiVersionsResponse response =
                (ApiVersionsResponse)
                        front.connect(server)
                                .call(new ApiVersionsRequest.Builder().build((short) 3))
                                .body();

        assertThat(response.data().apiKeys())
                .extracting(api -> ApiKeys.forId(api.apiKey()))
                .containsExactlyInAnyOrder(ApiKeys.API_VERSIONS, ApiKeys.METADATA, ApiKeys.PRODUCE);
        assertThat(response.apiVersion(ApiKeys.PRODUCE.id).minVersion()).isZero();
        assertThat(response.apiVersion(ApiKeys.PRODUCE.id).maxVersion())
                .isEqualTo(ApiKeys.PRODUCE.latestVersion(false));
    }

    @Test
    void answers_an_unknown_ApiVersions_version_in_version_0() throws IOException {
        RawClient client = front.connect(front.serve(LIMITS, Scripted.metadata()));
        byte[] frame =
                client.frame(new ApiVersionsRequest(new ApiVersionsRequestData(), (short) 3));
        ByteBuffer.wrap(frame).putShort(6, (short) 99);

        client.send(frame);

        ApiVersionsResponse response =
                (ApiVersionsResponse) client.receive(ApiKeys.API_VERSIONS, (short) 0).body();
        assertThat(response.data().errorCode()).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
        assertThat(response.data().apiKeys())
                .singleElement()
                .matches(versions -> versions.apiKey() == ApiKeys.API_VERSIONS.id)
                .matches(versions -> versions.maxVersion() == 5);
        assertServes(client);
    }

    @Test
    void answers_in_request_order_whatever_the_order_of_completion() throws Exception {
        List<CompletableFuture<Optional<ApiMessage>>> pending = new ArrayList<>();
        KafkaServer server = front.serve(LIMITS, Scripted.produceParkedIn(pending));
        RawClient client = front.connect(server);
        for (int i = 0; i < 5; i++) {
            client.send(Scripted.produceRequest((short) 1, new byte[] {1}));
        }
        eventually(() -> pending.size() == 5);

        for (int i = 4; i >= 0; i--) {
            pending.get(i).complete(Optional.of(new ProduceResponseData().setThrottleTimeMs(0)));
        }

        for (int i = 1; i <= 5; i++) {
            assertThat(client.receive(ApiKeys.PRODUCE, (short) 9).correlationId()).isEqualTo(i);
        }
    }

    @Test
    void starts_other_requests_only_when_everything_before_is_answered() throws Exception {
        CompletableFuture<Optional<ApiMessage>> produce = new CompletableFuture<>();
        AtomicInteger metadata = new AtomicInteger();
        KafkaServer server =
                front.serve(
                        LIMITS,
                        Scripted.produce((_, _) -> produce),
                        new Scripted<>(
                                ApiKeys.METADATA,
                                org.apache.kafka.common.requests.MetadataRequest.class,
                                (request, context) -> {
                                    metadata.incrementAndGet();
                                    return Scripted.metadata().handle(request, context);
                                }));
        RawClient client = front.connect(server);

        client.send(Scripted.produceRequest((short) 1, new byte[] {1}));
        client.send(Scripted.metadataRequest());
        Thread.sleep(100);
        assertThat(metadata).hasValue(0);
        produce.complete(Optional.of(new ProduceResponseData()));

        client.receive(ApiKeys.PRODUCE, (short) 9);
        client.receive(ApiKeys.METADATA, (short) 9);
        assertThat(metadata).hasValue(1);
    }

    @Test
    void does_what_had_arrived_when_the_client_closed() throws Exception {
        CompletableFuture<Optional<ApiMessage>> slow = new CompletableFuture<>();
        AtomicReference<RequestContext> first = new AtomicReference<>();
        List<CompletableFuture<Optional<ApiMessage>>> produces = new ArrayList<>();
        KafkaServer server =
                front.serve(
                        LIMITS,
                        new Scripted<>(
                                ApiKeys.METADATA,
                                org.apache.kafka.common.requests.MetadataRequest.class,
                                (_, context) -> {
                                    first.set(context);
                                    return slow;
                                }),
                        Scripted.produceParkedIn(produces));
        int requests = LIMITS.maxRequestsPerConnection() + 5;
        try (RawClient client = front.connect(server)) {
            client.send(Scripted.metadataRequest());
            for (int i = 0; i < requests; i++) {
                client.send(Scripted.produceRequest((short) 0, new byte[] {1}));
            }
            eventually(() -> first.get() != null);
        }
        first.get().closed().toCompletableFuture().get(10, TimeUnit.SECONDS);
        assertThat(produces).isEmpty();

        slow.complete(Optional.of(new MetadataResponseData()));

        eventually(() -> produces.size() == requests);
        produces.forEach(each -> each.complete(Optional.empty()));
        eventually(() -> server.heldRequestBytes() == 0);
    }

    @Test
    void understands_requests_that_arrive_byte_by_byte() throws IOException {
        RawClient client = front.connect(front.serve(LIMITS, Scripted.metadata()));
        byte[] frame = client.frame(Scripted.metadataRequest());
        for (byte b : frame) {
            client.send(new byte[] {b});
        }
        client.receive(ApiKeys.METADATA, (short) 9);
        assertServes(client);
    }

    @Test
    void reads_large_requests_whole_into_direct_memory() throws IOException {
        Random random = new Random(1);
        List<byte[]> received = new ArrayList<>();
        List<Boolean> direct = new ArrayList<>();
        KafkaServer server =
                front.serve(
                        LIMITS,
                        Scripted.produce((request, _) -> {
                            ByteBuffer records = records(request);
                            direct.add(records.isDirect());
                            byte[] copy = new byte[records.remaining()];
                            records.get(copy);
                            received.add(copy);
                            return Scripted.produced();
                        }));
        RawClient client = front.connect(server);
        List<byte[]> sent = new ArrayList<>();
        for (int size : new int[] {1, 40_000, 3 << 20, 100, 30 << 20, 70_000, 65_536, 17}) {
            byte[] bytes = new byte[size];
            random.nextBytes(bytes);
            sent.add(bytes);
        }
        Thread sender =
                Thread.ofVirtual()
                        .start(() ->
                                sent.forEach(bytes -> {
                                    try {
                                        client.send(Scripted.produceRequest((short) 1, bytes));
                                    } catch (IOException e) {
                                        throw new java.io.UncheckedIOException(e);
                                    }
                                }));
        for (int i = 0; i < sent.size(); i++) {
            client.receive(ApiKeys.PRODUCE, (short) 9);
        }

        assertThat(sender).isNotNull();
        assertThat(received).containsExactlyElementsOf(sent);
        assertThat(direct).containsOnly(true);
        assertThat(server.heldRequestBytes()).isZero();
    }

    private static ByteBuffer records(ProduceRequest request) {
        return ((MemoryRecords)
                        request.data()
                                .topicData()
                                .iterator()
                                .next()
                                .partitionData()
                                .get(0)
                                .records())
                .buffer();
    }

    @Test
    void starts_nothing_of_a_throttled_client() throws IOException {
        KafkaServer server =
                front.serve(
                        LIMITS,
                        Scripted.metadata(),
                        Scripted.produce((_, _) ->
                                Scripted.done(new ProduceResponseData().setThrottleTimeMs(300))));
        RawClient client = front.connect(server);
        client.send(Scripted.produceRequest((short) 1, new byte[] {1}));
        client.receive(ApiKeys.PRODUCE, (short) 9);
        long begin = System.nanoTime();
        assertServes(client);
        assertThat(Duration.ofNanos(System.nanoTime() - begin))
                .isGreaterThan(Duration.ofMillis(150));
    }

    @Test
    void answers_a_failed_handler_with_the_requests_own_error() throws IOException {
        KafkaServer server =
                front.serve(
                        LIMITS,
                        Scripted.produce((_, _) ->
                                CompletableFuture.failedFuture(
                                        Errors.NOT_ENOUGH_REPLICAS.exception("full"))));
        RawClient client = front.connect(server);
        var response =
                (org.apache.kafka.common.requests.ProduceResponse)
                        client.call(Scripted.produceRequest((short) 1, new byte[] {1})).body();
        assertThat(
                        response.data()
                                .responses()
                                .iterator()
                                .next()
                                .partitionResponses()
                                .get(0)
                                .errorCode())
                .isEqualTo(Errors.NOT_ENOUGH_REPLICAS.code());
        assertThat(front.done).hasSize(1).allMatch(FrontDoorListener.RequestDone::failed);

        client.send(Scripted.produceRequest((short) 0, new byte[] {1}));
        assertThat(client.isClosedByServer()).isTrue();
    }

    @Test
    void answers_what_has_arrived_before_it_shuts_down() throws Exception {
        CompletableFuture<Optional<ApiMessage>> produce = new CompletableFuture<>();
        AtomicInteger started = new AtomicInteger();
        KafkaServer server =
                front.serve(
                        LIMITS,
                        Scripted.produce((_, _) -> {
                            started.incrementAndGet();
                            return produce;
                        }));
        RawClient client = front.connect(server);
        client.send(Scripted.produceRequest((short) 1, new byte[] {1}));
        eventually(() -> started.get() == 1);

        Thread closing = Thread.ofVirtual().start(server::close);
        Thread.sleep(100);
        produce.complete(Optional.of(new ProduceResponseData()));

        assertThat(client.receive(ApiKeys.PRODUCE, (short) 9).correlationId()).isEqualTo(1);
        assertThat(client.isClosedByServer()).isTrue();
        closing.join();
    }
}
