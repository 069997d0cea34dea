package io.annals.archive;

import java.nio.ByteBuffer;

/// Integers of variable length: seven bits a byte, least significant first, the high bit set in all
/// bytes but the last; signed ones zigzag-encoded before. As in Kafka's records.
final class Varints {
    static final int MAX_BYTES = 10;

    private Varints() {}

    /// @param value taken as unsigned
    static void put(ByteBuffer target, long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            target.put((byte) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        target.put((byte) rest);
    }

    static void putSigned(ByteBuffer target, long value) {
        put(target, (value << 1) ^ (value >> 63));
    }

    /// @throws java.nio.BufferUnderflowException if the number is cut
    static long get(ByteBuffer source) {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte b = source.get();
            value |= (b & 0x7fL) << shift;
            if (b >= 0) {
                break;
            }
        }
        return value;
    }

    static long getSigned(ByteBuffer source) {
        long value = get(source);
        return (value >>> 1) ^ -(value & 1);
    }
}
