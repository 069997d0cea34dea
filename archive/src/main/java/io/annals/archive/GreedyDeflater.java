package io.annals.archive;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Deflate for speed, the same bytes on every machine. Confined to one thread.
///
/// As LZ4 looks for matches (a table with the last position of each four bytes, the first match
/// taken, larger steps where nothing is found), and as deflate writes them (a block for each 128
/// KiB, with its own Huffman codes). What has no matches, only few different bytes, costs little
/// more than counting them. Matches do not reach over blocks. Why not the JDK's: ADR 0038.
final class GreedyDeflater implements ChunkDeflater {
    static final int BLOCK_BYTES = 128 * 1024;

    private static final VarHandle INT =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int HASH_BITS = 14;
    private static final int HASH_FACTOR = 0x9e3779b1;
    private static final int SHORTEST = 4;

    /// A match of four bytes from further away takes more bits than the bytes.
    private static final int SHORTEST_DISTANCE_MAX = 4096;

    /// So many steps without a match make each step a byte longer.
    private static final int PATIENCE_BITS = 5;

    /// Positions of which eight bytes can be read.
    private static final int WORD_BYTES = Long.BYTES;

    private static final int NEVER = -DeflateSymbols.DISTANCE_MAX - 1;

    private final byte[] source = new byte[BLOCK_BYTES];
    private final int[] positions = new int[1 << HASH_BITS];
    private final DeflateBlock block = new DeflateBlock(BLOCK_BYTES);

    @Override
    public int deflate(ByteBuffer bytes, byte[] target, int limit) {
        ByteBuffer rest = bytes.duplicate();
        BitOutput out = new BitOutput(target);
        long sizeBits = 0;
        do {
            int size = Math.min(rest.remaining(), BLOCK_BYTES);
            rest.get(source, 0, size);
            find(size);
            DeflateBlock.Plan plan = block.plan();
            sizeBits += plan.sizeBits();
            if (sizeBits > (long) Byte.SIZE * limit) {
                return -1;
            }
            block.write(source, plan, !rest.hasRemaining(), out);
        } while (rest.hasRemaining());
        return out.finish();
    }

    private void find(int size) {
        byte[] s = source;
        int[] table = positions;
        Arrays.fill(table, NEVER);
        block.clear();
        int last = size - WORD_BYTES;
        int done = 0;
        int misses = 0;
        int at = 0;
        while (at <= last) {
            int word = (int) INT.get(s, at);
            int place = place(word);
            int candidate = table[place];
            table[place] = at;
            if (at - candidate > DeflateSymbols.DISTANCE_MAX
                    || (int) INT.get(s, candidate) != word) {
                at += 1 + (misses++ >>> PATIENCE_BITS);
                continue;
            }
            int end = matchEnd(s, candidate + SHORTEST, at + SHORTEST, size, at);
            int distance = at - candidate;
            if (end - at == SHORTEST && distance > SHORTEST_DISTANCE_MAX) {
                at++;
                continue;
            }
            int begin = at;
            while (begin > done
                    && begin > distance
                    && s[begin - 1] == s[begin - distance - 1]
                    && end - begin < DeflateSymbols.MATCH_BYTES_MAX) {
                begin--;
            }
            block.match(begin - done, end - begin, distance);
            remember(s, at + 2, last);
            remember(s, end - 2, last);
            at = end;
            done = end;
            misses = 0;
        }
        block.end(s, size - done);
    }

    /// @param a end of what is known to be equal, behind
    /// @param b the same, in front
    /// @return the first position from `b` on that is not equal, or where a match from `begin` ends
    private static int matchEnd(byte[] s, int a, int b, int size, int begin) {
        int end = Math.min(size, begin + DeflateSymbols.MATCH_BYTES_MAX);
        int distance = b - a;
        int at = b;
        for (; at + WORD_BYTES <= end; at += WORD_BYTES) {
            long difference = (long) LONG.get(s, at) ^ (long) LONG.get(s, at - distance);
            if (difference != 0) {
                return at + (Long.numberOfTrailingZeros(difference) >>> 3);
            }
        }
        while (at < end && s[at] == s[at - distance]) {
            at++;
        }
        return at;
    }

    private void remember(byte[] s, int at, int last) {
        if (at <= last) {
            positions[place((int) INT.get(s, at))] = at;
        }
    }

    private static int place(int word) {
        return (word * HASH_FACTOR) >>> (Integer.SIZE - HASH_BITS);
    }

    @Override
    public void close() {}
}
