package io.annals.indexer;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/// Reads instants as logs write them (ISO-8601, RFC 3339): `2026-11-20`, or date and time with `T`
/// or a space between, seconds and a fraction of up to nine digits optional, then `Z`, an offset
/// (`+02:00`, `+0200`, `+02`) or nothing (UTC). A date alone is its midnight, UTC.
///
/// A cursor over bytes, without regard to locale, and without an object until the end. Used once,
/// by one thread.
final class InstantText {
    private static final int DATE_BYTES = 10;
    private static final int MIN_TIME_BYTES = 16;
    private static final int MAX_BYTES = 36;

    private final byte[] text;
    private final int to;
    private int at;

    private InstantText(byte[] text, int from, int to) {
        this.text = text;
        this.at = from;
        this.to = to;
    }

    /// Whether text that spells an instant spells only a date.
    static boolean isDateOnly(int from, int to) {
        return to - from == DATE_BYTES;
    }

    /// The instant that bytes `[from, to)` spell, null if they spell none.
    static @Nullable Instant parse(byte[] text, int from, int to) {
        int n = to - from;
        boolean possible =
                (n == DATE_BYTES || (n >= MIN_TIME_BYTES && n <= MAX_BYTES))
                        && text[from + 4] == '-'
                        && text[from + 7] == '-';
        return possible ? new InstantText(text, from, to).parse() : null;
    }

    private @Nullable Instant parse() {
        int year = digits(4);
        boolean whole = take('-');
        int month = digits(2);
        whole &= take('-');
        int day = digits(2);
        long day0;
        try {
            if (!whole || year < 0) {
                return null;
            }
            day0 = LocalDate.of(year, month, day).toEpochDay();
        } catch (DateTimeException _) {
            return null;
        }
        long seconds = day0 * 86_400;
        if (at == to) {
            return Instant.ofEpochSecond(seconds);
        }
        if (!take('T') && !take('t') && !take(' ')) {
            return null;
        }
        int hour = digits(2);
        whole = take(':');
        int minute = digits(2);
        int second = take(':') ? digits(2) : 0;
        int nanos = second >= 0 && (take('.') || take(',')) ? fraction() : 0;
        int offset = offset();
        boolean fits =
                whole
                        && hour >= 0
                        && hour < 24
                        && minute >= 0
                        && minute < 60
                        && second >= 0
                        && second < 60
                        && nanos >= 0
                        && offset != Integer.MIN_VALUE
                        && at == to;
        return fits
                ? Instant.ofEpochSecond(
                        seconds + hour * 3600L + minute * 60L + second - offset, nanos)
                : null;
    }

    /// Seconds east of Greenwich, `Integer.MIN_VALUE` if that is not what stands there.
    private int offset() {
        if (at == to || take('Z') || take('z')) {
            return 0;
        }
        boolean east = take('+');
        if (!east && !take('-')) {
            return Integer.MIN_VALUE;
        }
        int hours = digits(2);
        int minutes = 0;
        if (at < to) {
            take(':');
            minutes = digits(2);
        }
        if (hours < 0 || hours > 18 || minutes < 0 || minutes > 59) {
            return Integer.MIN_VALUE;
        }
        int seconds = hours * 3600 + minutes * 60;
        return east ? seconds : -seconds;
    }

    /// Nanoseconds, -1 if there is no digit.
    private int fraction() {
        int value = 0;
        int digits = 0;
        while (at < to && text[at] >= '0' && text[at] <= '9' && digits < 9) {
            value = 10 * value + (text[at++] - '0');
            digits++;
        }
        for (int i = digits; i < 9; i++) {
            value *= 10;
        }
        return digits == 0 ? -1 : value;
    }

    /// A number of so many digits, -1 if they are not there.
    private int digits(int count) {
        int value = 0;
        for (int i = 0; i < count; i++) {
            if (at == to || text[at] < '0' || text[at] > '9') {
                return -1;
            }
            value = 10 * value + (text[at++] - '0');
        }
        return value;
    }

    private boolean take(char c) {
        if (at < to && text[at] == c) {
            at++;
            return true;
        }
        return false;
    }
}
