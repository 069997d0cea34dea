package io.annals.registry;

import java.util.Arrays;
import java.util.Comparator;

/// Keys and values on their way into a [LongIndex]: in two arrays, because a registry is opened
/// with millions of them. Not thread-safe.
final class LongEntries<V> {
    private static final int CAPACITY_MIN = 4;
    private static final int DIGIT_BITS = 8;
    private static final int DIGITS = 1 << DIGIT_BITS;

    private long[] keys;
    private Object[] values;
    private int size;

    /// @param expected how many there will probably be
    LongEntries(int expected) {
        this.keys = new long[expected];
        this.values = new Object[expected];
    }

    void add(long key, V value) {
        if (size == keys.length) {
            int capacity = Math.max(CAPACITY_MIN, size + size / 2);
            keys = Arrays.copyOf(keys, capacity);
            values = Arrays.copyOf(values, capacity);
        }
        keys[size] = key;
        values[size++] = value;
    }

    int size() {
        return size;
    }

    long key(int i) {
        return keys[i];
    }

    @SuppressWarnings("unchecked") // only values of type V are ever put in
    V value(int i) {
        return (V) values[i];
    }

    /// Puts them in order. Of those that are the same entry the one that was added last stays.
    ///
    /// @param tie orders values of equal keys; values it calls equal are the same entry
    void sort(Comparator<? super V> tie) {
        if (!isAscending()) {
            sortByKey();
        }
        int kept = 0;
        int end;
        for (int start = 0; start < size; start = end) {
            end = start + 1;
            while (end < size && keys[end] == keys[start]) {
                end++;
            }
            if (end - start > 1) {
                sortValues(start, end, tie);
            }
            for (int i = start; i < end; i++) {
                boolean isTwin = i > start && tie.compare(value(kept - 1), value(i)) == 0;
                kept -= isTwin ? 1 : 0;
                keys[kept] = keys[i];
                values[kept++] = values[i];
            }
        }
        Arrays.fill(values, kept, size, null);
        size = kept;
    }

    @SuppressWarnings("unchecked") // only values of type V are ever put in
    private void sortValues(int start, int end, Comparator<? super V> tie) {
        Arrays.sort((V[]) values, start, end, tie);
    }

    private boolean isAscending() {
        for (int i = 1; i < size; i++) {
            if (keys[i - 1] > keys[i]) {
                return false;
            }
        }
        return true;
    }

    /// Radix sort from the lowest digit up: each pass keeps the order of equal digits. Comparisons
    /// would wait for memory, since most keys are hashes.
    private void sortByKey() {
        long[] fromKeys = keys;
        Object[] fromValues = values;
        long[] toKeys = new long[keys.length];
        Object[] toValues = new Object[keys.length];
        for (int shift = 0; shift < Long.SIZE; shift += DIGIT_BITS) {
            int[] next = starts(fromKeys, shift);
            if (next.length == 0) {
                continue;
            }
            for (int i = 0; i < size; i++) {
                int to = next[digit(fromKeys[i], shift)]++;
                toKeys[to] = fromKeys[i];
                toValues[to] = fromValues[i];
            }
            long[] sortedKeys = toKeys;
            Object[] sortedValues = toValues;
            toKeys = fromKeys;
            toValues = fromValues;
            fromKeys = sortedKeys;
            fromValues = sortedValues;
        }
        keys = fromKeys;
        values = fromValues;
    }

    /// Where the keys of each digit begin; empty if all have the same.
    private int[] starts(long[] unsorted, int shift) {
        int[] counts = new int[DIGITS];
        for (int i = 0; i < size; i++) {
            counts[digit(unsorted[i], shift)]++;
        }
        int[] starts = new int[DIGITS];
        for (int digit = 1; digit < DIGITS; digit++) {
            starts[digit] = starts[digit - 1] + counts[digit - 1];
        }
        return counts[digit(unsorted[0], shift)] == size ? new int[0] : starts;
    }

    private static int digit(long key, int shift) {
        return (int) ((key ^ Long.MIN_VALUE) >>> shift) & (DIGITS - 1); // negative ones first
    }
}
