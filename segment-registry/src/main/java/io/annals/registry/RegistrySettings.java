package io.annals.registry;

import java.nio.file.Path;
import java.util.Optional;
import org.apache.kafka.common.Uuid;

/// @param writerId differs between any two registries that ever write to the same store
/// @param deltasPerCheckpoint at most about so many deltas are read at the start
/// @param cachedGenerations older generations kept in memory
/// @param localCopy folder for copies of checkpoint pages, which make a restart cheaper; nothing
///   else may be in it
public record RegistrySettings(
        String writerId, int deltasPerCheckpoint, int cachedGenerations, Optional<Path> localCopy) {

    public RegistrySettings {
        if (deltasPerCheckpoint < 1 || cachedGenerations < 1) {
            throw new IllegalArgumentException(
                    "deltasPerCheckpoint %d and cachedGenerations %d must be at least 1"
                            .formatted(deltasPerCheckpoint, cachedGenerations));
        }
    }

    public RegistrySettings(String writerId, int deltasPerCheckpoint, int cachedGenerations) {
        this(writerId, deltasPerCheckpoint, cachedGenerations, Optional.empty());
    }

    public static RegistrySettings defaults() {
        return new RegistrySettings(Uuid.randomUuid().toString(), 100, 64);
    }

    public RegistrySettings withLocalCopy(Path folder) {
        return new RegistrySettings(
                writerId, deltasPerCheckpoint, cachedGenerations, Optional.of(folder));
    }
}
