package io.annals.archive;

import java.util.Arrays;

/// One deflate block in the making: literals and matches are taken in, counted, and then written
/// with the Huffman codes that fit them best, or with the fixed ones where that is shorter (RFC
/// 1951, 3.2.6 and 3.2.7). Can be used again. Confined to one thread.
final class DeflateBlock {
    private static final int FIXED = 1;
    private static final int DYNAMIC = 2;
    private static final int HEADER_BITS = 3;
    private static final int LITERALS_AT_ONCE = 3;

    /// Rows of literals, each followed by a match: its length less 3 above its distance less 1.
    private final int[] literals;

    private final int[] matches;
    private int count;
    private int literalsAtEnd;

    private final int[] literalFrequencies = new int[DeflateSymbols.LITERALS_AND_LENGTHS];
    private final int[] distanceFrequencies = new int[DeflateSymbols.DISTANCES];
    private long extraBits;

    private final int[] literalBits = new int[256];
    private final int[] lengthBits = new int[256];
    private final int[] lengthSizes = new int[256];

    /// @param maxBytes the largest block
    DeflateBlock(int maxBytes) {
        int most = maxBytes / DeflateSymbols.MATCH_BYTES_MIN + 1;
        this.literals = new int[most];
        this.matches = new int[most];
    }

    void clear() {
        count = 0;
    }

    /// @param literalCount bytes before the match that are not part of one
    void match(int literalCount, int length, int distance) {
        literals[count] = literalCount;
        matches[count] = (length - DeflateSymbols.MATCH_BYTES_MIN) << 16 | (distance - 1);
        count++;
    }

    /// Counts; to be called when all matches are there, before [#sizeBits].
    ///
    /// @param source begins with the block's bytes
    /// @param atEnd bytes after the last match
    void end(byte[] source, int atEnd) {
        literalsAtEnd = atEnd;
        Arrays.fill(literalFrequencies, 0);
        Arrays.fill(distanceFrequencies, 0);
        extraBits = 0;
        int at = 0;
        for (int i = 0; i < count; i++) {
            at = countLiterals(source, at, at + literals[i]);
            int length = matches[i] >>> 16;
            int lengthSymbol = DeflateSymbols.ofLength(length);
            int distanceSymbol = DeflateSymbols.ofDistance(matches[i] & 0xffff);
            literalFrequencies[DeflateSymbols.FIRST_LENGTH + lengthSymbol]++;
            distanceFrequencies[distanceSymbol]++;
            extraBits += DeflateSymbols.LENGTH_EXTRA_BITS[lengthSymbol];
            extraBits += DeflateSymbols.DISTANCE_EXTRA_BITS[distanceSymbol];
            at += length + DeflateSymbols.MATCH_BYTES_MIN;
        }
        countLiterals(source, at, at + atEnd);
        literalFrequencies[DeflateSymbols.END_OF_BLOCK] = 1;
    }

    private int countLiterals(byte[] source, int from, int to) {
        for (int i = from; i < to; i++) {
            literalFrequencies[source[i] & 0xff]++;
        }
        return to;
    }

    /// How the block is to be written.
    ///
    /// @param header empty with the fixed codes
    /// @param sizeBits all of it
    record Plan(HuffmanCode literals, HuffmanCode distances, CodeLengths header, long sizeBits) {}

    Plan plan() {
        HuffmanCode ofLiterals = HuffmanCode.of(literalFrequencies, HuffmanCode.MAX_BITS);
        HuffmanCode ofDistances = HuffmanCode.of(distanceFrequencies, HuffmanCode.MAX_BITS);
        CodeLengths lengths = CodeLengths.of(ofLiterals, ofDistances);
        long dynamic = lengths.sizeBits() + sizeBits(ofLiterals, ofDistances);
        long fixed = sizeBits(DeflateSymbols.FIXED_LITERALS, DeflateSymbols.FIXED_DISTANCES);
        return dynamic < fixed
                ? new Plan(ofLiterals, ofDistances, lengths, dynamic)
                : new Plan(
                        DeflateSymbols.FIXED_LITERALS,
                        DeflateSymbols.FIXED_DISTANCES,
                        CodeLengths.NONE,
                        fixed);
    }

    private long sizeBits(HuffmanCode ofLiterals, HuffmanCode ofDistances) {
        return HEADER_BITS
                + ofLiterals.sizeBits(literalFrequencies)
                + ofDistances.sizeBits(distanceFrequencies)
                + extraBits;
    }

    /// @param last no block follows
    void write(byte[] source, Plan plan, boolean last, BitOutput out) {
        boolean fixed = plan.header.told() == 0;
        out.put((fixed ? FIXED : DYNAMIC) << 1 | (last ? 1 : 0), HEADER_BITS);
        plan.header.write(out);
        prepare(plan.literals);
        int at = 0;
        for (int i = 0; i < count; i++) {
            at = writeLiterals(source, at, at + literals[i], out);
            int length = matches[i] >>> 16;
            int distance = matches[i] & 0xffff;
            int symbol = DeflateSymbols.ofDistance(distance);
            int size = plan.distances.lengths()[symbol];
            int extra = distance + 1 - DeflateSymbols.DISTANCE_BASE[symbol];
            long bits = plan.distances.bits()[symbol] | (long) extra << size;
            out.put(
                    lengthBits[length] | bits << lengthSizes[length],
                    lengthSizes[length] + size + DeflateSymbols.DISTANCE_EXTRA_BITS[symbol]);
            at += length + DeflateSymbols.MATCH_BYTES_MIN;
        }
        writeLiterals(source, at, at + literalsAtEnd, out);
        out.put(
                plan.literals.bits()[DeflateSymbols.END_OF_BLOCK],
                plan.literals.lengths()[DeflateSymbols.END_OF_BLOCK]);
    }

    /// Bits of each literal below its number of bits; bits of each length, those that follow the
    /// symbol included.
    private void prepare(HuffmanCode code) {
        for (int i = 0; i < literalBits.length; i++) {
            literalBits[i] = code.bits()[i] << 4 | code.lengths()[i];
        }
        for (int i = 0; i < lengthBits.length; i++) {
            int symbol = DeflateSymbols.ofLength(i);
            int size = code.lengths()[DeflateSymbols.FIRST_LENGTH + symbol];
            int extra = i + DeflateSymbols.MATCH_BYTES_MIN - DeflateSymbols.LENGTH_BASE[symbol];
            lengthBits[i] = code.bits()[DeflateSymbols.FIRST_LENGTH + symbol] | extra << size;
            lengthSizes[i] = size + DeflateSymbols.LENGTH_EXTRA_BITS[symbol];
        }
    }

    private int writeLiterals(byte[] source, int from, int to, BitOutput out) {
        int at = from;
        for (; at + LITERALS_AT_ONCE <= to; at += LITERALS_AT_ONCE) {
            int first = literalBits[source[at] & 0xff];
            int second = literalBits[source[at + 1] & 0xff];
            int third = literalBits[source[at + 2] & 0xff];
            int size = first & 0xf;
            long bits = (first >>> 4) | (long) (second >>> 4) << size;
            size += second & 0xf;
            bits |= (long) (third >>> 4) << size;
            out.put(bits, size + (third & 0xf));
        }
        for (; at < to; at++) {
            int literal = literalBits[source[at] & 0xff];
            out.put(literal >>> 4, literal & 0xf);
        }
        return to;
    }
}
