package io.annals.indexer;

import java.util.List;

/// How upkeep stands, for health and metrics.
///
/// @param total what was done since the start
/// @param failures what went wrong in the last pass, one line each; empty if it went well
public record UpkeepStatus(UpkeepResult total, List<String> failures) {

    public UpkeepStatus {
        failures = List.copyOf(failures);
    }
}
