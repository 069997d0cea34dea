package io.annals.archive;

import java.util.Arrays;

/// The alphabets of deflate (RFC 1951, 3.2.5 and 3.2.6): which symbol a match length or a distance
/// has, and how many bits follow it. Constants only.
final class DeflateSymbols {
    static final int MATCH_BYTES_MIN = 3;
    static final int MATCH_BYTES_MAX = 258;
    static final int DISTANCE_MAX = 32 * 1024;

    static final int END_OF_BLOCK = 256;
    static final int FIRST_LENGTH = 257;
    static final int LITERALS_AND_LENGTHS = 286;
    static final int DISTANCES = 30;

    private static final int LAST_LENGTH = 28;

    /// By length symbol, from [#FIRST_LENGTH] on.
    static final int[] LENGTH_EXTRA_BITS = new int[LAST_LENGTH + 1];

    static final int[] LENGTH_BASE = new int[LAST_LENGTH + 1];
    static final int[] DISTANCE_EXTRA_BITS = new int[DISTANCES];
    static final int[] DISTANCE_BASE = new int[DISTANCES];

    /// Length symbol, from [#FIRST_LENGTH] on, by match length less [#MATCH_BYTES_MIN].
    private static final byte[] OF_LENGTH = new byte[256];

    /// Distance symbol by distance less 1, below 256; then by its 128ths.
    private static final byte[] OF_DISTANCE = new byte[512];

    static final HuffmanCode FIXED_LITERALS;
    static final HuffmanCode FIXED_DISTANCES;

    static {
        int length = MATCH_BYTES_MIN;
        for (int symbol = 0; symbol < LAST_LENGTH; symbol++) {
            LENGTH_EXTRA_BITS[symbol] = symbol < 8 ? 0 : symbol / 4 - 1;
            LENGTH_BASE[symbol] = length;
            for (int i = 0; i < 1 << LENGTH_EXTRA_BITS[symbol]; i++) {
                OF_LENGTH[length++ - MATCH_BYTES_MIN] = (byte) symbol;
            }
        }
        LENGTH_BASE[LAST_LENGTH] = MATCH_BYTES_MAX;
        OF_LENGTH[MATCH_BYTES_MAX - MATCH_BYTES_MIN] = LAST_LENGTH;
        int distance = 1;
        for (int symbol = 0; symbol < DISTANCES; symbol++) {
            DISTANCE_EXTRA_BITS[symbol] = symbol < 4 ? 0 : symbol / 2 - 1;
            DISTANCE_BASE[symbol] = distance;
            int end = distance + (1 << DISTANCE_EXTRA_BITS[symbol]);
            for (; distance < end; distance++) {
                OF_DISTANCE[place(distance - 1)] = (byte) symbol;
            }
        }
        int[] literals = new int[288];
        Arrays.fill(literals, 0, 144, 8);
        Arrays.fill(literals, 144, 256, 9);
        Arrays.fill(literals, 256, 280, 7);
        Arrays.fill(literals, 280, 288, 8);
        FIXED_LITERALS = HuffmanCode.ofLengths(literals);
        int[] distances = new int[32];
        Arrays.fill(distances, 5);
        FIXED_DISTANCES = HuffmanCode.ofLengths(distances);
    }

    private DeflateSymbols() {}

    /// @param length less [#MATCH_BYTES_MIN]
    static int ofLength(int length) {
        return OF_LENGTH[length];
    }

    /// @param distance less 1
    static int ofDistance(int distance) {
        return OF_DISTANCE[place(distance)];
    }

    private static int place(int distance) {
        return distance < 256 ? distance : 256 + (distance >>> 7);
    }
}
