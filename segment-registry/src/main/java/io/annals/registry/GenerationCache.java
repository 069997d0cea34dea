package io.annals.registry;

import java.util.LinkedHashMap;
import java.util.Map;

/// Keeps the generations used last, by number; they share most of their memory. Not thread-safe.
final class GenerationCache extends LinkedHashMap<Long, Generation> {
    private static final long serialVersionUID = 1;

    private final int capacity;

    GenerationCache(int capacity) {
        super(16, 0.75f, true);
        this.capacity = capacity;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Long, Generation> eldest) {
        return size() > capacity;
    }
}
