package io.annals.wal;

import java.util.Locale;

/// Words for a failed write, so that a full disk is told from a broken one.
final class StorageFailure {
    private StorageFailure() {}

    static String describe(Throwable e) {
        String message = String.valueOf(e.getMessage());
        return message.toLowerCase(Locale.ROOT).contains("no space left")
                ? "disk full: " + message
                : "storage failed: " + e;
    }
}
