package io.annals.registry;

import java.io.IOException;

/// This server lost the archive to another one, for good: it must not write to it any more.
public final class FencedException extends IOException {
    private static final long serialVersionUID = 1;

    FencedException(String message) {
        super(message);
    }
}
