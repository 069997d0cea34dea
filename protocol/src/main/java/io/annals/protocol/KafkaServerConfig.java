package io.annals.protocol;

import java.util.Optional;

/// Where the front door listens and what it tells clients to connect to.
///
/// @param bind address and port to listen on; port 0 takes a free one
/// @param advertised what clients are told; its port 0 stands for the bound port. Empty for the
///   bind address itself.
/// @param ioThreads event loops
public record KafkaServerConfig(
        HostAndPort bind, Optional<HostAndPort> advertised, int ioThreads, FrontDoorLimits limits) {

    public KafkaServerConfig {
        if (ioThreads <= 0) {
            throw new IllegalArgumentException(
                    "ioThreads is %d, must be positive".formatted(ioThreads));
        }
    }

    /// Listens on a free port of the loopback address, with default limits.
    public static KafkaServerConfig loopback() {
        return new KafkaServerConfig(
                new HostAndPort("127.0.0.1", 0), Optional.empty(), 2, FrontDoorLimits.DEFAULTS);
    }

    /// This configuration with other limits.
    public KafkaServerConfig withLimits(FrontDoorLimits newLimits) {
        return new KafkaServerConfig(bind, advertised, ioThreads, newLimits);
    }

    HostAndPort advertise(int boundPort) {
        HostAndPort wanted = advertised.orElse(new HostAndPort(bind.host(), 0));
        return wanted.port() != 0 ? wanted : new HostAndPort(wanted.host(), boundPort);
    }
}
