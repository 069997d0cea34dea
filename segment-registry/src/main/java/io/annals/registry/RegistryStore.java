package io.annals.registry;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

/// The port through which the registry is durable: numbered objects, created once, never
/// overwritten.
public interface RegistryStore {

    /// Creates the object if no object of that name exists. Atomic against every other writer.
    ///
    /// @return false if the name is taken by other bytes. A name that already holds the very same
    ///   bytes counts as created (a lost answer that was retried).
    boolean createIfAbsent(String name, byte[] bytes) throws IOException;

    /// As [#createIfAbsent], asked once more if that fails: after a lost answer the same bytes
    /// count as created.
    default boolean createRetrying(String name, byte[] bytes) throws IOException {
        try {
            return createIfAbsent(name, bytes);
        } catch (IOException first) {
            try {
                return createIfAbsent(name, bytes);
            } catch (IOException second) {
                second.addSuppressed(first);
                throw second;
            }
        }
    }

    Optional<byte[]> read(String name) throws IOException;

    /// Whether there is an object of that name, which is not empty.
    default boolean exists(String name) throws IOException {
        return read(name).isPresent();
    }

    /// Names that start with `prefix`, in lexicographic order.
    List<String> list(String prefix) throws IOException;

    /// Deletes an object; no error if it is not there.
    void delete(String name) throws IOException;
}
