package io.annals.indexer;

/// What is hot and not searchable yet.
///
/// @param records how many offsets, over all indexed topics
/// @param oldestIngestMs when the first of them came in; -1 if there are none
public record LiveLag(long records, long oldestIngestMs) {
    static final LiveLag NONE = new LiveLag(0, -1);

    LiveLag plus(LiveLag other) {
        if (records == 0 || other.records == 0) {
            return records == 0 ? other : this;
        }
        return new LiveLag(records + other.records, Math.min(oldestIngestMs, other.oldestIngestMs));
    }
}
