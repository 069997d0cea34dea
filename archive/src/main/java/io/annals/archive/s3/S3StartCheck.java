package io.annals.archive.s3;

import io.annals.archive.NoSuchObjectException;
import io.annals.archive.ObjectStore;
import io.annals.archive.StoreUnusableException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.Uuid;

/// Asks a bucket at start whether it will do: that it is there and lets us in, and that it honours
/// conditional creation, on which the registry stands (REG-7). Its probe is an object of its own
/// under `probe/`, removed at once.
public final class S3StartCheck {
    static final String PROBES = "probe/";

    private S3StartCheck() {}

    /// For whoever only reads.
    ///
    /// @throws StoreUnusableException with the cure, if it will not do
    /// @throws IOException if the store cannot be reached
    public static void readable(ObjectStore store) throws IOException {
        store.list(PROBES, _ -> {});
    }

    /// For whoever writes, too.
    ///
    /// @param id unique
    /// @throws StoreUnusableException with the cure, if it will not do
    public static void writable(S3ObjectStore store, Uuid id) throws IOException {
        readable(store);
        String key = PROBES + "conditional-create-" + id;
        if (!honoursConditions(store, key)) {
            throw new StoreUnusableException(
                    key,
                    ("%s does not honour conditional creation (If-None-Match: *): two servers"
                                    + " could overwrite each other's registry. Use a store that does, and"
                                    + " a bucket without object lock for the registry")
                            .formatted(store.place()));
        }
    }

    /// For whoever writes nothing but evidence to it, and the registry to another bucket. It need
    /// not honour conditional creation, which not every store does in a bucket with an object lock:
    /// who owns the archive is decided in the other one, and where a condition counts for nothing
    /// the store looks first.
    ///
    /// @param id unique
    /// @return whether it honours conditional creation
    /// @throws StoreUnusableException with the cure, if it will not do
    public static boolean writableEvidence(S3ObjectStore store, Uuid id) throws IOException {
        readable(store);
        boolean honours = honoursConditions(store, PROBES + "conditional-create-" + id);
        if (!honours) {
            store.lookFirst();
        }
        return honours;
    }

    private static boolean honoursConditions(S3ObjectStore store, String key) throws IOException {
        byte[] first = "first".getBytes(StandardCharsets.US_ASCII);
        byte[] second = "other".getBytes(StandardCharsets.US_ASCII);
        try {
            boolean created = store.createIfAbsent(key, first);
            boolean again = store.createIfAbsent(key, second);
            return created && !again && store.read(key, 0, first.length).get(0) == first[0];
        } catch (NoSuchObjectException e) {
            throw new StoreUnusableException(
                    key, store.place() + " lost an object that it had acknowledged", e);
        } finally {
            store.delete(key);
        }
    }
}
