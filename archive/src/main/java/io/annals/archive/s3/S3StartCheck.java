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
    public static void writable(S3ObjectStore store, Uuid id) throws IOException {
        readable(store);
        String key = PROBES + "conditional-create-" + id;
        byte[] first = "first".getBytes(StandardCharsets.US_ASCII);
        byte[] second = "other".getBytes(StandardCharsets.US_ASCII);
        try {
            boolean created = store.createIfAbsent(key, first);
            boolean again = store.createIfAbsent(key, second);
            boolean kept = created && store.read(key, 0, first.length).get(0) == first[0];
            if (!created || again || !kept) {
                throw new StoreUnusableException(
                        key,
                        ("%s does not honour conditional creation (If-None-Match: *): two servers"
                                        + " could overwrite each other's registry. Use a store that does,"
                                        + " and a bucket without object lock for the registry")
                                .formatted(store.place()));
            }
        } catch (NoSuchObjectException e) {
            throw new StoreUnusableException(
                    key, store.place() + " lost an object that it had acknowledged", e);
        } finally {
            store.delete(key);
        }
    }
}
