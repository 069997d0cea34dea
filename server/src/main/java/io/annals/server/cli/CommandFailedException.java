package io.annals.server.cli;

/// A command cannot do what it was asked; the message is for the user, the code for scripts.
final class CommandFailedException extends Exception {
    private static final long serialVersionUID = 1;

    private final int exitCode;

    CommandFailedException(int exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    int exitCode() {
        return exitCode;
    }
}
