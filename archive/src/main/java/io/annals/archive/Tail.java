package io.annals.archive;

import java.nio.ByteBuffer;

/// The end of an object as it was read when the object was opened: hot region, table of contents,
/// footer. Immutable.
///
/// @param position of its first byte in the object
record Tail(long position, ByteBuffer bytes) {

    /// Whether the tail holds everything of the object from `from` on.
    boolean covers(long from) {
        return from >= position;
    }

    /// Bytes `[from, from + length)` of the object.
    ByteBuffer slice(long from, int length) {
        return bytes.slice(bytes.position() + Math.toIntExact(from - position), length);
    }
}
