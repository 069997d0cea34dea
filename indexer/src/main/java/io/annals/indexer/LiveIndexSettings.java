package io.annals.indexer;

import java.nio.file.Path;
import java.time.Duration;

/// Settings of the live index, validated by the server's settings.
///
/// @param folder `<data-dir>/live`, owned by the live index and emptied at every start
/// @param threads topics indexed at a time, on platform threads
/// @param refresh a topic's new records are made searchable at most this often
/// @param slice one topic is worked on at most this long before the others have their turn
/// @param ramBufferBytes memory for documents of one topic before Lucene flushes them
/// @param generationBytes batches in one Lucene index before the next one is begun
/// @param leaveBytes of a WAL segment that is being archived at least so much is left to the
///   archive
/// @param leaveTime the longest that it is left
/// @param maxBatchBytes bound for the uncompressed records of one batch
/// @param limits bounds of the mapping
public record LiveIndexSettings(
        Path folder,
        int threads,
        Duration refresh,
        Duration slice,
        long ramBufferBytes,
        long generationBytes,
        long leaveBytes,
        Duration leaveTime,
        int maxBatchBytes,
        MappingLimits limits) {

    public LiveIndexSettings {
        if (threads < 1) {
            throw new IllegalArgumentException("threads %d must be at least 1".formatted(threads));
        }
    }

    public static LiveIndexSettings defaults(Path folder) {
        return new LiveIndexSettings(
                folder,
                Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
                Duration.ofMillis(250),
                Duration.ofMillis(400),
                32L << 20,
                128L << 20,
                32L << 20,
                Duration.ofMinutes(1),
                128 << 20,
                MappingLimits.DEFAULT);
    }
}
