package io.annals.registry;

import org.apache.kafka.common.Uuid;

/// @param writerId differs between any two registries that ever write to the same store
/// @param deltasPerCheckpoint at most about so many deltas are read at the start
/// @param cachedGenerations older generations kept in memory
public record RegistrySettings(String writerId, int deltasPerCheckpoint, int cachedGenerations) {

    public RegistrySettings {
        if (deltasPerCheckpoint < 1 || cachedGenerations < 1) {
            throw new IllegalArgumentException(
                    "deltasPerCheckpoint %d and cachedGenerations %d must be at least 1"
                            .formatted(deltasPerCheckpoint, cachedGenerations));
        }
    }

    public static RegistrySettings defaults() {
        return new RegistrySettings(Uuid.randomUuid().toString(), 100, 64);
    }
}
