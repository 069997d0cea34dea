package io.annals.indexer;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;

/// Cuts UTF-8 text into lower-case words, the same way for indexing and for queries. A cursor;
/// confined to one thread.
///
/// The rules ([RecordMapping#ANALYZER_VERSION]):
///
/// - A run of ASCII letters, digits and `_` is a word, lower-cased. Every other ASCII character
///   separates. So `10.2.3.4` and `a-b` are several words next to each other: a phrase.
/// - A UUID in its usual form (8-4-4-4-12 hex digits) is one word, dashes included.
/// - A run that holds a byte of 0x80 or above is cut by Unicode's word rules (UAX #29, Lucene's
///   [StandardTokenizer]) and lower-cased by code point.
/// - A word is cut off after [#MAX_WORD_BYTES] bytes, the rest of it is skipped.
/// - Text that is not UTF-8 yields only its ASCII runs of at least three characters.
final class Words {
    static final int MAX_WORD_BYTES = 128;

    private static final int MAX_UNICODE_RUN_BYTES = 4096;
    private static final int MIN_BINARY_RUN_BYTES = 3;
    private static final int[] UUID_GROUPS = {8, 4, 4, 4, 12};
    private static final int UUID_BYTES = 36;
    private static final byte SEPARATOR = 0;
    private static final byte UNICODE = -1;

    /// Per byte: 0 separates, -1 needs Unicode's rules, else the lower-case letter, digit or `_`.
    private static final byte[] CLASS = new byte[256];

    static {
        Arrays.fill(CLASS, 0x80, 0x100, UNICODE);
        for (int c = 0; c < 0x80; c++) {
            if (Character.isLetterOrDigit(c) || c == '_') {
                CLASS[c] = (byte) Character.toLowerCase(c);
            }
        }
    }

    private final byte[] word = new byte[MAX_WORD_BYTES];
    private final ArrayDeque<byte[]> unicodeWords = new ArrayDeque<>();
    private final StandardTokenizer unicode = new StandardTokenizer();
    private final CharTermAttribute unicodeTerm = unicode.addAttribute(CharTermAttribute.class);

    private byte[] text = new byte[0];
    private int at;
    private int end;
    private boolean binary;
    private int length;

    /// Starts on `text`, bytes `[from, to)`.
    ///
    /// @param binary the text is not UTF-8
    void reset(byte[] text, int from, int to, boolean binary) {
        this.text = text;
        this.at = from;
        this.end = to;
        this.binary = binary;
        unicodeWords.clear();
    }

    /// Moves to the next word.
    boolean next() {
        while (true) {
            if (!unicodeWords.isEmpty()) {
                byte[] next = unicodeWords.remove();
                System.arraycopy(next, 0, word, 0, next.length);
                length = next.length;
                return true;
            }
            while (at < end && separates(CLASS[text[at] & 0xff])) {
                at++;
            }
            if (at == end) {
                return false;
            }
            if (run()) {
                return true;
            }
        }
    }

    private boolean separates(byte c) {
        return c == SEPARATOR || (binary && c == UNICODE);
    }

    /// @return whether the run is the next word; if not, its words are queued
    private boolean run() {
        byte[] bytes = text;
        int from = at;
        int kept = Math.min(end, from + MAX_WORD_BYTES);
        int p = from;
        while (p < kept && CLASS[bytes[p] & 0xff] > SEPARATOR) {
            word[p - from] = CLASS[bytes[p] & 0xff];
            p++;
        }
        int n = p - from;
        while (p < end && CLASS[bytes[p] & 0xff] > SEPARATOR) {
            p++;
        }
        at = p;
        if (!binary && p < end && CLASS[bytes[p] & 0xff] == UNICODE) {
            unicodeRun(from);
            return false;
        }
        length = n;
        if (n == UUID_GROUPS[0] && isUuid(from)) {
            for (int i = n; i < UUID_BYTES; i++) {
                word[i] = i == 8 || i == 13 || i == 18 || i == 23 ? (byte) '-' : lower(from + i);
            }
            at = from + UUID_BYTES;
            length = UUID_BYTES;
        }
        return !binary || n >= MIN_BINARY_RUN_BYTES;
    }

    private byte lower(int position) {
        return CLASS[text[position] & 0xff];
    }

    private boolean isUuid(int from) {
        if (end - from < UUID_BYTES) {
            return false;
        }
        int p = from;
        for (int group : UUID_GROUPS) {
            if (p > from && text[p++] != '-') {
                return false;
            }
            for (int i = 0; i < group; i++) {
                if (Character.digit(text[p++], 16) < 0) {
                    return false;
                }
            }
        }
        return p == end || CLASS[text[p] & 0xff] == SEPARATOR;
    }

    private void unicodeRun(int from) {
        int max = Math.min(end, from + MAX_UNICODE_RUN_BYTES);
        while (at < max && CLASS[text[at] & 0xff] != SEPARATOR) {
            at++;
        }
        while (at < end && at == max && (text[at] & 0xc0) == 0x80) {
            at--;
            max--;
        }
        try (StringReader run =
                new StringReader(new String(text, from, at - from, StandardCharsets.UTF_8))) {
            unicode.setReader(run);
            unicode.reset();
            while (unicode.incrementToken()) {
                unicodeWords.add(utf8(lowerCase(unicodeTerm)));
            }
            unicode.end();
            unicode.close();
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory cannot fail", e);
        }
    }

    private static String lowerCase(CharSequence term) {
        StringBuilder lower = new StringBuilder(term.length());
        term.codePoints().map(Character::toLowerCase).forEach(lower::appendCodePoint);
        return lower.toString();
    }

    private static byte[] utf8(String term) {
        byte[] bytes = term.getBytes(StandardCharsets.UTF_8);
        if (bytes.length <= MAX_WORD_BYTES) {
            return bytes;
        }
        int n = MAX_WORD_BYTES;
        while ((bytes[n] & 0xc0) == 0x80) {
            n--;
        }
        return Arrays.copyOf(bytes, n);
    }

    /// Holds the current word in its first [#length] bytes; overwritten by [#next].
    byte[] bytes() {
        return word;
    }

    int length() {
        return length;
    }

    /// Whether bytes `[from, to)` are one word, exactly as they stand.
    static boolean isOneWord(byte[] text, int from, int to) {
        int n = to - from;
        if (n == 0 || n > MAX_WORD_BYTES) {
            return false;
        }
        for (int i = from; i < to; i++) {
            if (CLASS[text[i] & 0xff] != text[i] || text[i] <= 0) {
                return n == UUID_BYTES && isLowerUuid(text, from);
            }
        }
        return true;
    }

    private static boolean isLowerUuid(byte[] text, int from) {
        int p = from;
        for (int group : UUID_GROUPS) {
            if (p > from && text[p++] != '-') {
                return false;
            }
            for (int i = 0; i < group; i++) {
                byte c = text[p++];
                if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f')) {
                    return false;
                }
            }
        }
        return true;
    }
}
