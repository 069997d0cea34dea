package io.annals.indexer;

import java.nio.file.Path;
import java.time.Duration;

/// Settings of the archiver, validated by the server's settings.
///
/// @param work folder for objects on their way to the store; owned by the archiver and emptied at
///   every start; not inside the object store
/// @param interval sealed WAL segments are looked for at least this often, beside the seal events
/// @param threads CPU-bound work (records and indexes) at a time, on platform threads
/// @param segmentsInFlight WAL segments being archived at a time; bounds the space in `work`
/// @param backoffMin wait after a failure; doubles with every further one
/// @param backoffMax the longest such wait
/// @param split how indexes are made
public record ArchiverSettings(
        Path work,
        Duration interval,
        int threads,
        int segmentsInFlight,
        Duration backoffMin,
        Duration backoffMax,
        SplitWriter.Options split) {

    public ArchiverSettings {
        if (threads < 1 || segmentsInFlight < 1) {
            throw new IllegalArgumentException(
                    "threads %d and segmentsInFlight %d must be at least 1"
                            .formatted(threads, segmentsInFlight));
        }
    }

    /// @param producer name and version of the program, for the manifests
    public static ArchiverSettings defaults(Path work, String producer) {
        int threads = Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
        return new ArchiverSettings(
                work,
                Duration.ofSeconds(30),
                threads,
                threads + 1,
                Duration.ofSeconds(1),
                Duration.ofMinutes(1),
                SplitWriter.Options.defaults(producer));
    }
}
