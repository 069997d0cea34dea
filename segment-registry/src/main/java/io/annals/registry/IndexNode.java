package io.annals.registry;

import io.annals.registry.LongIndex.Peaks;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A node of a [LongIndex]'s tree: a leaf with entries, or an inner node with nodes one level
/// below. Immutable; changes give new nodes that share what they do not touch. All leaves are
/// equally deep, and only the tree of no entries has an empty one.
///
/// Leaf and inner node are in one file because each operation is read in both at once.
///
/// ```
/// inner   firstKeys [3 12 20]  starts [0 3 6]
///             /        |        \
/// leaf    [3 7 9] [12 12 15]  [20 31]
/// ```
abstract sealed class IndexNode {
    private static final int ENTRIES_MAX = 64;
    private static final int CHILDREN_MAX = 128;

    static final IndexNode EMPTY = new Leaf(new Object[0], new long[0]);

    private final int size;

    /// See [IndexWalk]; null until it is asked for. Not synchronised: whoever does not see what
    /// another thread made makes an equal one.
    private @Nullable Object summary;

    private IndexNode(int size) {
        this.size = size;
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
    final IndexNode without(int at) {
        IndexNode root = remove(at);
        while (root instanceof Inner inner && inner.children.length == 1) {
            root = inner.children[0];
        }
        return root.size == 0 ? EMPTY : root;
    }

    final @Nullable Object summary() {
        return summary;
    }

    final void keepSummary(Object made) {
        summary = made;
    }

    /// The values of a leaf, the nodes below an inner one; must not be changed.
    abstract Object[] parts();

    abstract long key(int at);

    abstract Object value(int at);

    abstract long maxEvent();

    abstract long maxIngest();

    /// Position of the first entry whose key is at least `key`; the size if there is none.
    abstract int ceiling(long key);

    /// The value of the last entry whose key is at most `key`, if it ends behind it; else that of
    /// the first entry behind; but only of entries whose time reaches `timeMs`. Null if there is
    /// none.
    abstract @Nullable Object holding(long key, Time time, long timeMs);

    /// Which of the times of [Peaks] is meant.
    enum Time {
        ANY,
        EVENT,
        INGEST
    }

    /// One node, or two if the entry does not fit in.
    abstract IndexNode[] insert(int at, long key, Object value, Peaks<Object> peaks);

    /// Perhaps of no entries.
    abstract IndexNode remove(int at);

    /// This node and the one behind it as one; itself if that would be more than half full.
    abstract IndexNode[] joined(IndexNode next);

    private static final class Leaf extends IndexNode {
        private static final int KEYS = 0;
        private static final int ENDS = 1;
        private static final int EVENTS = 2;
        private static final int INGESTS = 3;
        private static final int PEAKS = 3;

        private final Object[] values;

        /// The [Columns] above, or of keys alone if nothing else is known.
        private final int[] cells;

        private Leaf(Object[] values, long[]... columns) {
            super(values.length);
            this.values = values;
            this.cells = Columns.of(columns);
        }

        static Leaf of(long[] keys, Object[] values, Peaks<Object> peaks) {
            if (Peaks.NONE.equals(peaks)) {
                return new Leaf(values, keys);
            }
            long[][] read = new long[PEAKS][values.length];
            for (int i = 0; i < values.length; i++) {
                peaks.read(values[i], read, i);
            }
            return new Leaf(values, keys, read[0], read[1], read[2]);
        }

        @Override
        Object[] parts() {
            return values;
        }

        @Override
        long key(int at) {
            return Columns.get(cells, KEYS, size(), at);
        }

        @Override
        Object value(int at) {
            return values[at];
        }

        @Override
        long maxEvent() {
            return max(EVENTS);
        }

        @Override
        long maxIngest() {
            return max(INGESTS);
        }

        private long max(int column) {
            return column < Columns.count(cells, size())
                    ? Columns.max(Columns.column(cells, column, size()))
                    : Long.MIN_VALUE;
        }

        @Override
        int ceiling(long key) {
            return Columns.ceiling(cells, KEYS, size(), key);
        }

        @Override
        @Nullable Object holding(long key, Time time, long timeMs) {
            int size = size();
            int next = key == Long.MAX_VALUE ? size : ceiling(key + 1);
            boolean isHeld = next > 0 && Columns.get(cells, ENDS, size, next - 1) > key;
            int from = isHeld ? next - 1 : next;
            int at =
                    switch (time) {
                        case ANY -> from;
                        case EVENT -> Columns.firstReaching(cells, EVENTS, size, from, timeMs);
                        case INGEST -> Columns.firstReaching(cells, INGESTS, size, from, timeMs);
                    };
            return at < size ? values[at] : null;
        }

        @Override
        IndexNode[] insert(int at, long key, Object value, Peaks<Object> peaks) {
            Leaf added = of(new long[] {key}, new Object[] {value}, peaks);
            if (at == ENTRIES_MAX) { // behind the last entry: do not leave half-full leaves
                return new IndexNode[] {this, added};
            }
            Leaf grown = size() == 0 ? added : replaced(at, 0, added);
            int half = grown.size() / 2;
            return grown.size() <= ENTRIES_MAX
                    ? new IndexNode[] {grown}
                    : new IndexNode[] {grown.part(0, half), grown.part(half, grown.size())};
        }

        @Override
        IndexNode remove(int at) {
            return replaced(at, 1, (Leaf) EMPTY);
        }

        @Override
        IndexNode[] joined(IndexNode next) {
            return size() + next.size() > ENTRIES_MAX / 2
                    ? new IndexNode[] {this, next}
                    : new IndexNode[] {replaced(size(), 0, (Leaf) next)};
        }

        private Leaf part(int from, int to) {
            long[][] columns = columns();
            for (int i = 0; i < columns.length; i++) {
                columns[i] = Arrays.copyOfRange(columns[i], from, to);
            }
            return new Leaf(Arrays.copyOfRange(values, from, to), columns);
        }

        /// This leaf with `count` of its entries replaced.
        private Leaf replaced(int at, int count, Leaf by) {
            long[][] columns = columns();
            for (int i = 0; i < columns.length; i++) {
                long[] others = Columns.column(by.cells, i, by.size());
                columns[i] = spliced(columns[i], at, count, others);
            }
            return new Leaf(spliced(values, at, count, by.values), columns);
        }

        private long[][] columns() {
            return IntStream.range(0, Columns.count(cells, size()))
                    .mapToObj(column -> Columns.column(cells, column, size()))
                    .toArray(long[][]::new);
        }
    }

    private static final class Inner extends IndexNode {
        private final IndexNode[] children;

        /// Smallest key of each child.
        private final long[] firstKeys;

        /// Largest times of each child, here so that many are seen at a glance.
        private final long[] events;

        private final long[] ingests;

        /// Position of the first entry of each child.
        private final int[] starts;

        private Inner(
                IndexNode[] children,
                long[] firstKeys,
                long[] events,
                long[] ingests,
                int[] starts) {
            int last = children.length - 1;
            super(starts[last] + children[last].size);
            this.children = children;
            this.firstKeys = firstKeys;
            this.events = events;
            this.ingests = ingests;
            this.starts = starts;
        }

        static Inner of(IndexNode... children) {
            int[] starts = new int[children.length];
            for (int i = 1; i < children.length; i++) {
                starts[i] = starts[i - 1] + children[i - 1].size;
            }
            return new Inner(
                    children, firstKeys(children), events(children), ingests(children), starts);
        }

        @Override
        Object[] parts() {
            return children;
        }

        @Override
        long key(int at) {
            int child = childAt(at);
            return children[child].key(at - starts[child]);
        }

        @Override
        Object value(int at) {
            int child = childAt(at);
            return children[child].value(at - starts[child]);
        }

        @Override
        long maxEvent() {
            return Columns.max(events);
        }

        @Override
        long maxIngest() {
            return Columns.max(ingests);
        }

        @Override
        int ceiling(long key) {
            int child = Math.max(0, firstAtLeast(firstKeys, key) - 1);
            return starts[child] + children[child].ceiling(key);
        }

        @Override
        @Nullable Object holding(long key, Time time, long timeMs) {
            int behind = key == Long.MAX_VALUE ? children.length : firstAtLeast(firstKeys, key + 1);
            int child = firstReaching(Math.max(0, behind - 1), time, timeMs);
            while (child < children.length) {
                Object found = children[child].holding(key, time, timeMs);
                if (found != null) {
                    return found;
                }
                child = firstReaching(child + 1, time, timeMs);
            }
            return null;
        }

        /// The first child from this one on with an entry that may reach the time; their number if
        /// there is none.
        private int firstReaching(int from, Time time, long timeMs) {
            return switch (time) {
                case ANY -> from;
                case EVENT -> firstReaching(events, from, timeMs);
                case INGEST -> firstReaching(ingests, from, timeMs);
            };
        }

        private static int firstReaching(long[] times, int from, long timeMs) {
            int child = from;
            while (child < times.length && times[child] < timeMs) {
                child++;
            }
            return child;
        }

        @Override
        IndexNode[] insert(int at, long key, Object value, Peaks<Object> peaks) {
            int child = at == size() ? children.length - 1 : childAt(at);
            IndexNode[] by = children[child].insert(at - starts[child], key, value, peaks);
            if (children.length - 1 + by.length <= CHILDREN_MAX) {
                return new IndexNode[] {replaced(child, 1, by)};
            }
            IndexNode[] grown = spliced(children, child, 1, by);
            int left = at == size() ? CHILDREN_MAX : grown.length / 2; // see Leaf
            return new IndexNode[] {
                of(Arrays.copyOf(grown, left)), of(Arrays.copyOfRange(grown, left, grown.length))
            };
        }

        @Override
        IndexNode remove(int at) {
            int child = childAt(at);
            IndexNode less = children[child].remove(at - starts[child]);
            if (less.size == 0) {
                return children.length == 1 ? EMPTY : replaced(child, 1);
            }
            return child + 1 < children.length
                    ? replaced(child, 2, less.joined(children[child + 1]))
                    : replaced(child, 1, less);
        }

        @Override
        IndexNode[] joined(IndexNode next) {
            Inner right = (Inner) next;
            return children.length + right.children.length > CHILDREN_MAX / 2
                    ? new IndexNode[] {this, next}
                    : new IndexNode[] {replaced(children.length, 0, right.children)};
        }

        /// This node with `count` of its children replaced. The others are not looked at: they may
        /// be far away.
        private Inner replaced(int child, int count, IndexNode... by) {
            return new Inner(
                    spliced(children, child, count, by),
                    spliced(firstKeys, child, count, firstKeys(by)),
                    spliced(events, child, count, events(by)),
                    spliced(ingests, child, count, ingests(by)),
                    startsWith(child, count, by));
        }

        private int[] startsWith(int child, int count, IndexNode... by) {
            int next = child + count;
            int[] result = Arrays.copyOf(starts, children.length - count + by.length);
            int start = child < children.length ? starts[child] : size();
            for (int i = 0; i < by.length; i++) {
                result[child + i] = start;
                start += by[i].size;
            }
            for (int i = next; i < children.length; i++) {
                result[i - count + by.length] = start + starts[i] - starts[next];
            }
            return result;
        }

        private static long[] firstKeys(IndexNode... nodes) {
            return Arrays.stream(nodes).mapToLong(node -> node.key(0)).toArray();
        }

        private static long[] events(IndexNode... nodes) {
            return Arrays.stream(nodes).mapToLong(node -> node.maxEvent()).toArray();
        }

        private static long[] ingests(IndexNode... nodes) {
            return Arrays.stream(nodes).mapToLong(node -> node.maxIngest()).toArray();
        }

        /// The child with the entry at this position.
        private int childAt(int at) {
            int found = Arrays.binarySearch(starts, at);
            return found >= 0 ? found : -found - 2;
        }
    }

    /// The array with `count` of its elements replaced.
    private static <T> T[] spliced(T[] array, int at, int count, T[] by) {
        T[] result = Arrays.copyOf(array, array.length - count + by.length);
        System.arraycopy(by, 0, result, at, by.length);
        System.arraycopy(array, at + count, result, at + by.length, array.length - at - count);
        return result;
    }

    private static long[] spliced(long[] array, int at, int count, long... by) {
        long[] result = Arrays.copyOf(array, array.length - count + by.length);
        System.arraycopy(by, 0, result, at, by.length);
        System.arraycopy(array, at + count, result, at + by.length, array.length - at - count);
        return result;
    }

    private static int firstAtLeast(long[] keys, long key) {
        int from = 0;
        for (int left = keys.length; left > 1; left -= left / 2) { // no jump depends on a key
            from += keys[from + left / 2 - 1] < key ? left / 2 : 0;
        }
        return keys[from] < key ? from + 1 : from;
    }
}
