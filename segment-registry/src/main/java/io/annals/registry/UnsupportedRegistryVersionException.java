package io.annals.registry;

/// A registry or topic object that a newer Annals wrote.
public final class UnsupportedRegistryVersionException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String name;

    public UnsupportedRegistryVersionException(String name, int version, int newestKnown) {
        super(
                "%s has format version %d, this program knows versions up to %d: use a newer one"
                        .formatted(name, version, newestKnown));
        this.name = name;
    }

    /// Key of the object.
    public String name() {
        return name;
    }
}
