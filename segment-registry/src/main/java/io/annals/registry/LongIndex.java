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

    /// What leaves keep of their values, to find them without a look at them.
    interface Peaks<V> {
        /// For indexes that are not asked.
        Peaks<Object> NONE = (_, _, _) -> {};

        /// Reads all of a value in one go.
        ///
        /// @param into one array each: the first key behind those that the value holds, its largest
        ///   event time, its largest ingest time (milliseconds)
        /// @param at where in the arrays
        void read(V value, long[][] into, int at);
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

    /// What all entries are together, null if there are none.
    @SuppressWarnings("unchecked") // an index is only ever asked with one kind of summaries
    <S> @Nullable S summary(Summaries<V, S> summaries) {
        return size() == 0
                ? null
                : (S) IndexWalk.summary(root, (Summaries<Object, Object>) summaries);
    }

    /// Lets the walk go through all entries, and past many at once.
    @SuppressWarnings("unchecked") // as above
    <S> void walk(Summaries<V, S> summaries, Summaries.Walk<V, S> walk) {
        if (size() > 0) {
            IndexWalk.run(
                    root,
                    (Summaries<Object, Object>) summaries,
                    (Summaries.Walk<Object, Object>) walk);
        }
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
    LongIndex<V> withAll(LongEntries<V> added) {
        if (added.size() < size() / BULK_FRACTION) {
            LongIndex<V> result = this;
            for (int i = 0; i < added.size(); i++) {
                result = result.with(added.key(i), added.value(i));
            }
            return result;
        }
        LongEntries<V> entries = new LongEntries<>(size() + added.size());
        for (int i = 0; i < size(); i++) {
            entries.add(key(i), get(i));
        }
        for (int i = 0; i < added.size(); i++) {
            entries.add(added.key(i), added.value(i));
        }
        entries.sort(tie);
        return with(IndexNode.of(entries.size(), entries::key, entries::value, peaks));
    }

    LongIndex<V> without(long key, V value) {
        int at = position(key, value);
        return isAt(at, key, value) ? with(root.without(at)) : this;
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
}
