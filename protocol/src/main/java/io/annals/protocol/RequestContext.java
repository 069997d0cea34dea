package io.annals.protocol;

import java.net.InetAddress;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ScheduledExecutorService;

/// Who asked, over which connection. Later: the principal, once listeners authenticate.
///
/// @param connectionId unique for the life of the server
/// @param listener the address the client connected to, as advertised
/// @param closed completes when the connection closes or is about to; lets long polls end early
/// @param eventLoop the connection's own thread: handlers are called on it, and state that is only
///   touched on it needs no lock. Never block it.
public record RequestContext(
        String connectionId,
        InetAddress clientAddress,
        Optional<String> clientId,
        short apiVersion,
        HostAndPort listener,
        CompletionStage<Void> closed,
        ScheduledExecutorService eventLoop) {}
