package io.annals.indexer;

/// Archives sealed WAL segments. Under construction.
final class Archiver {
    private Archiver() {}
}
