package io.annals.registry;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// An immutable sorted index from long keys to values. Equal keys may occur; `tie` orders them.
///
/// Entries lie in blocks of bounded size; a new version copies the touched block and the list of
/// blocks and shares all others, so its cost hardly grows with the index.
///
/// ```
/// keys:   [3 7 9] [12 12 15] [20 31]
/// values: [a b c] [d  e  f ] [g  h ]
/// starts:  0       3          6
/// ```
final class LongIndex<V> {
    private static final int ENTRIES_PER_BLOCK = 128;

    /// From this many entries on, merging and cutting anew is cheaper than adding one by one.
    private static final int BULK = 64;

    private final Comparator<? super V> tie;
    private final long[][] keys;
    private final Object[][] values;
    private final int[] starts;
    private final int size;

    private LongIndex(Comparator<? super V> tie, long[][] keys, Object[][] values) {
        this.tie = tie;
        this.keys = keys;
        this.values = values;
        this.starts = new int[keys.length];
        int total = 0;
        for (int block = 0; block < keys.length; block++) {
            starts[block] = total;
            total += keys[block].length;
        }
        this.size = total;
    }

    /// @param tie orders values of equal keys; values it calls equal are the same entry
    static <V> LongIndex<V> empty(Comparator<? super V> tie) {
        return new LongIndex<>(tie, new long[0][], new Object[0][]);
    }

    int size() {
        return size;
    }

    long key(int i) {
        int block = blockOf(i);
        return keys[block][i - starts[block]];
    }

    V get(int i) {
        int block = blockOf(i);
        return value(block, i - starts[block]);
    }

