package io.annals.protocol;

import static io.annals.protocol.ScriptedFrontDoor.LIMITS;
import static io.annals.protocol.ScriptedFrontDoor.assertServes;
import static io.annals.protocol.ScriptedFrontDoor.eventually;
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
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.ListOffsetsRequest;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/// Clients that send nonsense, too much, too slowly or too many: each is stopped alone.
class FrontDoorLimitsTest {
    @AutoClose private final ScriptedFrontDoor front = new ScriptedFrontDoor();

    @Test
    void closes_only_the_connection_that_sends_an_impossible_length() throws IOException {
        KafkaServer server = front.serve(LIMITS, Scripted.metadata());
        RawClient other = front.connect(server);
        for (int length : new int[] {LIMITS.maxRequestBytes() + 1, -1, 0, Integer.MIN_VALUE}) {
            RawClient client = front.connect(server);
            client.send(ByteBuffer.allocate(4).putInt(length).array());
            assertThat(client.isClosedByServer()).isTrue();
        }
        assertThat(front.violations).hasSize(4).containsOnly(Violation.FRAME_TOO_LARGE);
        assertServes(other);
    }

    @Test
    void closes_only_the_connection_that_asks_for_what_is_not_served() throws IOException {
        KafkaServer server = front.serve(LIMITS, Scripted.metadata());
        RawClient client = front.connect(server);
        client.send(
                ListOffsetsRequest.Builder.forConsumer(
                                false, org.apache.kafka.common.IsolationLevel.READ_UNCOMMITTED)
                        .build((short) 5));
        assertThat(client.isClosedByServer()).isTrue();
        RawClient unknown = front.connect(server);
        byte[] frame = unknown.frame(Scripted.metadataRequest());
        ByteBuffer.wrap(frame).putShort(4, (short) 9999);
        unknown.send(frame);
        assertThat(unknown.isClosedByServer()).isTrue();

        assertThat(front.violations).containsExactly(Violation.UNSUPPORTED, Violation.UNDECODABLE);
        assertServes(front.connect(server));
    }

    @Test
    void survives_seeded_garbage() throws IOException {
        KafkaServer server =
                front.serve(
                        LIMITS,
                        Scripted.metadata(),
                        Scripted.produce((_, _) -> Scripted.produced()));
        RawClient other = front.connect(server);
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
        KafkaServer server = front.serve(LIMITS, Scripted.metadata());
        try (RawClient client = new RawClient(server)) {
            client.send(ByteBuffer.allocate(1004).putInt(50 << 20).array());
            eventually(() -> server.heldRequestBytes() == 50 << 20);
        }
        eventually(() -> server.heldRequestBytes() == 0);
    }

    @Test
    void stops_reading_from_a_connection_at_its_bound() throws Exception {
        Queue<CompletableFuture<Optional<ApiMessage>>> pending = new ConcurrentLinkedQueue<>();
        KafkaServer server = front.serve(LIMITS, Scripted.produceParkedIn(pending));
        RawClient client = front.connect(server);
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
                        new ConnectionLimits(100, 100),
                        8,
                        8 << 20,
                        1 << 20,
                        Duration.ofMinutes(1),
                        Duration.ofMinutes(1),
                        64 << 10,
                        64 << 10);
        KafkaServer server = front.serve(tight, Scripted.produceParkedIn(pending));
        List<RawClient> clients = new ArrayList<>();
        List<Thread> senders = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            RawClient client = front.connect(server);
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
                        new ConnectionLimits(10, 2),
                        8,
                        1 << 20,
                        1 << 20,
                        Duration.ofMinutes(1),
                        Duration.ofMinutes(1),
                        64 << 10,
                        64 << 10);
        KafkaServer server = front.serve(two, Scripted.metadata());
        RawClient first = front.connect(server);
        assertServes(first);
        assertServes(front.connect(server));
        assertThat(front.connect(server).isClosedByServer()).isTrue();
        assertThat(front.refused).hasValue(1);
        first.close();
        Thread.sleep(100);
        assertServes(front.connect(server));
    }

    @Test
    void closes_connections_that_stall_or_idle() throws IOException {
        FrontDoorLimits impatient =
                new FrontDoorLimits(
                        1 << 20,
                        new ConnectionLimits(10, 10),
                        8,
                        1 << 20,
                        1 << 20,
                        Duration.ofMillis(600),
                        Duration.ofMillis(200),
                        64 << 10,
                        64 << 10);
        KafkaServer server = front.serve(impatient, Scripted.metadata());
        RawClient stalled = front.connect(server);
        stalled.send(HexFormat.of().parseHex("00000100000300"));
        RawClient idle = front.connect(server);
        assertServes(idle);

        assertThat(stalled.isClosedByServer()).isTrue();
        assertThat(idle.isClosedByServer()).isTrue();
        assertThat(front.violations).containsExactly(Violation.STALLED);
    }

    @Test
    void closes_connections_that_drip_a_request_and_gives_back_its_memory() throws Exception {
        KafkaServer server =
                front.serve(
                        new FrontDoorLimits(
                                1 << 20,
                                new ConnectionLimits(10, 10),
                                8,
                                1 << 20,
                                1 << 20,
                                Duration.ofMinutes(1),
                                Duration.ofMillis(300),
                                2 << 20,
                                64 << 10),
                        Scripted.metadata());
        RawClient dripping = front.connect(server);
        dripping.send(ByteBuffer.allocate(4).putInt(1 << 20).array()); // half a second's worth
        long started = System.nanoTime();
        eventually(() -> server.heldRequestBytes() == 1 << 20);
        try {
            while (front.violations.isEmpty()) {
                dripping.send(new byte[1]);
                Thread.sleep(20);
                assertThat(System.nanoTime() - started).isLessThan(10_000_000_000L);
            }
        } catch (IOException _) {
            // closed while it was dripping
        }
        assertThat(System.nanoTime() - started).isGreaterThan(700_000_000L);
        eventually(() -> server.heldRequestBytes() == 0);
        assertThat(front.violations).containsExactly(Violation.TOO_SLOW);
        assertServes(front.connect(server));
    }
}
