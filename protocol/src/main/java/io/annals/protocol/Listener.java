package io.annals.protocol;

import java.util.Optional;

/// A place where clients connect, and the address they are told of it. Clients stay with the
/// listener they came in on: metadata names its address to them (KIP-103).
///
/// @param name Kafka's listener name, unique
/// @param bind address and port to listen on; an empty host stands for all interfaces, port 0 takes
///   a free one
/// @param advertised what clients are told; its port 0 stands for the bound port. Empty for the
///   bind address itself.
public record Listener(String name, HostAndPort bind, Optional<HostAndPort> advertised) {

    HostAndPort advertise(int boundPort) {
        HostAndPort wanted = advertised.orElse(new HostAndPort(bind.host(), 0));
        return wanted.port() != 0 ? wanted : new HostAndPort(wanted.host(), boundPort);
    }
}
