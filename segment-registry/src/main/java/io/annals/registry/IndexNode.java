package io.annals.registry;

import io.annals.registry.LongIndex.Peaks;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A node of a [LongIndex]'s tree: a leaf with entries, or an inner node with nodes one level
/// below. Immutable; changes give new nodes that share what they do not touch. All leaves are
/// equally deep, and only the tree of no entries has an empty one.
///
/// Leaf and inner node are in one file because each operation is read in both at once.
///
/// ```
/// inner   lastKeys [9 15 31]  ends [3 6 8]
///             /        |        \
/// leaf    [3 7 9] [12 12 15]  [20 31]
/// ```
abstract sealed class IndexNode {
    private static final int ENTRIES_MAX = 128;
    private static final int CHILDREN_MAX = 64;

    /// Entries of a leaf whose largest times are known together.
    private static final int BLOCK = 4;

    private static final long[] NOTHING = {};

    static final IndexNode EMPTY = new Leaf(NOTHING, new Object[0], NOTHING, NOTHING, false);

    private final int size;
    private final long maxEvent;
    private final long maxIngest;

    private IndexNode(int size, long maxEvent, long maxIngest) {
        this.size = size;
        this.maxEvent = maxEvent;
        this.maxIngest = maxIngest;
    }

    /// The root of a tree of these entries, which are in order already.
    static IndexNode of(
            int size, IntToLongFunction key, IntFunction<Object> value, Peaks<Object> peaks) {
        if (size == 0) {
            return EMPTY;
        }
        IndexNode[] level = new IndexNode[(size + ENTRIES_MAX - 1) / ENTRIES_MAX];
        for (int leaf = 0; leaf < level.length; leaf++) {
            int start = leaf * ENTRIES_MAX;
            long[] keys = new long[Math.min(ENTRIES_MAX, size - start)];
            Object[] values = new Object[keys.length];
            for (int i = 0; i < keys.length; i++) {
                keys[i] = key.applyAsLong(start + i);
                values[i] = value.apply(start + i);
            }
            level[leaf] = Leaf.of(keys, values, peaks);
        }
        while (level.length > 1) {
            IndexNode[] above = new IndexNode[(level.length + CHILDREN_MAX - 1) / CHILDREN_MAX];
            for (int node = 0; node < above.length; node++) {
                int start = node * CHILDREN_MAX;
                int end = Math.min(level.length, start + CHILDREN_MAX);
                above[node] = Inner.of(Arrays.copyOfRange(level, start, end));
            }
            level = above;
        }
        return level[0];
    }

    final int size() {
        return size;
    }

    /// This tree with one more entry, at position `at`.
    final IndexNode with(int at, long key, Object value, Peaks<Object> peaks) {
        IndexNode[] nodes = insert(at, key, value, peaks);
        return nodes.length == 1 ? nodes[0] : Inner.of(nodes);
    }

    /// This tree without the entry at position `at`.
    final IndexNode without(int at, Peaks<Object> peaks) {
        IndexNode root = remove(at, peaks);
        while (root instanceof Inner inner && inner.children.length == 1) {
            root = inner.children[0];
        }
        return root.size == 0 ? EMPTY : root;
    }

    abstract long key(int at);

    abstract Object value(int at);

    /// Position of the first entry whose key is at least `key`; the size if there is none.
    abstract int ceiling(long key);

    /// The value of the last entry whose key is at most `key`, if it holds the key; else that of
    /// the first entry behind; null if there is none. One way down the tree.
    ///
    /// @param holds whether a value ends behind `key`; need not be asked
    final @Nullable Object holding(long key, Predicate<Object> holds) {
        IndexNode node = this;
        IndexNode before = EMPTY; // ends right before this node
        while (node instanceof Inner inner) {
            int child = firstAbove(inner.lastKeys, key);
            if (child == inner.children.length) { // all are at most `key`
                return ifHolding(inner.lastValue(), holds);
            }
            before = child == 0 ? before : inner.children[child - 1];
            node = inner.children[child];
        }
        Leaf leaf = (Leaf) node;
        int next = firstAbove(leaf.keys, key);
        if (leaf.isGapless && next > 0 && next < leaf.values.length) {
            return leaf.values[next - 1]; // without a look at the value, which may be far away
        }
        Object floor = next > 0 ? leaf.values[next - 1] : before.lastValue();
        Object held = ifHolding(floor, holds);
        return held != null || next == leaf.values.length ? held : leaf.values[next];
    }

