package io.annals.registry;

import java.io.IOException;

/// The registry was opened for reading: another server writes it.
public final class ReadOnlyRegistryException extends IOException {
    private static final long serialVersionUID = 1;

    ReadOnlyRegistryException() {
        super("the registry is written by another server; this one only reads it");
    }
}
