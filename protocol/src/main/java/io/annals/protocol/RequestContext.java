package io.annals.protocol;

import java.net.InetAddress;
import java.util.Optional;

/// Who asked, over which connection. Later: the principal, once listeners authenticate.
///
/// @param connectionId unique for the life of the server
/// @param listener the address the client connected to, as advertised
/// @param closed completes when the connection closes; lets long polls end early
public record RequestContext(
        String connectionId,
        InetAddress clientAddress,
        Optional<String> clientId,
        short apiVersion,
        HostAndPort listener,
        java.util.concurrent.CompletionStage<Void> closed) {}
