package io.annals.server.cli;

import picocli.CommandLine.Option;

/// How a command prints what it found.
final class OutputOptions {
    /// For people, or for programs.
    enum Format {
        TEXT,
        JSON
    }

    @Option(
            names = "--format",
            paramLabel = "text|json",
            defaultValue = "text",
            description = "How to print the answer (default: ${DEFAULT-VALUE}).")
    private Format format = Format.TEXT;

    @Option(names = "--json", description = "Same as --format json.")
    private boolean json;

    boolean isJson() {
        return json || format == Format.JSON;
    }
}
