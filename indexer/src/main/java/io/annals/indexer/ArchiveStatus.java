package io.annals.indexer;

import java.util.List;

/// How archiving stands, for health and metrics.
///
/// @param waitingSegments sealed WAL segments that are not known to be archived
/// @param waitingBytes their size
/// @param oldestCreatedAtMs when the oldest of them was begun; -1 if there are none
/// @param total what was archived since the start
/// @param consecutiveFailures passes since the last one without a failure
/// @param failures what went wrong in the last pass, one line each; empty if it went well
public record ArchiveStatus(
        int waitingSegments,
        long waitingBytes,
        long oldestCreatedAtMs,
        ArchiveResult total,
        int consecutiveFailures,
        List<String> failures) {

    public ArchiveStatus {
        failures = List.copyOf(failures);
    }
}
