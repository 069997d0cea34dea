package io.annals.protocol;

import java.util.List;
import java.util.Optional;

/// Where the front door listens and what it tells clients to connect to.
///
/// @param listeners at least one
/// @param ioThreads event loops
/// @param identity empty if clients shall not be asked whom they took this broker for
public record KafkaServerConfig(
        List<Listener> listeners,
        int ioThreads,
        FrontDoorLimits limits,
        Optional<BrokerIdentity> identity) {

    public KafkaServerConfig {
        listeners = List.copyOf(listeners);
        if (listeners.isEmpty()) {
            throw new IllegalArgumentException("no listener");
        }
        if (ioThreads <= 0) {
            throw new IllegalArgumentException(
                    "ioThreads is %d, must be positive".formatted(ioThreads));
        }
    }

    /// Listens on a free port of the loopback address, with default limits.
    public static KafkaServerConfig loopback() {
        return new KafkaServerConfig(
                List.of(
                        new Listener(
                                "PLAINTEXT", new HostAndPort("127.0.0.1", 0), Optional.empty())),
                2,
                FrontDoorLimits.DEFAULTS,
                Optional.empty());
    }

    /// This configuration with other limits.
    public KafkaServerConfig withLimits(FrontDoorLimits newLimits) {
        return new KafkaServerConfig(listeners, ioThreads, newLimits, identity);
    }

    /// This configuration with other listeners.
    public KafkaServerConfig withListeners(List<Listener> newListeners) {
        return new KafkaServerConfig(newListeners, ioThreads, limits, identity);
    }

    /// This configuration with an identity.
    public KafkaServerConfig withIdentity(BrokerIdentity newIdentity) {
        return new KafkaServerConfig(listeners, ioThreads, limits, Optional.of(newIdentity));
    }
}
