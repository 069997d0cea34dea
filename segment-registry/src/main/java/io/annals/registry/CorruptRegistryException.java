package io.annals.registry;

/// A registry or topic object whose bytes are not what was written, or a history with a hole.
public final class CorruptRegistryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String name;

    public CorruptRegistryException(String name, String expected, String actual) {
        super("%s is corrupt: expected %s, found %s".formatted(name, expected, actual));
        this.name = name;
    }

    /// Key of the object.
    public String name() {
        return name;
    }
}
