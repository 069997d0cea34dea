package io.annals.wal;

import java.nio.file.Path;

/// Bytes of the log are not what was written. Stops the part it concerns, never the process.
public final class CorruptWalException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public CorruptWalException(Path file, long position, String expected, String actual) {
        super(
                "corrupt WAL segment %s at position %d: expected %s, found %s"
                        .formatted(file, position, expected, actual));
    }
}
