package io.annals.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.protocol.FrontDoorListener.Violation;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.requests.MetadataResponse;

/// Servers with scripted handlers and clients of them, and what was heard of them meanwhile.
/// Confined to one thread, but for what is heard.
final class ScriptedFrontDoor implements AutoCloseable {
    static final FrontDoorLimits LIMITS =
            new FrontDoorLimits(
                    64 << 20,
                    new ConnectionLimits(100, 100),
                    8,
                    1 << 20,
                    96 << 20,
                    Duration.ofMinutes(1),
                    Duration.ofMinutes(1),
                    64 << 10,
                    64 << 10);

    final Queue<Violation> violations = new ConcurrentLinkedQueue<>();
    final Queue<FrontDoorListener.RequestDone> done = new ConcurrentLinkedQueue<>();
    final AtomicInteger refused = new AtomicInteger();
    private final List<KafkaServer> servers = new ArrayList<>();
    private final List<RawClient> clients = new ArrayList<>();

    /// Closed with the rest.
    KafkaServer serve(FrontDoorLimits limits, RequestHandler<?>... handlers) throws IOException {
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
        servers.add(server);
        return server;
    }

    /// Closed with the rest.
    RawClient connect(KafkaServer server) throws IOException {
        RawClient client = new RawClient(server);
        clients.add(client);
        return client;
    }

    static void eventually(BooleanSupplier holds) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (!holds.getAsBoolean()) {
            assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
            Thread.sleep(5);
        }
    }

    static void assertServes(RawClient client) throws IOException {
        MetadataResponse response =
                (MetadataResponse) client.call(Scripted.metadataRequest()).body();
        assertThat(response.clusterId()).isEqualTo("scripted");
    }

    @Override
    public void close() throws IOException {
        for (RawClient client : clients) {
            client.close();
        }
        servers.forEach(KafkaServer::close);
    }
}
