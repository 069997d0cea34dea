package io.annals.ingest;

/// A place where records are kept, as administrators see it: the hot tier is one, the archive
/// another. The server says which there are.
///
/// Thread-safe. Methods may block on a file system.
public interface LogDirectory {

    /// An absolute path, or the address of an object store.
    String location();

    /// Bytes of the topic's batches in it, by partition.
    long[] sizeBytes(Topic topic);

    /// How large its volume is, -1 if that is not known.
    long totalBytes();

    /// How much of its volume is free, -1 if that is not known.
    long usableBytes();
}
