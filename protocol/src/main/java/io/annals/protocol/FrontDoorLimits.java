package io.annals.protocol;

import java.time.Duration;

/// Bounds of the front door. Reaching one makes the server stop reading from the socket, except
/// where a client breaks the protocol (a frame that is too large), which closes its connection.
///
/// @param maxRequestBytes largest request frame, its length field not counted
/// @param connections at the start; see [KafkaServer#limit]
/// @param maxRequestsPerConnection requests of one connection that wait or run at the same time
/// @param maxRequestBytesPerConnection frame bytes of those requests; one request may exceed it
/// @param maxRequestBytesTotal frame bytes of all connections; one request may exceed it
/// @param idleTimeout a connection without traffic and without a running request is closed
/// @param stallTimeout a connection that sends half a frame and then nothing is closed
/// @param minBytesPerSecond a frame that has begun must be complete when it would be at this rate,
///   and the stall timeout is over: its memory is taken for as long as it arrives
/// @param writeBufferBytes response bytes queued on one connection above which it starts no further
///   request; record bytes are referenced, not held, by this buffer
public record FrontDoorLimits(
        int maxRequestBytes,
        ConnectionLimits connections,
        int maxRequestsPerConnection,
        long maxRequestBytesPerConnection,
        long maxRequestBytesTotal,
        Duration idleTimeout,
        Duration stallTimeout,
        int minBytesPerSecond,
        int writeBufferBytes) {

    /// Kafka's own defaults where Kafka has the setting.
    public static final FrontDoorLimits DEFAULTS =
            new FrontDoorLimits(
                    100 << 20, // 100 MiB, socket.request.max.bytes
                    new ConnectionLimits(10_000, 10_000),
                    64,
                    32L << 20, // 32 MiB
                    256L << 20, // 256 MiB
                    Duration.ofMinutes(10), // connections.max.idle.ms
                    Duration.ofSeconds(30),
                    64 << 10, // 64 KiB
                    1 << 20); // 1 MiB

    public FrontDoorLimits {
        requirePositive("maxRequestBytes", maxRequestBytes);
        requirePositive("maxRequestsPerConnection", maxRequestsPerConnection);
        requirePositive("maxRequestBytesPerConnection", maxRequestBytesPerConnection);
        requirePositive("maxRequestBytesTotal", maxRequestBytesTotal);
        requirePositive("idleTimeout", idleTimeout.toMillis());
        requirePositive("stallTimeout", stallTimeout.toMillis());
        requirePositive("minBytesPerSecond", minBytesPerSecond);
        requirePositive("writeBufferBytes", writeBufferBytes);
    }

    /// How long a frame of this size may take from its length field to its last byte.
    Duration timeFor(int frameBytes) {
        return stallTimeout.plusMillis(1_000L * frameBytes / minBytesPerSecond);
    }

    static void requirePositive(String name, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException("%s is %d, must be positive".formatted(name, value));
        }
    }
}
