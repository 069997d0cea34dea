package io.annals.registry;

import java.time.Duration;

/// Who asks for a lease.
///
/// @param server the same for every start on one data directory: it takes back its own lease at
///   once
/// @param start differs between any two starts
/// @param host and process, for people
/// @param lease who shows no sign of life for so long may lose the archive
public record LeaseHolder(String server, String start, String host, long process, Duration lease) {

    OwnerClaim claim(long epoch, long nowMs) {
        return new OwnerClaim(epoch, server, start, host, process, nowMs, lease.toMillis());
    }
}
