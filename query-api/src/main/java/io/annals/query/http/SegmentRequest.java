package io.annals.query.http;

import io.annals.query.RefusedException;
import java.util.Optional;
import java.util.OptionalLong;

/// What page of which listing of segments is wanted. Immutable.
public final class SegmentRequest {
    /// Segments of a page; as many are the default.
    public static final int MAX_LIMIT = 1_000;

    private final Optional<String> topic;
    private final int limit;
    private final Optional<SegmentCursor> cursor;

    private SegmentRequest(Optional<String> topic, int limit, Optional<SegmentCursor> cursor) {
        this.topic = topic;
        this.limit = limit;
        this.cursor = cursor;
    }

    /// @param topic whose segments are listed; empty: of all topics
    /// @param limit segments of the page, 1 to [#MAX_LIMIT]
    /// @param cursor of the page before
    /// @throws RefusedException if the cursor is none, or one of another listing
    public static SegmentRequest of(Optional<String> topic, int limit, Optional<String> cursor)
            throws RefusedException {
        if (cursor.isEmpty()) {
            return new SegmentRequest(topic, limit, Optional.empty());
        }
        SegmentCursor from = SegmentCursor.decode(cursor.get());
        if (!from.topic().equals(topic.orElse(""))) {
            throw RefusedException.invalid(
                    "cursor",
                    "the cursor belongs to another listing: topic must stay the same from page to"
                            + " page");
        }
        return new SegmentRequest(topic, limit, Optional.of(from));
    }

    /// The generation of the listing's first page; empty if this is it.
    OptionalLong generation() {
        return cursor.isEmpty() ? OptionalLong.empty() : OptionalLong.of(cursor.get().generation());
    }

    Optional<String> topic() {
        return topic;
    }

    int limit() {
        return limit;
    }

    SegmentCursor.Place place() {
        return cursor.map(SegmentCursor::place).orElse(SegmentCursor.Place.START);
    }

    /// The cursor of the page that begins there.
    String cursor(long shown, SegmentCursor.Place place) {
        return new SegmentCursor(shown, topic.orElse(""), place).encode();
    }
}
