package io.annals.indexer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// The leaves of one JSON object or array, found by one pass over its bytes. Reused from value to
/// value; confined to one thread.
///
/// Stricter than a log shipper, laxer than RFC 8259 in one thing: control characters inside strings
/// are taken as they are. Anything else that is not JSON makes [#scan] answer false, and the value
/// is plain text. Nulls are no leaves. Elements of an array are leaves of the array's path.
final class JsonLeaves {
    static final byte STRING = 's';
    static final byte NUMBER = 'n';
    static final byte BOOLEAN = 'b';

    /// Nesting beyond which a value is plain text.
    private static final int MAX_NESTING = 500;

    private final Paths paths;
    private final int maxDepth;

    private byte[] json = new byte[0];
    private int at;
    private int end;

    /// Strings with escapes, decoded.
    private byte[] decoded = new byte[256];

    private int decodedLength;

    private byte[] types = new byte[64];
    private int[] froms = new int[64];
    private int[] tos = new int[64];
    private Paths.Node[] nodes = new Paths.Node[64];
    private int count;

    private final Paths.Node[] stack = new Paths.Node[MAX_NESTING + 1];
    private final boolean[] inArray = new boolean[MAX_NESTING + 1];

    /// The last string: in `decoded` if it had escapes.
    private int stringFrom;

    private int stringTo;
    private boolean stringIsDecoded;

    JsonLeaves(Paths paths, int maxDepth) {
        this.paths = paths;
        this.maxDepth = maxDepth;
    }

    int count() {
        return count;
    }

    byte type(int leaf) {
        return types[leaf];
    }

    Paths.Node path(int leaf) {
        return nodes[leaf];
    }

    /// Holds the leaf at `[from, to)`.
    byte[] bytes(int leaf) {
        return froms[leaf] < 0 ? decoded : json;
    }

    int from(int leaf) {
        return froms[leaf] < 0 ? ~froms[leaf] : froms[leaf];
    }

    int to(int leaf) {
        return froms[leaf] < 0 ? ~tos[leaf] : tos[leaf];
    }

    /// @param bytes valid UTF-8
    /// @return whether bytes `[from, to)` are one JSON object or array; if not, there are no leaves
    boolean scan(byte[] bytes, int from, int to) {
        json = bytes;
        at = from;
        end = to;
        count = 0;
        decodedLength = 0;
        if (decoded.length > (1 << 20)) {
            decoded = new byte[256];
        }
        skipSpace();
        boolean whole =
                at < end && (json[at] == '{' || json[at] == '[') && scanContainers() && ended();
        if (!whole) {
            count = 0;
        }
        return whole;
    }

    private boolean ended() {
        skipSpace();
        return at == end;
    }

    private boolean scanContainers() {
        int depth = 0;
        stack[0] = paths.json();
        open(0);
        boolean first = true;
        while (depth >= 0) {
            skipSpace();
            if (at == end) {
                return false;
            }
            if (json[at] == (inArray[depth] ? ']' : '}')) {
                at++;
                depth--;
                first = false;
                continue;
            }
            if (!first && !take(',')) {
                return false;
            }
            Paths.Node path = stack[depth];
            if (!inArray[depth]) {
                skipSpace();
                if (!take('"') || !scanString()) {
                    return false;
                }
                byte[] names = stringIsDecoded ? decoded : json;
                path = depth < maxDepth ? paths.child(path, names, stringFrom, stringTo) : path;
                skipSpace();
                if (!take(':')) {
                    return false;
                }
            }
            skipSpace();
            if (at == end) {
                return false;
            }
            first = false;
            if (json[at] == '{' || json[at] == '[') {
                if (++depth > MAX_NESTING) {
                    return false;
                }
                stack[depth] = path;
                open(depth);
                first = true;
            } else if (!scanScalar(path == paths.json() ? paths.overflow() : path)) {
                return false;
            }
        }
        return true;
    }

    private void open(int depth) {
        inArray[depth] = json[at++] == '[';
    }

    private boolean scanScalar(Paths.Node path) {
        return switch (json[at]) {
            case '"' -> {
                at++;
                if (!scanString()) {
                    yield false;
                }
                if (stringIsDecoded) {
                    add(STRING, ~stringFrom, ~stringTo, path);
                } else {
                    add(STRING, stringFrom, stringTo, path);
                }
                yield true;
            }
            case 't' -> literal("true", BOOLEAN, path);
            case 'f' -> literal("false", BOOLEAN, path);
            case 'n' -> literal("null", (byte) 0, path);
            default -> scanNumber(path);
        };
    }

