package io.annals.query;

import io.annals.indexer.SearchableView;
import io.annals.indexer.SearchableView.OffsetRange;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One index to search for one topic: the live index or a split, and which of its documents count.
///
/// @param source opens the index, once
/// @param split id of the split, empty for the live index
/// @param visible per partition the offsets that it answers for
/// @param filters which of the request's limits are not implied by what is stored in it
/// @param maxIngestTimeMs nothing in it was ingested later
record SearchUnit(
        String topic,
        Source source,
        Optional<String> split,
        Map<Integer, OffsetRange> visible,
        Filters filters,
        long maxIngestTimeMs) {

    SearchUnit {
        visible = Map.copyOf(visible);
    }

    /// What is not searched if it is not.
    List<Coverage.Hole> holes(String reason) {
        return visible.entrySet().stream()
                .map(at -> new Coverage.Hole(topic, at.getKey(), at.getValue(), reason))
                .toList();
    }

    @FunctionalInterface
    interface Source {
        SearchableView acquire() throws IOException;
    }

    /// Which filters must be added to the query. Leaving one out where it holds anyway lets Lucene
    /// count without reading.
    ///
    /// @param offsets the index holds documents that are not visible
    /// @param timestamp the index holds event times outside of the request's window
    /// @param ingestTime the index holds documents ingested after the request's `as_of`
    record Filters(boolean offsets, boolean timestamp, boolean ingestTime) {
        static final Filters ALL = new Filters(true, true, true);
    }
}
