package io.annals.indexer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Numbers and instants as bytes whose unsigned lexicographic order is their order. Stateless.
///
/// A number is the largest double that is not above it, as 8 sortable bytes (sign bit flipped,
/// negative ones inverted), then the 2-byte difference to it for integers that a double cannot
/// hold. An instant is 8 sortable bytes of epoch seconds, then 4 bytes of nanoseconds. Trailing
/// zero bytes are left out, which keeps the order.
final class NumberCode {
    static final int MAX_NUMBER_BYTES = 10;
    static final int MAX_INSTANT_BYTES = 12;

    /// Longest text that is looked at.
    private static final int MAX_NUMBER_TEXT = 40;

    private static final double[] POWERS_OF_TEN = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22
    };
    private static final long EXACT_IN_DOUBLE = 1L << 53;

    private NumberCode() {}

    /// The code of the JSON number that bytes `[from, to)` spell, or null if they spell none.
    static byte @Nullable [] number(byte[] text, int from, int to) {
        if (to - from > MAX_NUMBER_TEXT || !isNumber(text, from, to)) {
            return null;
        }
        int at = text[from] == '-' ? from + 1 : from;
        long mantissa = 0;
        int digits = 0;
        int scale = 0;
        boolean point = false;
        for (; at < to; at++) {
            byte c = text[at];
            if (c == '.') {
                point = true;
            } else if (c >= '0' && c <= '9' && digits < 18) {
                mantissa = 10 * mantissa + (c - '0');
                digits += mantissa == 0 ? 0 : 1;
                scale += point ? 1 : 0;
            } else {
                return slowNumber(new String(text, from, to - from, StandardCharsets.US_ASCII));
            }
        }
        long signed = text[from] == '-' ? -mantissa : mantissa;
        if (scale == 0) {
            return number(signed);
        }
        if (mantissa <= EXACT_IN_DOUBLE && scale < POWERS_OF_TEN.length) {
            return number(signed / POWERS_OF_TEN[scale]);
        }
        return slowNumber(new String(text, from, to - from, StandardCharsets.US_ASCII));
    }

    private static byte[] slowNumber(String text) {
        double value = Double.parseDouble(text);
        if (Math.abs(value) < EXACT_IN_DOUBLE || Math.abs(value) > 0x1p63) {
            return number(value);
        }
        try {
            return number(Long.parseLong(text));
        } catch (NumberFormatException _) {
            return number(value);
        }
    }

    /// Whether the bytes follow JSON's grammar for numbers.
    static boolean isNumber(byte[] text, int from, int to) {
        int at = from;
        if (at < to && text[at] == '-') {
            at++;
        }
        int whole = at;
        at = digits(text, at, to);
        if (at == whole || (text[whole] == '0' && at > whole + 1)) {
            return false;
        }
        if (at < to && text[at] == '.') {
            int fraction = at + 1;
            at = digits(text, fraction, to);
            if (at == fraction) {
                return false;
            }
        }
        if (at < to && (text[at] == 'e' || text[at] == 'E')) {
            at++;
            if (at < to && (text[at] == '+' || text[at] == '-')) {
                at++;
            }
            int exponent = at;
            at = digits(text, at, to);
            if (at == exponent) {
                return false;
            }
        }
        return at == to;
    }

    private static int digits(byte[] text, int from, int to) {
        int at = from;
        while (at < to && text[at] >= '0' && text[at] <= '9') {
            at++;
        }
        return at;
    }

    static byte[] number(long value) {
        double floor = value;
        if (floor == 0x1p63 || (long) floor > value) {
            floor = Math.nextDown(floor);
        }
        return encode(floor, (int) (value - (long) floor));
    }

    static byte[] number(double value) {
        return encode(value == 0 ? 0.0 : value, 0);
    }

    private static byte[] encode(double floor, int rest) {
        long bits = Double.doubleToLongBits(floor);
        long sortable = (bits ^ ((bits >> 63) & Long.MAX_VALUE)) ^ Long.MIN_VALUE;
        byte[] code = new byte[MAX_NUMBER_BYTES];
        ByteBuffer.wrap(code).putLong(sortable).putShort((short) rest);
        return strip(code);
    }

    static byte[] instant(Instant instant) {
        byte[] code = new byte[MAX_INSTANT_BYTES];
        ByteBuffer.wrap(code)
                .putLong(instant.getEpochSecond() ^ Long.MIN_VALUE)
                .putInt(instant.getNano());
        return strip(code);
    }

    private static byte[] strip(byte[] bytes) {
        int n = bytes.length;
        while (n > 0 && bytes[n - 1] == 0) {
            n--;
        }
        return n == bytes.length ? bytes : Arrays.copyOf(bytes, n);
    }
}
