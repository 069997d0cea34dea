package io.annals.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RecordSlicesTest {
    private static final short VERSION = 12;

    private final byte[] bytes = new byte[3 << 20];
    private final AtomicInteger lent = new AtomicInteger();
    private final AtomicInteger released = new AtomicInteger();
    private final List<AutoCloseable> toClose = new ArrayList<>();

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable closeable : toClose.reversed()) {
            closeable.close();
        }
    }

    private KafkaServer serve(CompletableFuture<?> gate) throws IOException {
        new Random(7).nextBytes(bytes);
        KafkaServer server =
                KafkaServer.start(
                        KafkaServerConfig.loopback(),
                        List.of(
                                Scripted.fetch((_, _) ->
                                        gate.thenApply(_ -> Optional.<ApiMessage>of(response())))),
                        FrontDoorListener.NONE);
        toClose.add(server);
        return server;
    }

    private FetchResponseData response() {
        lent.incrementAndGet();
        ByteBuffer all = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
        RecordSlices slices =
                new RecordSlices(
                        List.of(
                                all.slice(0, 1000),
                                all.slice(1000, 0),
                                all.slice(1000, bytes.length - 1000).asReadOnlyBuffer()),
                        released::incrementAndGet);
        FetchResponseData data = new FetchResponseData();
        data.responses()
                .add(
                        new FetchResponseData.FetchableTopicResponse()
                                .setTopic("t")
                                .setPartitions(
                                        List.of(
                                                new FetchResponseData.PartitionData()
                                                        .setRecords(slices),
                                                new FetchResponseData.PartitionData()
                                                        .setPartitionIndex(1)
                                                        .setRecords(MemoryRecords.EMPTY))));
        return data;
    }

    private static FetchRequest request() {
        return FetchRequest.Builder.forConsumer(VERSION, 0, 1, java.util.Map.of()).build(VERSION);
    }

    private static void eventually(AtomicInteger number, int expected) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (number.get() != expected && System.nanoTime() < deadline) {
            Thread.sleep(5);
        }
        assertThat(number).hasValue(expected);
    }

    @Test
    void arrive_as_they_lie_and_are_released_once() throws Exception {
        KafkaServer server = serve(CompletableFuture.completedFuture(null));
        RawClient client = new RawClient(server);
        toClose.add(client);

        for (int i = 1; i <= 3; i++) {
            FetchResponse response = (FetchResponse) client.call(request()).body();
            ByteBuffer records =
                    ((MemoryRecords)
                                    response.data()
                                            .responses()
                                            .get(0)
                                            .partitions()
                                            .get(0)
                                            .records())
                            .buffer();
            assertThat(records).isEqualTo(ByteBuffer.wrap(bytes));
            eventually(released, i);
        }
    }

    @Test
    void are_not_asked_for_while_a_client_does_not_read() throws Exception {
        KafkaServer server = serve(CompletableFuture.completedFuture(null));
        RawClient client = new RawClient(server);
        toClose.add(client);
        int requests = 40;
        for (int i = 0; i < requests; i++) {
            client.send(request());
        }
        Thread.sleep(300);
        assertThat(lent.get()).isLessThan(10);

        for (int i = 1; i <= requests; i++) {
            assertThat(client.receive(ApiKeys.FETCH, VERSION).correlationId()).isEqualTo(i);
        }
        eventually(released, requests);
    }

    @Test
    void are_released_when_the_client_goes_away() throws Exception {
        KafkaServer server = serve(CompletableFuture.completedFuture(null));
        try (RawClient client = new RawClient(server)) {
            for (int i = 0; i < 10; i++) {
                client.send(request());
            }
            Thread.sleep(200);
            assertThat(lent.get()).isPositive();
        }
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (released.get() != lent.get() && System.nanoTime() < deadline) {
            Thread.sleep(5);
        }
        assertThat(released).hasValue(lent.get());
    }

    @Test
    void are_released_when_they_come_after_the_client_left() throws Exception {
        CompletableFuture<Object> gate = new CompletableFuture<>();
        KafkaServer server = serve(gate);
        try (RawClient client = new RawClient(server)) {
            client.send(request());
            Thread.sleep(100);
        }
        Thread.sleep(100);
        gate.complete("now");
        eventually(released, 1);
    }
}
