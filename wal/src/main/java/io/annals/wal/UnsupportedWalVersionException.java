package io.annals.wal;

import java.io.IOException;
import java.nio.file.Path;

/// A file of the log was written by a newer version of this program than can be read.
public final class UnsupportedWalVersionException extends IOException {
    private static final long serialVersionUID = 1;

    public UnsupportedWalVersionException(Path file, int version, int newestKnown) {
        super(
                "%s has format version %d, the newest that this program reads is %d"
                        .formatted(file, version, newestKnown));
    }
}
