package io.annals.query;

import java.util.Comparator;

/// Where a record stands in every [SearchOrder].
///
/// @param score 0 unless the order is by score
record SortKey(float score, long timestampMs, String topic, int partition, long offset) {
    /// The order in which every index keeps the documents of one topic.
    static final Comparator<SortKey> NEWEST =
            Comparator.comparingLong(SortKey::timestampMs)
                    .reversed()
                    .thenComparing(SortKey::topic)
                    .thenComparingInt(SortKey::partition)
                    .thenComparing(Comparator.comparingLong(SortKey::offset).reversed());

    private static final Comparator<SortKey> SCORE =
            Comparator.comparingDouble((SortKey key) -> key.score())
                    .reversed()
                    .thenComparing(NEWEST);

    static Comparator<SortKey> comparator(SearchOrder order) {
        return switch (order) {
            case NEWEST -> NEWEST;
            case OLDEST -> NEWEST.reversed();
            case SCORE -> SCORE;
        };
    }
}
