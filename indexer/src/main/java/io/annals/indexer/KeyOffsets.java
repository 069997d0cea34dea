package io.annals.indexer;

import java.nio.ByteBuffer;
import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The largest offset of each key of a topic's partitions, in bounded memory: 24 bytes per slot of
/// a hash table, whatever the size of the keys. Keys are told apart by 128 bits of their SHA-256,
/// so that nobody can make two that collide. Grows as needed. Confined to one thread.
final class KeyOffsets {
    private static final int SLOT_BYTES = 3 * Long.BYTES;
    private static final int FIRST_SLOTS = 1 << 10;
    private static final long NOTHING = -1;

    private final MessageDigest digest = newDigest();
    private final byte[] hash = new byte[32];
    private final ByteBuffer hashLongs = ByteBuffer.wrap(hash);
    private final ByteBuffer number = ByteBuffer.allocate(Integer.BYTES);
    private final int maxSlots;

    private long[] high = new long[FIRST_SLOTS];
    private long[] low = new long[FIRST_SLOTS];
    private long[] offsets = empty(FIRST_SLOTS);
    private int size;
    private boolean full;

    /// @param maxBytes of the table at its largest
    KeyOffsets(long maxBytes) {
        long slots = Math.max(FIRST_SLOTS, Math.min(maxBytes / SLOT_BYTES, 1 << 30));
        this.maxSlots = (int) Long.highestOneBit(slots);
    }

    int size() {
        return size;
    }

    /// Whether a key found no room.
    boolean isFull() {
        return full;
    }

    /// Keeps the larger offset.
    ///
    /// @return false, and nothing is kept, if there is no room for another key
    boolean put(int partition, @Nullable ByteBuffer key, long offset) {
        hash(partition, key);
        int slot = find(hashLongs.getLong(0), hashLongs.getLong(Long.BYTES));
        if (offsets[slot] == NOTHING) {
            if (isFull(size + 1, offsets.length)) {
                if (offsets.length == maxSlots) {
                    full = true;
                    return false;
                }
                grow();
                slot = find(hashLongs.getLong(0), hashLongs.getLong(Long.BYTES));
            }
            high[slot] = hashLongs.getLong(0);
            low[slot] = hashLongs.getLong(Long.BYTES);
            size++;
        }
        offsets[slot] = Math.max(offsets[slot], offset);
        return true;
    }

    /// -1 if the key was not seen.
    long latest(int partition, @Nullable ByteBuffer key) {
        hash(partition, key);
        return offsets[find(hashLongs.getLong(0), hashLongs.getLong(Long.BYTES))];
    }

    private void hash(int partition, @Nullable ByteBuffer key) {
        digest.update(number.clear().putInt(partition).flip());
        if (key != null) {
            digest.update(key.duplicate());
        }
        try {
            digest.digest(hash, 0, hash.length);
        } catch (DigestException e) {
            throw new IllegalStateException("a SHA-256 has 32 bytes", e);
        }
    }

    private int find(long keyHigh, long keyLow) {
        int mask = offsets.length - 1;
        int slot = (int) keyHigh & mask;
        while (offsets[slot] != NOTHING && (high[slot] != keyHigh || low[slot] != keyLow)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private static boolean isFull(int entries, int slots) {
        return entries > slots / 4 * 3;
    }

    private void grow() {
        long[] oldHigh = high;
        long[] oldLow = low;
        long[] oldOffsets = offsets;
        int slots = 2 * oldOffsets.length;
        high = new long[slots];
        low = new long[slots];
        offsets = empty(slots);
        for (int old = 0; old < oldOffsets.length; old++) {
            if (oldOffsets[old] != NOTHING) {
                int slot = find(oldHigh[old], oldLow[old]);
                high[slot] = oldHigh[old];
                low[slot] = oldLow[old];
                offsets[slot] = oldOffsets[old];
            }
        }
    }

    private static long[] empty(int slots) {
        long[] offsets = new long[slots];
        Arrays.fill(offsets, NOTHING);
        return offsets;
    }

    private static MessageDigest newDigest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
