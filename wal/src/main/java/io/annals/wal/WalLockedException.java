package io.annals.wal;

import java.io.IOException;
import java.nio.file.Path;

/// Another process (or another log in this one) owns the directory.
public final class WalLockedException extends IOException {
    private static final long serialVersionUID = 1;

    public WalLockedException(Path lockFile) {
        super("%s is locked: another server uses this directory".formatted(lockFile));
    }
}
