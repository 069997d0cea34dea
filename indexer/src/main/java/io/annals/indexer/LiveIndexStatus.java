package io.annals.indexer;

import java.util.List;

/// How the live index stands, for health and metrics.
///
/// @param topics with something hot
/// @param indexes Lucene indexes open
/// @param documents in them
/// @param failures topics that cannot be indexed now, one line each
public record LiveIndexStatus(int topics, int indexes, long documents, List<String> failures) {

    public LiveIndexStatus {
        failures = List.copyOf(failures);
    }
}
