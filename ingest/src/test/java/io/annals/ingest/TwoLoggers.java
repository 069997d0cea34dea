package io.annals.ingest;

import java.util.SortedMap;
import java.util.TreeMap;

/// A root and one logger below it.
final class TwoLoggers implements LogLevels {
    static final String BELOW = "io.annals.below";

    private final SortedMap<String, String> own = new TreeMap<>();

    TwoLoggers() {
        own.put(ROOT, "INFO");
    }

    @Override
    public synchronized SortedMap<String, String> levels() {
        SortedMap<String, String> levels = new TreeMap<>(own);
        levels.putIfAbsent(BELOW, levels.getOrDefault(ROOT, "INFO"));
        return levels;
    }

    @Override
    public synchronized void set(String logger, String level) {
        own.put(logger, level);
    }

    @Override
    public synchronized void reset(String logger) {
        own.remove(logger);
    }
}
