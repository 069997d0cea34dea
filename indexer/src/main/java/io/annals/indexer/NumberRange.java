package io.annals.indexer;

import java.time.Instant;
import java.util.List;
import org.apache.lucene.search.Query;
import org.jspecify.annotations.Nullable;

/// A range of numbers and of instants: both at once, since a bound can be read as either (epoch
/// milliseconds). A value.
///
/// @param lower null for none
/// @param upper null for none
record NumberRange(
        @Nullable Bound lower, boolean includeLower, @Nullable Bound upper, boolean includeUpper) {

    /// @return null if a bound spells neither number nor instant
    static @Nullable NumberRange of(
            @Nullable String lower,
            boolean includeLower,
            @Nullable String upper,
            boolean includeUpper) {
        Bound low = lower == null ? null : Bound.of(lower);
        Bound high = upper == null ? null : Bound.of(upper);
        if ((lower != null && low == null) || (upper != null && high == null)) {
            return null;
        }
        return new NumberRange(low, includeLower, high, includeUpper);
    }

    Query query(byte[] path) {
        return new TermRangesQuery(
                TermCode.NUMBER,
                List.of(terms(path, TermCode.INSTANT_TYPE), terms(path, TermCode.NUMBER_TYPE)));
    }

    private TermRangesQuery.Range terms(byte[] path, byte type) {
        byte after = (byte) (type + 1);
        return new TermRangesQuery.Range(
                TermCode.pathFirst(path, type, lower == null ? new byte[0] : lower.code(type)),
                lower == null || includeLower,
                upper == null
                        ? TermCode.pathFirst(path, after, new byte[0])
                        : TermCode.pathFirst(path, type, upper.code(type)),
                upper != null && includeUpper);
    }

    /// One end, as a number and as an instant.
    @SuppressWarnings("ArrayRecordComponent")
    record Bound(byte[] number, byte[] instant) {

        static @Nullable Bound of(String text) {
            byte[] utf8 = TermCode.utf8(text);
            byte[] number = NumberCode.number(utf8, 0, utf8.length);
            if (number != null) {
                long ms = (long) Double.parseDouble(text);
                return new Bound(number, NumberCode.instant(Instant.ofEpochMilli(ms)));
            }
            Instant instant = InstantText.parse(utf8, 0, utf8.length);
            if (instant == null) {
                return null;
            }
            return new Bound(
                    NumberCode.number(instant.toEpochMilli()), NumberCode.instant(instant));
        }

        byte[] code(byte type) {
            return type == TermCode.NUMBER_TYPE ? number : instant;
        }
    }
}
