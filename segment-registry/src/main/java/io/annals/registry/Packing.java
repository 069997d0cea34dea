package io.annals.registry;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/// Writes numbers and names in few bytes, for what is held on the heap by the million; read by
/// [PackedReader]. No state.
///
/// Numbers are zigzag varints. Names are mostly hex digits and numbers with leading zeros: a string
/// is its number of parts, then per part a number `length << 1 | isHex` and that many bytes, either
/// UTF-8 or two hex digits each.
final class Packing {
    private static final int HEX_DIGITS_MIN = 4;

    private Packing() {}

    static void putNumber(ByteArrayOutputStream out, long number) {
        long rest = (number << 1) ^ (number >> 63); // small for small negative numbers too
        while ((rest & ~0x7FL) != 0) {
            out.write((int) ((rest & 0x7F) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    static void putString(ByteArrayOutputStream out, String string) {
        ByteArrayOutputStream parts = new ByteArrayOutputStream();
        int count = 0;
        int plainStart = 0;
        int at = 0;
        while (at < string.length()) {
            int digits = hexDigits(string, at);
            if (digits < HEX_DIGITS_MIN) {
                at += Math.max(1, digits);
                continue;
            }
            count += putPlain(parts, string.substring(plainStart, at));
            putNumber(parts, digits | 1); // digits is even
            for (int i = at; i < at + digits; i += 2) {
                parts.write(HexFormat.fromHexDigits(string, i, i + 2));
            }
            count++;
            at += digits;
            plainStart = at;
        }
        count += putPlain(parts, string.substring(plainStart));
        putNumber(out, count);
        out.writeBytes(parts.toByteArray());
    }

    /// @return how many parts it takes
    private static int putPlain(ByteArrayOutputStream out, String string) {
        if (string.isEmpty()) {
            return 0;
        }
        byte[] utf8 = string.getBytes(StandardCharsets.UTF_8);
        putNumber(out, (long) utf8.length << 1);
        out.writeBytes(utf8);
        return 1;
    }

    /// Length of the run of lower-case hex digits that starts at `at`, an even number.
    private static int hexDigits(String string, int at) {
        int end = at;
        while (end < string.length() && isHexDigit(string.charAt(end))) {
            end++;
        }
        return (end - at) & ~1;
    }

    private static boolean isHexDigit(char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    }
}
