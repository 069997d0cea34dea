package io.annals.archive;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.function.Consumer;

/// The port to where archive objects live. Objects are created once and never overwritten.
///
/// Keys are `/`-separated, made of `[A-Za-z0-9._-]`, never with `.` or `..` as a part, at most
/// [#MAX_KEY_LENGTH] long. Thread-safe; calls block, so call them from virtual threads or pools,
/// never from an event loop. Failures are [ObjectStoreException]s that name key, range and whether
/// a retry makes sense.
///
/// A failed creation has an unknown outcome: the answer may have been lost. Whoever must know reads
/// the object back.
public interface ObjectStore extends Closeable {
    int MAX_KEY_LENGTH = 1000;
    int MAX_KEY_PART_LENGTH = 250;

    /// Creates an object from a local file, if the key is free. Atomic: readers see all of it or
    /// nothing, and durable when this returns.
    ///
    /// @param file must not change any more: a store on the same file system may keep it by a link
    ///   instead of a copy. It may be deleted afterwards
    /// @return false if the key is taken
    boolean createIfAbsent(String key, Path file) throws IOException;

    /// Creates a small object from memory, if the key is free.
    ///
    /// @return false if the key is taken
    boolean createIfAbsent(String key, byte[] bytes) throws IOException;

    /// Reads bytes `[position, position + length)`.
    ///
    /// @return a buffer of its own with exactly these bytes
    /// @throws NoSuchObjectException if there is no such object
    /// @throws CorruptObjectException if the object ends before the range does
    ByteBuffer read(String key, long position, int length) throws IOException;

    /// Size in bytes.
    ///
    /// @throws NoSuchObjectException if there is no such object
    long size(String key) throws IOException;

    /// Feeds every key that starts with `prefix`, in lexicographic order, with size and time.
    void list(String prefix, Consumer<ObjectInfo> consumer) throws IOException;

    /// The same, and what else is there under names that are no keys: not ours, and not to be read
    /// or deleted by these names.
    ///
    /// @param strangers gets such names as [ObjectKeyRules#shown] shows them, in no order
    default void list(String prefix, Consumer<ObjectInfo> consumer, Consumer<String> strangers)
            throws IOException {
        list(prefix, consumer);
    }

    /// Deletes an object; no error if it is not there.
    void delete(String key) throws IOException;

    /// Gives up creations under `prefix` that began before `beforeMs`, wall clock of the store, and
    /// never came to an end: what a killed process left, which no reader sees and somebody pays
    /// for.
    ///
    /// @return how many
    int abortUploads(String prefix, long beforeMs) throws IOException;

    /// @param modifiedAtMs wall clock of the store
    record ObjectInfo(String key, long sizeBytes, long modifiedAtMs) {}
}
