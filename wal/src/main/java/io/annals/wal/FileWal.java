package io.annals.wal;

/// The write-ahead log of one node, in files. Under construction.
final class FileWal {
    private FileWal() {}
}
