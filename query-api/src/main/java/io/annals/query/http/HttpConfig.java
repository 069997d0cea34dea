package io.annals.query.http;

import java.time.Duration;

/// Where the HTTP interface listens, and its bounds.
///
/// @param host name or address of one interface
/// @param port 0 picks a free one
/// @param maxConcurrentRequests more are refused with 429
/// @param maxConnections more are closed at once
/// @param maxUrlBytes of the request line
/// @param stopTimeout for requests under way when the server stops
public record HttpConfig(
        String host,
        int port,
        int maxConcurrentRequests,
        int maxConnections,
        int maxUrlBytes,
        Duration stopTimeout) {

    /// With bounds that suit most machines.
    public static HttpConfig of(String host, int port) {
        return new HttpConfig(host, port, 64, 1_024, 64 << 10, Duration.ofSeconds(5));
    }
}
