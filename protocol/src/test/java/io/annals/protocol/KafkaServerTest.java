package io.annals.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.protocol.FrontDoorListener.Violation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.ProduceRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KafkaServerTest {
    private static final FrontDoorLimits LIMITS =
            new FrontDoorLimits(
                    64 << 20,
                    100,
                    100,
                    8,
                    1 << 20,
                    96 << 20,
                    Duration.ofMinutes(1),
                    Duration.ofMinutes(1),
                    64 << 10,
                    64 << 10);

    private final Queue<Violation> violations = new ConcurrentLinkedQueue<>();
    private final Queue<FrontDoorListener.RequestDone> done = new ConcurrentLinkedQueue<>();
    private final AtomicInteger refused = new AtomicInteger();
    private final List<AutoCloseable> toClose = new ArrayList<>();

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable closeable : toClose.reversed()) {
            closeable.close();
        }
    }

    private KafkaServer serve(FrontDoorLimits limits, RequestHandler<?>... handlers)
            throws IOException {
        KafkaServer server =
                KafkaServer.start(
                        KafkaServerConfig.loopback().withLimits(limits),
                        List.of(handlers),
                        new FrontDoorListener() {
                            @Override
                            public void protocolViolation(Violation violation) {
                                violations.add(violation);
                            }

                            @Override
                            public void requestDone(RequestDone request) {
                                done.add(request);
                            }

                            @Override
                            public void connectionRefused() {
                                refused.incrementAndGet();
                            }
                        });
        toClose.add(server);
        return server;
    }

    private RawClient connect(KafkaServer server) throws IOException {
        RawClient client = new RawClient(server);
        toClose.add(client);
        return client;
    }

    private static void eventually(BooleanSupplier holds) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    private static void assertServes(RawClient client) throws IOException {
        MetadataResponse response =
                (MetadataResponse) client.call(Scripted.metadataRequest()).body();
        assertThat(response.clusterId()).isEqualTo("scripted");
    }

    @Test
    void advertises_the_registered_apis_and_nothing_else() throws IOException {
        KafkaServer server =
                serve(LIMITS, Scripted.metadata(), Scripted.produce((_, _) -> Scripted.produced()));

        ApiVersionsResponse response =
                (ApiVersionsResponse)
                        connect(server)
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
        RawClient client = connect(serve(LIMITS, Scripted.metadata()));
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
        KafkaServer server =
                serve(
                        LIMITS,
                        Scripted.produce((_, _) -> {
                            CompletableFuture<Optional<ApiMessage>> future =
                                    new CompletableFuture<>();
                            pending.add(future);
                            return future;
                        }));
        RawClient client = connect(server);
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
                serve(
                        LIMITS,
                        Scripted.produce((_, _) -> produce),
                        new Scripted<>(
                                ApiKeys.METADATA,
                                org.apache.kafka.common.requests.MetadataRequest.class,
                                (request, context) -> {
                                    metadata.incrementAndGet();
                                    return Scripted.metadata().handle(request, context);
                                }));
        RawClient client = connect(server);

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
    void understands_requests_that_arrive_byte_by_byte() throws IOException {
        RawClient client = connect(serve(LIMITS, Scripted.metadata()));
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
                serve(
                        LIMITS,
                        Scripted.produce((request, _) -> {
                            ByteBuffer records = records(request);
                            direct.add(records.isDirect());
                            byte[] copy = new byte[records.remaining()];
                            records.get(copy);
                            received.add(copy);
                            return Scripted.produced();
                        }));
        RawClient client = connect(server);
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
    void closes_only_the_connection_that_sends_an_impossible_length() throws IOException {
        KafkaServer server = serve(LIMITS, Scripted.metadata());
        RawClient other = connect(server);
        for (int length : new int[] {LIMITS.maxRequestBytes() + 1, -1, 0, Integer.MIN_VALUE}) {
            RawClient client = connect(server);
            client.send(ByteBuffer.allocate(4).putInt(length).array());
            assertThat(client.isClosedByServer()).isTrue();
        }
        assertThat(violations).hasSize(4).containsOnly(Violation.FRAME_TOO_LARGE);
        assertServes(other);
    }

    @Test
    void closes_only_the_connection_that_asks_for_what_is_not_served() throws IOException {
        KafkaServer server = serve(LIMITS, Scripted.metadata());
        RawClient client = connect(server);
        client.send(
                ListOffsetsRequest.Builder.forConsumer(
                                false, org.apache.kafka.common.IsolationLevel.READ_UNCOMMITTED)
                        .build((short) 5));
        assertThat(client.isClosedByServer()).isTrue();
        RawClient unknown = connect(server);
        byte[] frame = unknown.frame(Scripted.metadataRequest());
        ByteBuffer.wrap(frame).putShort(4, (short) 9999);
        unknown.send(frame);
        assertThat(unknown.isClosedByServer()).isTrue();

        assertThat(violations).containsExactly(Violation.UNSUPPORTED, Violation.UNDECODABLE);
        assertServes(connect(server));
    }

    @Test
    void survives_seeded_garbage() throws IOException {
        KafkaServer server =
                serve(LIMITS, Scripted.metadata(), Scripted.produce((_, _) -> Scripted.produced()));
        RawClient other = connect(server);
        long seed = Long.getLong("seed", 20261121L);
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            try (RawClient client = new RawClient(server)) {
                byte[] frame =
                        client.frame(
                                random.nextBoolean()
                                        ? Scripted.metadataRequest()
                                        : Scripted.produceRequest((short) 1, new byte[50]));
                for (int i = 0, n = 1 + random.nextInt(4); i < n; i++) {
                    frame[4 + random.nextInt(frame.length - 4)] = (byte) random.nextInt();
                }
                client.send(frame);
                client.send(Arrays.copyOf(frame, random.nextInt(frame.length)));
            } catch (IOException closedAlready) {
                assertThat(closedAlready).isNotNull();
            }
            if (round % 50 == 0) {
                assertServes(other);
            }
        }
        assertServes(other);
        assertThat(server.heldRequestBytes()).as("seed %d", seed).isLessThan(1 << 20);
    }

    @Test
    void gives_back_the_memory_of_half_a_request() throws Exception {
        KafkaServer server = serve(LIMITS, Scripted.metadata());
        try (RawClient client = new RawClient(server)) {
            client.send(ByteBuffer.allocate(1004).putInt(50 << 20).array());
            eventually(() -> server.heldRequestBytes() == 50 << 20);
        }
        eventually(() -> server.heldRequestBytes() == 0);
    }

    @Test
    void stops_reading_from_a_connection_at_its_bound() throws Exception {
        Queue<CompletableFuture<Optional<ApiMessage>>> pending = new ConcurrentLinkedQueue<>();
        KafkaServer server =
                serve(
                        LIMITS,
                        Scripted.produce((_, _) -> {
                            CompletableFuture<Optional<ApiMessage>> future =
                                    new CompletableFuture<>();
                            pending.add(future);
                            return future;
                        }));
        RawClient client = connect(server);
        int requests = 100;
        Thread sender =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                for (int i = 0; i < requests; i++) {
                                    client.send(Scripted.produceRequest((short) 1, new byte[200]));
                                }
                            } catch (IOException e) {
                                throw new java.io.UncheckedIOException(e);
                            }
                        });
        eventually(() -> pending.size() == LIMITS.maxRequestsPerConnection());
        Thread.sleep(100);
        assertThat(pending).hasSize(LIMITS.maxRequestsPerConnection());

        for (int i = 0; i < requests; i++) {
            eventually(() -> !pending.isEmpty());
            pending.remove().complete(Optional.of(new ProduceResponseData()));
            assertThat(client.receive(ApiKeys.PRODUCE, (short) 9).correlationId()).isEqualTo(i + 1);
        }
        sender.join();
        eventually(() -> server.heldRequestBytes() == 0);
    }

    @Test
    void stops_reading_from_all_connections_at_the_common_bound() throws Exception {
        Queue<CompletableFuture<Optional<ApiMessage>>> pending = new ConcurrentLinkedQueue<>();
        FrontDoorLimits tight =
                new FrontDoorLimits(
                        8 << 20,
                        100,
                        100,
                        8,
                        8 << 20,
                        1 << 20,
                        Duration.ofMinutes(1),
                        Duration.ofMinutes(1),
                        64 << 10,
                        64 << 10);
        KafkaServer server =
                serve(
                        tight,
                        Scripted.produce((_, _) -> {
                            CompletableFuture<Optional<ApiMessage>> future =
                                    new CompletableFuture<>();
                            pending.add(future);
                            return future;
                        }));
        List<RawClient> clients = new ArrayList<>();
        List<Thread> senders = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            RawClient client = connect(server);
            clients.add(client);
            senders.add(
                    Thread.ofVirtual()
                            .start(() -> {
                                try {
                                    client.send(
                                            Scripted.produceRequest((short) 1, new byte[400_000]));
                                } catch (IOException e) {
                                    throw new java.io.UncheckedIOException(e);
                                }
                            }));
        }
        for (int answered = 0; answered < 6; answered++) {
            eventually(() -> !pending.isEmpty());
            assertThat(server.heldRequestBytes()).isLessThanOrEqualTo(1 << 20);
            pending.remove().complete(Optional.of(new ProduceResponseData()));
        }
        for (RawClient client : clients) {
            client.receive(ApiKeys.PRODUCE, (short) 9);
        }
        for (Thread sender : senders) {
            sender.join();
        }
    }

    @Test
    void turns_connections_away_above_the_limit() throws Exception {
        FrontDoorLimits two =
                new FrontDoorLimits(
                        1 << 20,
                        10,
                        2,
                        8,
                        1 << 20,
                        1 << 20,
                        Duration.ofMinutes(1),
                        Duration.ofMinutes(1),
                        64 << 10,
                        64 << 10);
        KafkaServer server = serve(two, Scripted.metadata());
        RawClient first = connect(server);
        assertServes(first);
        assertServes(connect(server));
        assertThat(connect(server).isClosedByServer()).isTrue();
        assertThat(refused).hasValue(1);
        first.close();
        Thread.sleep(100);
        assertServes(connect(server));
    }

    @Test
    void closes_connections_that_stall_or_idle() throws IOException {
        FrontDoorLimits impatient =
                new FrontDoorLimits(
                        1 << 20,
                        10,
                        10,
                        8,
                        1 << 20,
                        1 << 20,
                        Duration.ofMillis(600),
                        Duration.ofMillis(200),
                        64 << 10,
                        64 << 10);
        KafkaServer server = serve(impatient, Scripted.metadata());
        RawClient stalled = connect(server);
        stalled.send(HexFormat.of().parseHex("00000100000300"));
        RawClient idle = connect(server);
        assertServes(idle);

        assertThat(stalled.isClosedByServer()).isTrue();
        assertThat(idle.isClosedByServer()).isTrue();
        assertThat(violations).containsExactly(Violation.STALLED);
    }

    @Test
    void closes_connections_that_drip_a_request_and_gives_back_its_memory() throws Exception {
        KafkaServer server =
                serve(
                        new FrontDoorLimits(
                                1 << 20,
                                10,
                                10,
                                8,
                                1 << 20,
                                1 << 20,
                                Duration.ofMinutes(1),
                                Duration.ofMillis(300),
                                2 << 20,
                                64 << 10),
                        Scripted.metadata());
        RawClient dripping = connect(server);
        dripping.send(ByteBuffer.allocate(4).putInt(1 << 20).array()); // half a second's worth
        long started = System.nanoTime();
        eventually(() -> server.heldRequestBytes() == 1 << 20);
        try {
            while (violations.isEmpty()) {
                dripping.send(new byte[1]);
                Thread.sleep(20);
                assertThat(System.nanoTime() - started).isLessThan(10_000_000_000L);
            }
        } catch (IOException _) {
            // closed while it was dripping
        }
        assertThat(System.nanoTime() - started).isGreaterThan(700_000_000L);
        eventually(() -> server.heldRequestBytes() == 0);
        assertThat(violations).containsExactly(Violation.TOO_SLOW);
        assertServes(connect(server));
    }

    @Test
    void starts_nothing_of_a_throttled_client() throws IOException {
        KafkaServer server =
                serve(
                        LIMITS,
                        Scripted.metadata(),
                        Scripted.produce((_, _) ->
                                Scripted.done(new ProduceResponseData().setThrottleTimeMs(300))));
        RawClient client = connect(server);
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
                serve(
                        LIMITS,
                        Scripted.produce((_, _) ->
                                CompletableFuture.failedFuture(
                                        Errors.NOT_ENOUGH_REPLICAS.exception("full"))));
        RawClient client = connect(server);
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
        assertThat(done).hasSize(1).allMatch(FrontDoorListener.RequestDone::failed);

        client.send(Scripted.produceRequest((short) 0, new byte[] {1}));
        assertThat(client.isClosedByServer()).isTrue();
    }

    @Test
    void answers_what_has_arrived_before_it_shuts_down() throws Exception {
        CompletableFuture<Optional<ApiMessage>> produce = new CompletableFuture<>();
        AtomicInteger started = new AtomicInteger();
        KafkaServer server =
                serve(
                        LIMITS,
                        Scripted.produce((_, _) -> {
                            started.incrementAndGet();
                            return produce;
                        }));
        RawClient client = connect(server);
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
