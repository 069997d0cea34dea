package io.annals.registry;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Reads what [Packing] wrote, from front to back. Confined to one thread. The bytes must be what
/// was written; past their end it throws `IndexOutOfBoundsException`.
final class PackedReader {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

    /// Set in the last byte of no number.
    private static final long ENDS = 0x8080808080808080L;

    private final byte[] bytes;
    private int position;

    PackedReader(byte[] bytes) {
        this(bytes, 0);
    }

    PackedReader(byte[] bytes, int position) {
        this.bytes = bytes;
        this.position = position;
    }

    int position() {
        return position;
    }

    void skip(int count) {
        position += count;
    }

    long number() {
        long coded = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = bytes[position++];
            coded |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return (coded >>> 1) ^ -(coded & 1);
            }
        }
    }

    int count() {
        return (int) number();
    }

    void skipNumbers(int count) {
        int at = position;
        int left = count;
        while (at <= bytes.length - Long.BYTES) { // eight bytes at once, while more are to come
            int ends = Long.bitCount(~(long) LONGS.get(bytes, at) & ENDS);
            if (ends >= left) {
                break;
            }
            left -= ends;
            at += Long.BYTES;
        }
        for (; left > 0; at++) {
            left -= bytes[at] >= 0 ? 1 : 0;
        }
        position = at;
    }

    String string() {
        int start = position;
        byte[] text = new byte[textLength()];
        position = start;
        int at = 0;
        for (int parts = count(); parts > 0; parts--) {
            int coded = count();
            int end = position + (coded >>> 1);
            if ((coded & 1) == 0) {
                System.arraycopy(bytes, position, text, at, end - position);
                at += end - position;
            } else {
                for (int i = position; i < end; i++) {
                    text[at++] = HEX[(bytes[i] >> 4) & 0xF];
                    text[at++] = HEX[bytes[i] & 0xF];
                }
            }
            position = end;
        }
        return new String(text, StandardCharsets.UTF_8);
    }

    /// The [NameHash] of the string, which is not made for it.
    long stringHash() {
        long hash = NameHash.SEED;
        for (int parts = count(); parts > 0; parts--) {
            int coded = count();
            int end = position + (coded >>> 1);
            boolean isHex = (coded & 1) == 1;
            for (; position < end; position++) {
                byte next = bytes[position];
                if (isHex) {
                    hash = NameHash.with(hash, HEX[(next >> 4) & 0xF]);
                    hash = NameHash.with(hash, HEX[next & 0xF]);
                } else {
                    hash = NameHash.with(hash, next);
                }
            }
        }
        return NameHash.finished(hash);
    }

    void skipString() {
        textLength();
    }

    /// Of the next string, which is skipped; bytes of UTF-8.
    private int textLength() {
        int length = 0;
        for (int parts = count(); parts > 0; parts--) {
            int coded = count();
            int partBytes = coded >>> 1;
            length += partBytes << (coded & 1);
            position += partBytes;
        }
        return length;
    }
}
