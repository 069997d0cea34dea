package io.annals.query;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;

/// A time as people write it: epoch milliseconds, or ISO-8601 (a date alone is the whole day, a
/// time without a zone is UTC). Stands for the milliseconds `[fromMs, toMs)`.
public record PointInTime(long fromMs, long toMs) {
    public static final String ALLOWED =
            "epoch milliseconds, or ISO-8601 such as 2026-01-31T12:00:00Z or 2026-01-31";

    private static final int MAX_LENGTH = 40;
    private static final int DATE_LENGTH = 10;

    /// Empty if `text` is no time.
    public static Optional<PointInTime> parse(String text) {
        if (text.isEmpty() || text.length() > MAX_LENGTH) {
            return Optional.empty();
        }
        try {
            if (text.chars()
                    .skip(text.charAt(0) == '-' ? 1 : 0)
                    .allMatch(c -> c >= '0' && c <= '9')) {
                return Optional.of(at(Long.parseLong(text)));
            }
            if (text.length() == DATE_LENGTH) {
                Instant day = LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
                long from = day.toEpochMilli();
                return Optional.of(new PointInTime(from, from + 86_400_000L));
            }
            return Optional.of(at(instant(text).toEpochMilli()));
        } catch (DateTimeException | NumberFormatException | ArithmeticException _) {
            return Optional.empty();
        }
    }

    private static PointInTime at(long ms) {
        return new PointInTime(ms, LongRange.after(ms));
    }

    private static Instant instant(String text) {
        int zone = Math.max(text.lastIndexOf('+'), text.lastIndexOf('-'));
        boolean zoned = text.endsWith("Z") || zone > text.indexOf('T');
        return zoned
                ? OffsetDateTime.parse(text).toInstant()
                : LocalDateTime.parse(text).toInstant(ZoneOffset.UTC);
    }
}
