package io.annals.server.cli;

import io.annals.server.StartException;

/// What the process ends with; listed in `docs/operations.md`.
final class ExitCode {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;

    // 3 is the launcher's: no JDK found.
    static final int INVALID_SETTING = 4;
    static final int SETTINGS_UNREADABLE = 5;
    static final int CANNOT_LISTEN = 6;
    static final int DATA_DIRECTORY_LOCKED = 7;
    static final int DATA_DIRECTORY_UNUSABLE = 8;

    /// Objects are damaged or missing.
    static final int DAMAGED = 9;

    /// No server answers where the command looked for one.
    static final int UNREACHABLE = 10;

    /// The object store in S3 does not let us in, does not answer, or will not do.
    static final int ARCHIVE_UNUSABLE = 11;

    /// Another server has the archive.
    static final int ARCHIVE_OWNED = 12;

    private ExitCode() {}

    static int of(StartException.Reason reason) {
        return switch (reason) {
            case SETTINGS_UNREADABLE -> SETTINGS_UNREADABLE;
            case CANNOT_LISTEN -> CANNOT_LISTEN;
            case DATA_DIRECTORY_LOCKED -> DATA_DIRECTORY_LOCKED;
            case DATA_DIRECTORY_UNUSABLE -> DATA_DIRECTORY_UNUSABLE;
            case ARCHIVE_UNUSABLE -> ARCHIVE_UNUSABLE;
            case ARCHIVE_OWNED -> ARCHIVE_OWNED;
        };
    }
}
