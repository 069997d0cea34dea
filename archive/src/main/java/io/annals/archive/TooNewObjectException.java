package io.annals.archive;

/// An archive object or one of its parts has a format version that this program does not know.
public final class TooNewObjectException extends ObjectStoreException {
    private static final long serialVersionUID = 1;

    private final int version;

    /// @param where the part that carries the version
    /// @param supported newest version that can be read
    public TooNewObjectException(String key, String where, int version, int supported) {
        super(
                key,
                "%s has format version %d, newest known is %d".formatted(where, version, supported),
                false);
        this.version = version;
    }

    public int version() {
        return version;
    }
}
