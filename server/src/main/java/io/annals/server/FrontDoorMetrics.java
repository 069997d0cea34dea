package io.annals.server;

import io.annals.protocol.ClientSoftware;
import io.annals.protocol.FrontDoorListener;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.protocol.ApiKeys;

/// Counts what happens at the Kafka front door. Thread-safe; takes no lock on an event loop.
final class FrontDoorMetrics implements FrontDoorListener {
    private static final int MOST_CLIENTS = 100;
    private static final int LONGEST_CLIENT = 100;
    private static final ClientSoftware OTHER_CLIENT = new ClientSoftware("other", "other");

    private final MeterRegistry registry;
    private final Map<ApiKeys, PerApi> perApi = new ConcurrentHashMap<>();
    private final Map<ClientSoftware, AtomicInteger> clients = new ConcurrentHashMap<>();
    private final AtomicInteger connections = new AtomicInteger();
    private final Counter refused;

    FrontDoorMetrics(MeterRegistry registry) {
        this.registry = registry;
        registry.gauge("annals.connections", connections);
        this.refused =
                Counter.builder("annals.connections.refused")
                        .description("connections turned away by max.connections")
                        .register(registry);
    }

    @Override
    public void connectionOpened() {
        connections.incrementAndGet();
    }

    @Override
    public void connectionClosed() {
        connections.decrementAndGet();
    }

    @Override
    public void connectionRefused() {
        refused.increment();
    }

    @Override
    public void clientIdentified(ClientSoftware software) {
        clients(software).incrementAndGet();
    }

    @Override
    public void clientGone(ClientSoftware software) {
        clients(software).decrementAndGet();
    }

    /// Clients choose the names: beyond the bound they share one, for as long as the server runs.
    private AtomicInteger clients(ClientSoftware software) {
        AtomicInteger known = clients.get(software);
        if (known != null) {
            return known;
        }
        synchronized (clients) {
            boolean fits =
                    clients.size() < MOST_CLIENTS
                            && software.name().length() + software.version().length()
                                    <= LONGEST_CLIENT;
            return clients.computeIfAbsent(
                    fits ? software : OTHER_CLIENT, one -> connectionsOf(one));
        }
    }

    private AtomicInteger connectionsOf(ClientSoftware software) {
        AtomicInteger open = new AtomicInteger();
        Gauge.builder("annals.client.connections", open, AtomicInteger::get)
                .description("open connections, by what their clients say they are")
                .tag("software", software.name())
                .tag("version", software.version())
                .register(registry);
        return open;
    }

    @Override
    public void protocolViolation(Violation violation) {
        registry.counter("annals.protocol.violations", "kind", violation.name()).increment();
    }

    @Override
    public void requestDone(RequestDone done) {
        PerApi meters = perApi.get(done.apiKey());
        if (meters == null) {
            meters = perApi.computeIfAbsent(done.apiKey(), key -> new PerApi(registry, key));
        }
        meters.latency.record(done.latencyNanos(), TimeUnit.NANOSECONDS);
        meters.requestBytes.increment(done.requestBytes());
        meters.responseBytes.increment((double) done.responseBytes());
        if (done.failed()) {
            meters.failed.increment();
        }
    }

    private static final class PerApi {
        private final Timer latency;
        private final Counter requestBytes;
        private final Counter responseBytes;
        private final Counter failed;

        private PerApi(MeterRegistry registry, ApiKeys key) {
            latency =
                    Timer.builder("annals.requests")
                            .description("Kafka requests, from the start of handling to the answer")
                            .tag("api", key.name)
                            .publishPercentiles(0.5, 0.99)
                            .register(registry);
            requestBytes = registry.counter("annals.request.bytes", "api", key.name);
            responseBytes = registry.counter("annals.response.bytes", "api", key.name);
            failed = registry.counter("annals.requests.failed", "api", key.name);
        }
    }
}
