package io.annals.archive;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/// What a server is about to do with single objects: catalogue them or delete them, and never both
/// at a time. An object that an earlier try left may be as old as any, and is taken up all the
/// same. Thread-safe.
public final class ObjectClaims {
    private final ConcurrentMap<String, Purpose> claims = new ConcurrentHashMap<>();

    private enum Purpose {
        CATALOGUE,
        DELETE
    }

    /// Claims an object for a commit; it may have that claim already.
    ///
    /// @return false if it is being deleted
    public boolean toCatalogue(String key) {
        return claims.putIfAbsent(key, Purpose.CATALOGUE) != Purpose.DELETE;
    }

    /// Takes back [#toCatalogue], when the catalogue has the object.
    public void catalogued(String key) {
        claims.remove(key, Purpose.CATALOGUE);
    }

    /// @return false if somebody is about to catalogue it
    boolean toDelete(String key) {
        return claims.putIfAbsent(key, Purpose.DELETE) == null;
    }

    void deleted(String key) {
        claims.remove(key, Purpose.DELETE);
    }
}
