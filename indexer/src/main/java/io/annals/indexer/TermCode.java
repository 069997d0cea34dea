package io.annals.indexer;

import java.nio.charset.StandardCharsets;
import org.apache.lucene.util.BytesRef;

/// The Lucene fields of the mapping, and how a leaf and its path become a term.
///
/// | field | term | matches |
/// |---|---|---|
/// | `t` | word 00 path, or word 01 path | a word of a leaf; 01 if the leaf is nothing but this word |
/// | `k` | value 00 path | a whole leaf, exactly, unless it is in `t` with 01 |
/// | `n` | path 00 `n` number, or path 00 `d` instant | a number or a date ([NumberCode]) |
/// | `f` | path | there is a leaf with this path |
///
/// Value before path: a word is found in every path by one walk over neighbouring terms, and no
/// posting is written twice. Path before number: a range is a run of neighbouring terms. Words hold
/// no bytes 00 and 01, paths neither. Described in `docs/formats/index-split.md`. Stateless.
final class TermCode {
    static final String TEXT = "t";
    static final String KEYWORD = "k";
    static final String NUMBER = "n";
    static final String FIELDS = "f";

    /// Follows a word that is a part of its leaf, and any keyword.
    static final byte PART = 0;

    /// Follows a word that is all of its leaf.
    static final byte WHOLE = 1;

    static final byte NUMBER_TYPE = 'n';
    static final byte INSTANT_TYPE = 'd';

    /// Path bytes, UTF-8; leaves with longer paths have only words, in the path `_value`.
    static final int MAX_PATH_BYTES = 256;

    /// A keyword up to this size may be any text.
    private static final int MAX_PROSE_KEYWORD_BYTES = 64;

    /// A keyword up to this size must not have a space.
    private static final int MAX_KEYWORD_BYTES = 256;

    private TermCode() {}

    /// Whether a leaf is indexed as a whole: short, or of middle length without a space (a path, an
    /// address, an id). Longer text has only words.
    static boolean isKeyword(byte[] text, int from, int to) {
        int n = to - from;
        if (n > MAX_KEYWORD_BYTES) {
            return false;
        }
        if (n <= MAX_PROSE_KEYWORD_BYTES) {
            return true;
        }
        for (int i = from; i < to; i++) {
            if (text[i] == ' ') {
                return false;
            }
        }
        return true;
    }

    /// Whether a key is indexed by its own bytes; a longer one by their SHA-256.
    static boolean isShortKey(int length) {
        return length <= MAX_KEYWORD_BYTES;
    }

    /// value, separator, path
    static BytesRef valueFirst(byte[] value, byte separator, byte[] path) {
        return join(value, value.length, new byte[] {separator}, path);
    }

    /// path, 00, type, code
    static BytesRef pathFirst(byte[] path, byte type, byte[] code) {
        return join(path, path.length, new byte[] {PART, type}, code);
    }

    private static BytesRef join(byte[] a, int aLength, byte[] b, byte[] c) {
        byte[] term = new byte[aLength + b.length + c.length];
        System.arraycopy(a, 0, term, 0, aLength);
        System.arraycopy(b, 0, term, aLength, b.length);
        System.arraycopy(c, 0, term, aLength + b.length, c.length);
        return new BytesRef(term);
    }

    /// The path that a field name of a query stands for.
    static String path(String field) {
        if (field.equals(RecordMapping.KEY)
                || field.equals(RecordMapping.VALUE)
                || field.startsWith(RecordMapping.HEADERS)) {
            return field;
        }
        String json =
                field.startsWith(VALUE_PREFIX) ? field.substring(VALUE_PREFIX.length()) : field;
        return json.startsWith("_") ? VALUE_PREFIX + json : json;
    }

    /// Stands before JSON paths that begin with `_`, which our own names do.
    static final String VALUE_PREFIX = RecordMapping.VALUE + ".";

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
