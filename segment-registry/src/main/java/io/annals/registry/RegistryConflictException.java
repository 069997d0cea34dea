package io.annals.registry;

/// A change that cannot apply to the current generation (overlap, unknown id, stale topic version).
public final class RegistryConflictException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public RegistryConflictException(String message) {
        super(message);
    }
}
