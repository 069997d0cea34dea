package io.annals.server;

import java.util.List;

/// Settings that cannot be used: one line per setting, with its name, its value, where it came from
/// and what is allowed.
public final class InvalidSettingsException extends Exception {
    private static final long serialVersionUID = 1;

    private final transient List<String> problems;

    InvalidSettingsException(List<String> problems) {
        super(String.join("; ", problems));
        this.problems = List.copyOf(problems);
    }

    public List<String> problems() {
        return problems;
    }
}
