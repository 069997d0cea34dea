package io.annals.archive;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// Bits into a byte array, least significant first. Whoever writes knows that there is room.
/// Confined to one thread.
final class BitOutput {
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] target;
    private int at;
    private long pending;
    private int pendingBits;

    /// @param target written from 0 on
    BitOutput(byte[] target) {
        this.target = target;
    }

    /// @param count at most 56
    void put(long bits, int count) {
        pending |= bits << pendingBits;
        pendingBits += count;
        if (target.length - at >= Long.BYTES) {
            LONG.set(target, at, pending);
            at += pendingBits >>> 3;
            pending >>>= pendingBits & ~7;
            pendingBits &= 7;
        } else {
            for (; pendingBits >= Byte.SIZE; pendingBits -= Byte.SIZE) {
                target[at++] = (byte) pending;
                pending >>>= Byte.SIZE;
            }
        }
    }

    /// Fills the last byte with zeros.
    ///
    /// @return bytes written in all
    int finish() {
        if (pendingBits > 0) {
            target[at++] = (byte) pending;
            pendingBits = 0;
        }
        return at;
    }
}
