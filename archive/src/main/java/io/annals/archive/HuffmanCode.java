package io.annals.archive;

import java.util.Arrays;

/// A canonical Huffman code as deflate has it (RFC 1951, 3.2.2): for each symbol a length, 0 if it
/// does not occur, and its bits in the order in which they are written. Immutable.
///
/// Lengths are minimal (Moffat and Katajainen, In-Place Calculation of Minimum-Redundancy Codes,
/// 1995), then cut to the bound as cheaply as the Kraft sum allows.
///
/// @param lengths in bits
/// @param bits of each symbol, least significant first
record HuffmanCode(int[] lengths, int[] bits) {
    static final int MAX_BITS = 15;

    private static final int SYMBOL_BITS = 9;
    private static final int SYMBOL_MASK = (1 << SYMBOL_BITS) - 1;

    /// @param frequencies at most 512; of symbols that do not occur, some may be taken in, since
    ///   some readers want at least two
    /// @param maxBits bound for each length, large enough for that many symbols
    static HuffmanCode of(int[] frequencies, int maxBits) {
        long[] symbols = new long[frequencies.length];
        int n = 0;
        for (int i = 0; i < frequencies.length; i++) {
            if (frequencies[i] > 0) {
                symbols[n++] = (long) frequencies[i] << SYMBOL_BITS | i;
            }
        }
        for (int i = 0; n < 2; i++) {
            if (frequencies[i] == 0) {
                symbols[n++] = i;
            }
        }
        Arrays.sort(symbols, 0, n);
        int[] counts = lengthCounts(symbols, n, maxBits);
        int[] lengths = new int[frequencies.length];
        int next = 0;
        for (int length = maxBits; length > 0; length--) {
            for (int i = 0; i < counts[length]; i++) {
                lengths[(int) symbols[next++] & SYMBOL_MASK] = length;
            }
        }
        return ofLengths(lengths);
    }

    static HuffmanCode ofLengths(int[] lengths) {
        int[] next = new int[MAX_BITS + 2];
        for (int length : lengths) {
            next[length + 1] += length == 0 ? 0 : 1;
        }
        for (int length = 1, code = 0; length <= MAX_BITS; length++) {
            code = (code + next[length]) << 1;
            next[length] = code;
        }
        int[] bits = new int[lengths.length];
        for (int i = 0; i < lengths.length; i++) {
            if (lengths[i] > 0) {
                bits[i] = Integer.reverse(next[lengths[i]]++) >>> (Integer.SIZE - lengths[i]);
            }
        }
        return new HuffmanCode(lengths, bits);
    }

    /// Symbols with the last length that is not 0, and all before.
    int used(int atLeast) {
        int used = lengths.length;
        while (used > atLeast && lengths[used - 1] == 0) {
            used--;
        }
        return used;
    }

    /// Bits that the symbols take at these frequencies.
    long sizeBits(int[] frequencies) {
        long sum = 0;
        for (int i = 0; i < frequencies.length; i++) {
            sum += (long) frequencies[i] * lengths[i];
        }
        return sum;
    }

    /// @param symbols `n` of them, frequency above the symbol, the rarest first
    /// @return how many have each length
    private static int[] lengthCounts(long[] symbols, int n, int maxBits) {
        int[] counts = new int[maxBits + 1];
        for (long depth : depths(symbols, n)) {
            counts[(int) Math.min(depth, maxBits)]++;
        }
        long kraft = 0;
        for (int length = 1; length <= maxBits; length++) {
            kraft += (long) counts[length] << (maxBits - length);
        }
        for (; kraft > 1L << maxBits; kraft--) {
            int length = maxBits - 1;
            while (counts[length] == 0) {
                length--;
            }
            counts[maxBits]--;
            counts[length]--;
            counts[length + 1] += 2;
        }
        return counts;
    }

    /// Depths of the leaves of a minimal tree: the first half of the paper makes the tree in the
    /// array, parents in place of weights, the second turns it into depths.
    private static long[] depths(long[] symbols, int n) {
        long[] a = new long[n];
        for (int i = 0; i < n; i++) {
            a[i] = symbols[i] >>> SYMBOL_BITS;
        }
        int root = 0;
        int leaf = 0;
        for (int next = 0; next < n - 1; next++) {
            long sum = 0;
            for (int child = 0; child < 2; child++) {
                if (leaf >= n || (root < next && a[root] < a[leaf])) {
                    sum += a[root];
                    a[root++] = next;
                } else {
                    sum += a[leaf++];
                }
            }
            a[next] = sum;
        }
        a[n - 2] = 0;
        for (int next = n - 3; next >= 0; next--) {
            a[next] = a[(int) a[next]] + 1;
        }
        int available = 1;
        int inner = n - 2;
        int next = n - 1;
        for (long depth = 0; available > 0; depth++) {
            int used = 0;
            for (; inner >= 0 && a[inner] == depth; inner--) {
                used++;
            }
            for (; available > used; available--) {
                a[next--] = depth;
            }
            available = 2 * used;
        }
        return a;
    }
}
