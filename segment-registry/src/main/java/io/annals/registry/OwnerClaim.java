package io.annals.registry;

import java.time.Instant;

/// What an owner object holds: that a server took the archive, as the owner of this number.
///
/// @param epoch 1, then one more with each claim
/// @param server the same for every start on one data directory
/// @param start differs between any two starts
/// @param host and process, for people
/// @param claimedAtMs wall clock of that machine, for people
/// @param leaseMs who shows no sign of life for so long may lose the archive
public record OwnerClaim(
        long epoch,
        String server,
        String start,
        String host,
        long process,
        long claimedAtMs,
        long leaseMs) {

    /// For people.
    String describe() {
        return "server %s on host %s, process %d, since %s"
                .formatted(server, host, process, Instant.ofEpochMilli(claimedAtMs));
    }
}