    private boolean literal(String word, byte type, Paths.Node path) {
        int from = at;
        for (int i = 0; i < word.length(); i++, at++) {
            if (at == end || json[at] != word.charAt(i)) {
                return false;
            }
        }
        if (type == BOOLEAN) {
            add(type, from, at, path);
        }
        return true;
    }

    private boolean scanNumber(Paths.Node path) {
        int from = at;
        while (at < end
                && ((json[at] >= '0' && json[at] <= '9') || "+-.eE".indexOf(json[at]) >= 0)) {
            at++;
        }
        if (!NumberCode.isNumber(json, from, at)) {
            return false;
        }
        add(NUMBER, from, at, path);
        return true;
    }

    /// After the opening quote, to behind the closing one.
    private boolean scanString() {
        stringFrom = at;
        stringIsDecoded = false;
        for (; at < end; at++) {
            byte b = json[at];
            if (b == '"') {
                stringTo = at++;
                return true;
            }
            if (b == '\\') {
                return scanEscapedString();
            }
        }
        return false;
    }

    private boolean scanEscapedString() {
        stringIsDecoded = true;
        int from = decodedLength;
        decode(json, stringFrom, at);
        while (at < end) {
            int plain = at;
            while (at < end && json[at] != '"' && json[at] != '\\') {
                at++;
            }
            decode(json, plain, at);
            if (at == end) {
                return false;
            }
            if (json[at++] == '"') {
                stringFrom = from;
                stringTo = decodedLength;
                return true;
            }
            if (at == end || !scanEscape()) {
                return false;
            }
        }
        return false;
    }

    private boolean scanEscape() {
        byte c = json[at++];
        int unescaped =
                switch (c) {
                    case '"', '\\', '/' -> c;
                    case 'b' -> '\b';
                    case 'f' -> '\f';
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    case 't' -> '\t';
                    case 'u' -> hex4();
                    default -> -1;
                };
        if (unescaped < 0) {
            return false;
        }
        if (unescaped < 0x80) {
            ensureDecoded(1);
            decoded[decodedLength++] = (byte) unescaped;
            return true;
        }
        int codePoint = unescaped;
        if (Character.isHighSurrogate((char) unescaped)
                && at + 1 < end
                && json[at] == '\\'
                && json[at + 1] == 'u') {
            int retry = at;
            at += 2;
            int low = hex4();
            if (low >= 0 && Character.isLowSurrogate((char) low)) {
                codePoint = Character.toCodePoint((char) unescaped, (char) low);
            } else {
                at = retry;
            }
        }
        boolean lone = codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
        byte[] utf8 =
                Character.toString(lone ? 0xfffd : codePoint).getBytes(StandardCharsets.UTF_8);
        decode(utf8, 0, utf8.length);
        return true;
    }

    private int hex4() {
        if (at + 4 > end) {
            return -1;
        }
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(json[at++], 16);
            if (digit < 0) {
                return -1;
            }
            value = 16 * value + digit;
        }
        return value;
    }

    private void decode(byte[] bytes, int from, int to) {
        ensureDecoded(to - from);
        System.arraycopy(bytes, from, decoded, decodedLength, to - from);
        decodedLength += to - from;
    }

    private void ensureDecoded(int more) {
        if (decodedLength + more > decoded.length) {
            decoded = Arrays.copyOf(decoded, Math.max(2 * decoded.length, decodedLength + more));
        }
    }

    private boolean take(char c) {
        if (at < end && json[at] == c) {
            at++;
            return true;
        }
        return false;
    }

    private void skipSpace() {
        while (at < end
                && (json[at] == ' ' || json[at] == '\n' || json[at] == '\r' || json[at] == '\t')) {
            at++;
        }
    }

    private void add(byte type, int from, int to, Paths.Node path) {
        if (count == types.length) {
            types = Arrays.copyOf(types, 2 * count);
            froms = Arrays.copyOf(froms, 2 * count);
            tos = Arrays.copyOf(tos, 2 * count);
            nodes = Arrays.copyOf(nodes, 2 * count);
        }
        types[count] = type;
        froms[count] = from;
        tos[count] = to;
        nodes[count++] = path;
    }
}
