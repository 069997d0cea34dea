package io.annals.archive;

import java.util.Arrays;

/// The head of a block with Huffman codes of its own: the lengths of both codes, run-length coded,
/// and these coded again (RFC 1951, 3.2.7). Immutable.
///
/// @param literals how many lengths of the first code are told
/// @param distances how many of the second
/// @param items symbols of the code length code, each below the bits that follow it
/// @param code of these
/// @param told lengths of `code` that are told
record CodeLengths(int literals, int distances, int[] items, HuffmanCode code, int told) {
    /// Before a block with the fixed codes.
    static final CodeLengths NONE =
            new CodeLengths(0, 0, new int[0], HuffmanCode.ofLengths(new int[0]), 0);

    private static final int REPEAT = 16;
    private static final int ZEROS = 17;
    private static final int MANY_ZEROS = 18;
    private static final int SYMBOLS = 19;
    private static final int MAX_BITS = 7;
    private static final int SYMBOL_BITS = 5;
    private static final int SYMBOL_MASK = (1 << SYMBOL_BITS) - 1;
    private static final int[] ORDER = {
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
    };
    private static final int TOLD_MIN = 4;

    static CodeLengths of(HuffmanCode literals, HuffmanCode distances) {
        int literalCount = literals.used(DeflateSymbols.FIRST_LENGTH);
        int distanceCount = distances.used(1);
        int[] lengths = Arrays.copyOf(literals.lengths(), literalCount + distanceCount);
        System.arraycopy(distances.lengths(), 0, lengths, literalCount, distanceCount);
        int[] items = items(lengths);
        int[] frequencies = new int[SYMBOLS];
        for (int item : items) {
            frequencies[item & SYMBOL_MASK]++;
        }
        HuffmanCode code = HuffmanCode.of(frequencies, MAX_BITS);
        int told = SYMBOLS;
        while (told > TOLD_MIN && code.lengths()[ORDER[told - 1]] == 0) {
            told--;
        }
        return new CodeLengths(literalCount, distanceCount, items, code, told);
    }

    private static int[] items(int[] lengths) {
        int[] items = new int[lengths.length];
        int count = 0;
        for (int at = 0; at < lengths.length; ) {
            int length = lengths[at];
            int run = 1;
            while (at + run < lengths.length && lengths[at + run] == length && run < 138) {
                run++;
            }
            if (length == 0 && run >= 11) {
                items[count++] = MANY_ZEROS | (run - 11) << SYMBOL_BITS;
            } else if (length == 0 && run >= 3) {
                items[count++] = ZEROS | (run - 3) << SYMBOL_BITS;
            } else if (at > 0 && lengths[at - 1] == length && run >= 3) {
                run = Math.min(run, 6);
                items[count++] = REPEAT | (run - 3) << SYMBOL_BITS;
            } else {
                run = 1;
                items[count++] = length;
            }
            at += run;
        }
        return Arrays.copyOf(items, count);
    }

    long sizeBits() {
        long bits = 14 + 3L * told;
        for (int item : items) {
            bits += code.lengths()[item & SYMBOL_MASK] + followingBits(item & SYMBOL_MASK);
        }
        return bits;
    }

    void write(BitOutput out) {
        if (told == 0) {
            return;
        }
        out.put(literals - DeflateSymbols.FIRST_LENGTH, 5);
        out.put(distances - 1, 5);
        out.put(told - TOLD_MIN, 4);
        for (int i = 0; i < told; i++) {
            out.put(code.lengths()[ORDER[i]], 3);
        }
        for (int item : items) {
            int symbol = item & SYMBOL_MASK;
            out.put(code.bits()[symbol], code.lengths()[symbol]);
            out.put(item >>> SYMBOL_BITS, followingBits(symbol));
        }
    }

    private static int followingBits(int symbol) {
        return switch (symbol) {
            case REPEAT -> 2;
            case ZEROS -> 3;
            case MANY_ZEROS -> 7;
            default -> 0;
        };
    }
}