    private static @Nullable Object ifHolding(@Nullable Object value, Predicate<Object> holds) {
        return value != null && holds.test(value) ? value : null;
    }

    /// The value of the first entry whose key is above `key` and whose time reaches `timeMs`; null
    /// if there is none.
    abstract @Nullable Object firstReaching(long key, long timeMs, Peaks<Object> peaks, Time time);

    /// Which of the two times of [Peaks] is meant.
    enum Time {
        EVENT {
            @Override
            long of(Object value, Peaks<Object> peaks) {
                return peaks.event(value);
            }
        },
        INGEST {
            @Override
            long of(Object value, Peaks<Object> peaks) {
                return peaks.ingest(value);
            }
        };

        abstract long of(Object value, Peaks<Object> peaks);
    }

    /// Null if there is none.
    abstract @Nullable Object lastValue();

    abstract long lastKey();

    /// One node, or two if the entry does not fit in.
    abstract IndexNode[] insert(int at, long key, Object value, Peaks<Object> peaks);

    /// Perhaps of no entries.
    abstract IndexNode remove(int at, Peaks<Object> peaks);

    /// This node and the one behind it as one; itself if that would be more than half full.
    abstract IndexNode[] joined(IndexNode next, Peaks<Object> peaks);

    private static final class Leaf extends IndexNode {
        private final long[] keys;
        private final Object[] values;

        /// Largest times of each block of entries; none if nobody asks.
        private final long[] events;

        private final long[] ingests;

        /// Whether each entry is known to end where the next one begins.
        private final boolean isGapless;

        private Leaf(
                long[] keys, Object[] values, long[] events, long[] ingests, boolean isGapless) {
            super(keys.length, max(events), max(ingests));
            this.keys = keys;
            this.values = values;
            this.events = events;
            this.ingests = ingests;
            this.isGapless = isGapless;
        }

        static Leaf of(long[] keys, Object[] values, Peaks<Object> peaks) {
            return of(keys, values, peaks, null, 0);
        }

        /// @param before a leaf that begins with the same entries
        /// @param same how many they are
        private static Leaf of(
                long[] keys,
                Object[] values,
                Peaks<Object> peaks,
                @Nullable Leaf before,
                int same) {
            if (Peaks.NONE.equals(peaks)) {
                return new Leaf(keys, values, NOTHING, NOTHING, false);
            }
            int blocks = (keys.length + BLOCK - 1) / BLOCK;
            long[] events = Arrays.copyOf(before == null ? NOTHING : before.events, blocks);
            long[] ingests = Arrays.copyOf(before == null ? NOTHING : before.ingests, blocks);
            for (int block = same / BLOCK; block < blocks; block++) {
                events[block] = Long.MIN_VALUE;
                ingests[block] = Long.MIN_VALUE;
                int end = Math.min(keys.length, (block + 1) * BLOCK);
                for (int i = block * BLOCK; i < end; i++) {
                    events[block] = Math.max(events[block], peaks.event(values[i]));
                    ingests[block] = Math.max(ingests[block], peaks.ingest(values[i]));
                }
            }
            boolean isGapless = before == null || before.isGapless;
            for (int i = Math.max(0, same - 1); isGapless && i + 1 < keys.length; i++) {
                isGapless = peaks.end(values[i]) == keys[i + 1];
            }
            return new Leaf(keys, values, events, ingests, isGapless);
        }

        private static long max(long[] times) {
            long max = Long.MIN_VALUE;
            for (long time : times) {
                max = Math.max(max, time);
            }
            return max;
        }

        @Override
        long key(int at) {
            return keys[at];
        }

        @Override
        Object value(int at) {
            return values[at];
        }

