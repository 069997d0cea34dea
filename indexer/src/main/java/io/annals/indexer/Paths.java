package io.annals.indexer;

import java.util.Arrays;

/// The dotted paths that one index has seen, as a tree of names; bounded. Confined to one thread.
///
/// Past the bound, and for names that cannot be part of a term, [#overflow] stands in: the path
/// `_value`, whose children are itself; for headers the path `_headers.`.
final class Paths {
    private final int maxPaths;
    private final Node overflow = new Node(TermCode.utf8(RecordMapping.VALUE), true);
    private final Node headerOverflow = new Node(TermCode.utf8(RecordMapping.HEADERS), true);
    private final Node json = new Node(new byte[0], false);
    private final Node headers = new Node(new byte[0], false);
    private int count;

    Paths(int maxPaths) {
        this.maxPaths = maxPaths;
    }

    /// Above the top-level names of JSON values.
    Node json() {
        return json;
    }

    Node overflow() {
        return overflow;
    }

    /// Distinct paths so far.
    int count() {
        return count;
    }

    Node header(byte[] name, int from, int to) {
        return child(headers, name, from, to);
    }

    /// The path of a name below `parent`.
    Node child(Node parent, byte[] name, int from, int to) {
        if (parent.isOverflow) {
            return overflow;
        }
        int hash = hash(name, from, to);
        Node child = parent.find(name, from, to, hash);
        if (child != null) {
            return child;
        }
        byte[] path = path(parent, name, from, to);
        if (count == maxPaths || path.length > TermCode.MAX_PATH_BYTES || hasControls(path)) {
            return parent == headers ? headerOverflow : overflow;
        }
        count++;
        return parent.add(new Node(path, false), Arrays.copyOfRange(name, from, to), hash);
    }

    private byte[] path(Node parent, byte[] name, int from, int to) {
        byte[] prefix;
        if (parent == headers) {
            prefix = TermCode.utf8(RecordMapping.HEADERS);
        } else if (parent == json) {
            prefix =
                    to > from && name[from] == '_'
                            ? TermCode.utf8(TermCode.VALUE_PREFIX)
                            : json.path;
        } else {
            prefix = Arrays.copyOf(parent.path, parent.path.length + 1);
            prefix[parent.path.length] = '.';
        }
        byte[] path = Arrays.copyOf(prefix, prefix.length + to - from);
        System.arraycopy(name, from, path, prefix.length, to - from);
        return path;
    }

    private static boolean hasControls(byte[] path) {
        for (byte b : path) {
            if (b >= 0 && b < ' ') {
                return true;
            }
        }
        return false;
    }

    private static int hash(byte[] name, int from, int to) {
        int hash = to - from;
        for (int i = from; i < to; i++) {
            hash = 31 * hash + name[i];
        }
        return hash ^ (hash >>> 15);
    }

    /// One path; remembers the last document that had it.
    static final class Node {
        final byte[] path;
        final boolean isOverflow;
        long lastDocument = -1;
        private byte[][] names = new byte[4][];
        private int[] hashes = new int[4];
        private Node[] children = new Node[4];
        private int size;

        Node(byte[] path, boolean isOverflow) {
            this.path = path;
            this.isOverflow = isOverflow;
        }

        private @org.jspecify.annotations.Nullable Node find(
                byte[] name, int from, int to, int hash) {
            int mask = children.length - 1;
            for (int i = hash & mask; children[i] != null; i = (i + 1) & mask) {
                if (hashes[i] == hash
                        && Arrays.equals(names[i], 0, names[i].length, name, from, to)) {
                    return children[i];
                }
            }
            return null;
        }

        private Node add(Node child, byte[] name, int hash) {
            if (2 * ++size > children.length) {
                grow();
            }
            put(child, name, hash);
            return child;
        }

        private void put(Node child, byte[] name, int hash) {
            int mask = children.length - 1;
            int i = hash & mask;
            while (children[i] != null) {
                i = (i + 1) & mask;
            }
            children[i] = child;
            names[i] = name;
            hashes[i] = hash;
        }

        private void grow() {
            Node[] oldChildren = children;
            byte[][] oldNames = names;
            int[] oldHashes = hashes;
            children = new Node[2 * oldChildren.length];
            names = new byte[children.length][];
            hashes = new int[children.length];
            for (int i = 0; i < oldChildren.length; i++) {
                if (oldChildren[i] != null) {
                    put(oldChildren[i], oldNames[i], oldHashes[i]);
                }
            }
        }
    }
}
