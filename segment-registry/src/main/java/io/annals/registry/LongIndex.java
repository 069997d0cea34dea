package io.annals.registry;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An immutable sorted index from long keys to values. Equal keys may occur; `tie` orders them.
///
/// A tree whose leaves hold the entries ([IndexNode]); a new version copies the nodes on the way to
/// the touched entry and shares all others, so its cost grows with the logarithm of the size.
/// Entries have positions, `[0, size)`, in their order.
final class LongIndex<V> {
    /// Adding less than this part of what is there goes one by one, more builds the tree anew.
    private static final int BULK_FRACTION = 4;

    private final Comparator<? super V> tie;
    private final Peaks<Object> peaks;
    private final IndexNode root;

    private LongIndex(Comparator<? super V> tie, Peaks<Object> peaks, IndexNode root) {
        this.tie = tie;
        this.peaks = peaks;
        this.root = root;
    }

    /// What nodes keep of their values, to find them without a look at them: where they end, and
    /// the largest of two times of each.
    interface Peaks<V> {
        /// For indexes that are not asked.
        Peaks<Object> NONE =
                new Peaks<>() {
                    @Override
                    public long end(Object value) {
                        return Long.MIN_VALUE;
                    }

                    @Override
                    public long event(Object value) {
                        return Long.MIN_VALUE;
                    }

                    @Override
                    public long ingest(Object value) {
                        return Long.MIN_VALUE;
                    }
                };

        /// First key behind those that the value holds.
        long end(V value);

        /// Largest event time of the value, milliseconds.
        long event(V value);

        /// Largest ingest time of the value, milliseconds.
        long ingest(V value);
    }

    /// @param tie orders values of equal keys; values it calls equal are the same entry
    static <V> LongIndex<V> empty(Comparator<? super V> tie) {
        return empty(tie, Peaks.NONE);
    }

    @SuppressWarnings("unchecked") // only values of type V are ever put in
    static <V> LongIndex<V> empty(Comparator<? super V> tie, Peaks<? super V> peaks) {
        return new LongIndex<>(tie, (Peaks<Object>) peaks, IndexNode.EMPTY);
    }

    int size() {
        return root.size();
    }

    long key(int i) {
        return root.key(i);
    }

    @SuppressWarnings("unchecked") // only values of type V are ever put in
    V get(int i) {
        return (V) root.value(i);
    }

    /// Position of the first entry whose key is at least `key`; `size()` if there is none.
    int ceiling(long key) {
        return root.ceiling(key);
    }

    /// Position of the last entry whose key is at most `key`; -1 if there is none.
    int floor(long key) {
        return key == Long.MAX_VALUE ? size() - 1 : ceiling(key + 1) - 1;
    }

    /// The value of the last entry whose key is at most `key`, if it ends behind it; else that of
    /// the first entry behind; null if there is none.
    @Nullable V holding(long key) {
        return first(key, IndexNode.Time.ANY, Long.MIN_VALUE);
    }

    /// As [#holding], but only of entries whose event time reaches `timeMs`.
    @Nullable V firstEvent(long key, long timeMs) {
        return first(key, IndexNode.Time.EVENT, timeMs);
    }

    /// As [#holding], but only of entries whose ingest time reaches `timeMs`.
    @Nullable V firstIngest(long key, long timeMs) {
        return first(key, IndexNode.Time.INGEST, timeMs);
    }

    @SuppressWarnings("unchecked") // only values of type V are ever put in
    private @Nullable V first(long key, IndexNode.Time time, long timeMs) {
        return (V) root.holding(key, time, timeMs);
    }

    /// The values of the entries with exactly this key.
    List<V> all(long key) {
        List<V> found = new ArrayList<>(1);
        int size = size();
        for (int i = ceiling(key); i < size && key(i) == key; i++) {
            found.add(get(i));
        }
        return found;
    }

    LongIndex<V> with(long key, V value) {
        int at = position(key, value);
        IndexNode rest = isAt(at, key, value) ? root.without(at) : root;
        return with(rest.with(at, key, value, peaks));
    }

    /// As [#with] one after the other.
    LongIndex<V> withAll(List<Entry<V>> added) {
        if (added.size() < size() / BULK_FRACTION) {
            LongIndex<V> result = this;
            for (Entry<V> entry : added) {
                result = result.with(entry.key, entry.value);
            }
            return result;
        }
        List<Entry<V>> entries = new ArrayList<>(size() + added.size());
        for (int i = 0; i < size(); i++) {
            entries.add(new Entry<>(key(i), get(i)));
        }
        entries.addAll(added);
        Comparator<Entry<V>> byKey = Comparator.comparingLong(Entry::key);
        entries.sort(byKey.thenComparing(Entry::value, tie));
        dropTwins(entries);
        return with(
                IndexNode.of(
                        entries.size(), i -> entries.get(i).key, i -> entries.get(i).value, peaks));
    }

    LongIndex<V> without(long key, V value) {
        int at = position(key, value);
        return isAt(at, key, value) ? with(root.without(at)) : this;
    }

    /// Of neighbours that are the same entry the last one stays.
    private void dropTwins(List<Entry<V>> sorted) {
        int kept = 0;
        for (int i = 0; i < sorted.size(); i++) {
            Entry<V> entry = sorted.get(i);
            boolean isTwin =
                    kept > 0
                            && sorted.get(kept - 1).key == entry.key
                            && tie.compare(sorted.get(kept - 1).value, entry.value) == 0;
            kept -= isTwin ? 1 : 0;
            sorted.set(kept++, entry);
        }
        sorted.subList(kept, sorted.size()).clear();
    }

    private LongIndex<V> with(IndexNode newRoot) {
        return new LongIndex<>(tie, peaks, newRoot);
    }

    /// Position of the first entry that is not before (key, value).
    int position(long key, V value) {
        int at = ceiling(key);
        int size = size();
        while (at < size && key(at) == key && tie.compare(get(at), value) < 0) {
            at++;
        }
        return at;
    }

    private boolean isAt(int at, long key, V value) {
        return at < size() && key(at) == key && tie.compare(get(at), value) == 0;
    }

    record Entry<V>(long key, V value) {}
}