        @Override
        int ceiling(long key) {
            return firstAtLeast(keys, key);
        }

        @Override
        @Nullable Object firstReaching(long key, long timeMs, Peaks<Object> peaks, Time time) {
            long[] blocks = time == Time.EVENT ? events : ingests;
            int at = firstAbove(keys, key);
            while (at < values.length) {
                if (blocks[at / BLOCK] < timeMs) {
                    at = (at / BLOCK + 1) * BLOCK;
                } else if (time.of(values[at], peaks) < timeMs) {
                    at++;
                } else {
                    return values[at];
                }
            }
            return null;
        }

        @Override
        @Nullable Object lastValue() {
            return values.length == 0 ? null : values[values.length - 1];
        }

        @Override
        long lastKey() {
            return keys[keys.length - 1];
        }

        @Override
        IndexNode[] insert(int at, long key, Object value, Peaks<Object> peaks) {
            if (at == ENTRIES_MAX) { // behind the last entry: do not leave half-full leaves
                return new IndexNode[] {this, of(new long[] {key}, new Object[] {value}, peaks)};
            }
            long[] newKeys = new long[keys.length + 1];
            Object[] newValues = new Object[newKeys.length];
            System.arraycopy(keys, 0, newKeys, 0, at);
            System.arraycopy(values, 0, newValues, 0, at);
            newKeys[at] = key;
            newValues[at] = value;
            System.arraycopy(keys, at, newKeys, at + 1, keys.length - at);
            System.arraycopy(values, at, newValues, at + 1, keys.length - at);
            if (newKeys.length <= ENTRIES_MAX) {
                return new IndexNode[] {of(newKeys, newValues, peaks, this, at)};
            }
            int half = newKeys.length / 2;
            int end = newKeys.length;
            return new IndexNode[] {
                of(Arrays.copyOf(newKeys, half), Arrays.copyOf(newValues, half), peaks),
                of(
                        Arrays.copyOfRange(newKeys, half, end),
                        Arrays.copyOfRange(newValues, half, end),
                        peaks)
            };
        }

        @Override
        IndexNode remove(int at, Peaks<Object> peaks) {
            long[] newKeys = new long[keys.length - 1];
            Object[] newValues = new Object[newKeys.length];
            System.arraycopy(keys, 0, newKeys, 0, at);
            System.arraycopy(values, 0, newValues, 0, at);
            System.arraycopy(keys, at + 1, newKeys, at, newKeys.length - at);
            System.arraycopy(values, at + 1, newValues, at, newKeys.length - at);
            return of(newKeys, newValues, peaks, this, at);
        }

        @Override
        IndexNode[] joined(IndexNode next, Peaks<Object> peaks) {
            Leaf right = (Leaf) next;
            if (keys.length + right.keys.length > ENTRIES_MAX / 2) {
                return new IndexNode[] {this, next};
            }
            long[] newKeys = Arrays.copyOf(keys, keys.length + right.keys.length);
            Object[] newValues = Arrays.copyOf(values, newKeys.length);
            System.arraycopy(right.keys, 0, newKeys, keys.length, right.keys.length);
            System.arraycopy(right.values, 0, newValues, keys.length, right.keys.length);
            return new IndexNode[] {of(newKeys, newValues, peaks, this, keys.length)};
        }
    }

    private static final class Inner extends IndexNode {
        private final IndexNode[] children;

        /// Largest key of each child.
        private final long[] lastKeys;

        /// Largest times of each child, here so that many are seen at a glance.
        private final long[] events;

        private final long[] ingests;

        /// Position after the last entry of each child.
        private final int[] ends;

        private Inner(IndexNode[] children, int size, long maxEvent, long maxIngest) {
            super(size, maxEvent, maxIngest);
            this.children = children;
            this.lastKeys = new long[children.length];
            this.ends = new int[children.length];
            this.events = new long[children.length];
            this.ingests = new long[children.length];
            int end = 0;
            for (int i = 0; i < children.length; i++) {
                end += children[i].size;
                ends[i] = end;
                lastKeys[i] = children[i].lastKey();
                events[i] = children[i].maxEvent;
                ingests[i] = children[i].maxIngest;
            }
        }

