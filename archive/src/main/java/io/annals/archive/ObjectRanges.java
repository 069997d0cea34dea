package io.annals.archive;

/// What a range of an object may be; the same for every store.
public final class ObjectRanges {
    private ObjectRanges() {}

    /// @throws CorruptObjectException if `[position, position + length)` is not within the object
    public static void check(String key, long position, int length, long sizeBytes)
            throws ObjectStoreException {
        if (position < 0 || length < 0) {
            throw new ObjectStoreException(
                    key, "cannot read %d bytes at %d".formatted(length, position), false);
        }
        if (position > sizeBytes - length) {
            throw new CorruptObjectException(
                    key,
                    "range [%d, %d)".formatted(position, position + length),
                    "at least %d bytes".formatted(position + length),
                    "%d bytes".formatted(sizeBytes));
        }
    }
}