    /// Index of the first entry whose key is at least `key`; `size()` if there is none.
    int ceiling(long key) {
        int low = 0;
        int high = keys.length;
        while (low < high) { // the first block whose last key is at least `key`
            int middle = (low + high) >>> 1;
            if (keys[middle][keys[middle].length - 1] < key) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        if (low == keys.length) {
            return size;
        }
        long[] block = keys[low];
        int from = 0;
        int to = block.length;
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (block[middle] < key) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        return starts[low] + from;
    }

    /// Index of the last entry whose key is at most `key`; -1 if there is none.
    int floor(long key) {
        return key == Long.MAX_VALUE ? size - 1 : ceiling(key + 1) - 1;
    }

    /// The values of the entries with exactly this key.
    List<V> all(long key) {
        List<V> found = new ArrayList<>(1);
        for (int i = ceiling(key); i < size && key(i) == key; i++) {
            found.add(get(i));
        }
        return found;
    }

    LongIndex<V> with(long key, V value) {
        if (size == 0) {
            return new LongIndex<>(tie, new long[][] {{key}}, new Object[][] {{value}});
        }
        int at = position(key, value);
        boolean replaces = at < size && key(at) == key && tie.compare(get(at), value) == 0;
        int block = at == size ? keys.length - 1 : blockOf(at);
        if (!replaces
                && block > 0
                && at == starts[block]
                && keys[block - 1].length < ENTRIES_PER_BLOCK) {
            block--;
        }
        int in = at - starts[block];
        long[] oldKeys = keys[block];
        Object[] oldValues = values[block];
        if (replaces) {
            Object[] newValues = oldValues.clone();
            newValues[in] = value;
            return replace(block, new long[][] {oldKeys}, new Object[][] {newValues});
        }
        if (in == ENTRIES_PER_BLOCK) { // behind the last entry: do not leave half-full blocks
            return replace(
                    block,
                    new long[][] {oldKeys, {key}},
                    new Object[][] {oldValues, new Object[] {value}});
        }
        long[] newKeys = new long[oldKeys.length + 1];
        Object[] newValues = new Object[newKeys.length];
        System.arraycopy(oldKeys, 0, newKeys, 0, in);
        System.arraycopy(oldValues, 0, newValues, 0, in);
        newKeys[in] = key;
        newValues[in] = value;
        System.arraycopy(oldKeys, in, newKeys, in + 1, oldKeys.length - in);
        System.arraycopy(oldValues, in, newValues, in + 1, oldKeys.length - in);
        if (newKeys.length <= ENTRIES_PER_BLOCK) {
            return replace(block, new long[][] {newKeys}, new Object[][] {newValues});
        }
        int half = newKeys.length / 2;
        return replace(
                block,
                new long[][] {
                    Arrays.copyOf(newKeys, half), Arrays.copyOfRange(newKeys, half, newKeys.length)
                },
                new Object[][] {
                    Arrays.copyOf(newValues, half),
                    Arrays.copyOfRange(newValues, half, newKeys.length)
                });
    }

    LongIndex<V> withAll(List<Entry<V>> added) {
        if (added.size() < BULK) {
            LongIndex<V> result = this;
            for (Entry<V> entry : added) {
                result = result.with(entry.key, entry.value);
            }
            return result;
        }
        List<Entry<V>> entries = new ArrayList<>(size + added.size());
        for (int i = 0; i < size; i++) {
            entries.add(new Entry<>(key(i), get(i)));
        }
        entries.addAll(added);
        Comparator<Entry<V>> byKey = Comparator.comparingLong(Entry::key);
        entries.sort(byKey.thenComparing(Entry::value, tie));
        return cut(entries);
    }

    LongIndex<V> without(long key, V value) {
        int at = position(key, value);
        if (at == size || key(at) != key || tie.compare(get(at), value) != 0) {
            return this;
        }
        int block = blockOf(at);
        int in = at - starts[block];
        long[] oldKeys = keys[block];
        Object[] oldValues = values[block];
        if (oldKeys.length == 1) {
            return replace(block, new long[0][], new Object[0][]);
        }
        long[] newKeys = new long[oldKeys.length - 1];
        Object[] newValues = new Object[newKeys.length];
        System.arraycopy(oldKeys, 0, newKeys, 0, in);
        System.arraycopy(oldValues, 0, newValues, 0, in);
        System.arraycopy(oldKeys, in + 1, newKeys, in, newKeys.length - in);
        System.arraycopy(oldValues, in + 1, newValues, in, newKeys.length - in);
        return replace(block, new long[][] {newKeys}, new Object[][] {newValues});
    }

    /// Index of the first entry that is not before (key, value).
    private int position(long key, V value) {
        int at = ceiling(key);
        while (at < size && key(at) == key && tie.compare(get(at), value) < 0) {
            at++;
        }
        return at;
    }

    private LongIndex<V> cut(List<Entry<V>> sorted) {
        int blocks = (sorted.size() + ENTRIES_PER_BLOCK - 1) / ENTRIES_PER_BLOCK;
        long[][] newKeys = new long[blocks][];
        Object[][] newValues = new Object[blocks][];
        for (int block = 0; block < blocks; block++) {
            int start = block * ENTRIES_PER_BLOCK;
            int length = Math.min(ENTRIES_PER_BLOCK, sorted.size() - start);
            newKeys[block] = new long[length];
            newValues[block] = new Object[length];
            for (int i = 0; i < length; i++) {
                newKeys[block][i] = sorted.get(start + i).key;
                newValues[block][i] = sorted.get(start + i).value;
            }
        }
        return new LongIndex<>(tie, newKeys, newValues);
    }

    /// This index with one block replaced by none, one or two.
    private LongIndex<V> replace(int block, long[][] withKeys, Object[][] withValues) {
        int tail = keys.length - block - 1;
        long[][] newKeys = new long[block + withKeys.length + tail][];
        Object[][] newValues = new Object[newKeys.length][];
        System.arraycopy(keys, 0, newKeys, 0, block);
        System.arraycopy(values, 0, newValues, 0, block);
        System.arraycopy(withKeys, 0, newKeys, block, withKeys.length);
        System.arraycopy(withValues, 0, newValues, block, withKeys.length);
        System.arraycopy(keys, block + 1, newKeys, block + withKeys.length, tail);
        System.arraycopy(values, block + 1, newValues, block + withKeys.length, tail);
        return new LongIndex<>(tie, newKeys, newValues);
    }

    private int blockOf(int i) {
        int found = Arrays.binarySearch(starts, i);
        return found >= 0 ? found : -found - 2;
    }

    @SuppressWarnings("unchecked") // only values of type V are ever put in
    private V value(int block, int in) {
        return (V) values[block][in];
    }

    record Entry<V>(long key, V value) {}
}