        static Inner of(IndexNode[] children) {
            int size = 0;
            long maxEvent = Long.MIN_VALUE;
            long maxIngest = Long.MIN_VALUE;
            for (IndexNode child : children) {
                size += child.size;
                maxEvent = Math.max(maxEvent, child.maxEvent);
                maxIngest = Math.max(maxIngest, child.maxIngest);
            }
            return new Inner(children, size, maxEvent, maxIngest);
        }

        @Override
        long key(int at) {
            int child = childOf(at);
            return children[child].key(at - start(child));
        }

        @Override
        Object value(int at) {
            int child = childOf(at);
            return children[child].value(at - start(child));
        }

        @Override
        int ceiling(long key) {
            int child = firstAtLeast(lastKeys, key);
            return child == children.length ? size() : start(child) + children[child].ceiling(key);
        }

        @Override
        @Nullable Object firstReaching(long key, long timeMs, Peaks<Object> peaks, Time time) {
            long[] times = time == Time.EVENT ? events : ingests;
            for (int child = firstAbove(lastKeys, key); child < children.length; child++) {
                if (times[child] >= timeMs) {
                    Object found = children[child].firstReaching(key, timeMs, peaks, time);
                    if (found != null) {
                        return found;
                    }
                }
            }
            return null;
        }

        @Override
        @Nullable Object lastValue() {
            return children[children.length - 1].lastValue();
        }

        @Override
        long lastKey() {
            return lastKeys[lastKeys.length - 1];
        }

        @Override
        IndexNode[] insert(int at, long key, Object value, Peaks<Object> peaks) {
            int child = at == size() ? children.length - 1 : childOf(at);
            IndexNode[] by = children[child].insert(at - start(child), key, value, peaks);
            IndexNode[] grown = replaced(child, 1, by);
            if (grown.length <= CHILDREN_MAX) {
                return new IndexNode[] {of(grown)};
            }
            int left = at == size() ? CHILDREN_MAX : grown.length / 2; // see Leaf
            return new IndexNode[] {
                of(Arrays.copyOf(grown, left)), of(Arrays.copyOfRange(grown, left, grown.length))
            };
        }

        @Override
        IndexNode remove(int at, Peaks<Object> peaks) {
            int child = childOf(at);
            IndexNode less = children[child].remove(at - start(child), peaks);
            if (less.size == 0) {
                return of(replaced(child, 1));
            }
            return child + 1 < children.length
                    ? of(replaced(child, 2, less.joined(children[child + 1], peaks)))
                    : of(replaced(child, 1, less));
        }

        @Override
        IndexNode[] joined(IndexNode next, Peaks<Object> peaks) {
            Inner right = (Inner) next;
            if (children.length + right.children.length > CHILDREN_MAX / 2) {
                return new IndexNode[] {this, next};
            }
            IndexNode[] both = Arrays.copyOf(children, children.length + right.children.length);
            System.arraycopy(right.children, 0, both, children.length, right.children.length);
            return new IndexNode[] {of(both)};
        }

        /// The children with `count` of them replaced.
        private IndexNode[] replaced(int child, int count, IndexNode... by) {
            IndexNode[] result = new IndexNode[children.length - count + by.length];
            System.arraycopy(children, 0, result, 0, child);
            System.arraycopy(by, 0, result, child, by.length);
            int tail = children.length - child - count;
            System.arraycopy(children, child + count, result, child + by.length, tail);
            return result;
        }

        private int start(int child) {
            return child == 0 ? 0 : ends[child - 1];
        }

        /// The child with the entry at this position.
        private int childOf(int at) {
            int found = Arrays.binarySearch(ends, at);
            return found >= 0 ? found + 1 : -found - 1;
        }
    }

    private static int firstAbove(long[] keys, long key) {
        return key == Long.MAX_VALUE ? keys.length : firstAtLeast(keys, key + 1);
    }

    private static int firstAtLeast(long[] keys, long key) {
        int from = 0;
        int to = keys.length;
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (keys[middle] < key) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return from;
    }
}
