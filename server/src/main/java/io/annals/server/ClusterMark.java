package io.annals.server;

import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.ObjectStore;
import io.annals.registry.ObjectKeys;
import io.annals.server.StartException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/// The object that says which cluster an archive is of. A new machine takes its cluster's id from
/// here; two clusters on one prefix would mix their topics, and the second one does not start.
final class ClusterMark {
    private ClusterMark() {}

    /// The id of the cluster whose archive and data directory these are, noted in both.
    ///
    /// @throws StartException if they are of two clusters
    static String agree(ObjectStore store, DataDirectory directory)
            throws StartException, IOException {
        ObjectRegistryStore objects = new ObjectRegistryStore(store);
        Optional<String> archived = read(objects);
        if (archived.isEmpty()) {
            String local = directory.clusterId();
            objects.createIfAbsent(
                    ObjectKeys.CLUSTER, (local + "\n").getBytes(StandardCharsets.US_ASCII));
            archived = read(objects);
        }
        String local = directory.clusterId(archived);
        if (!archived.equals(Optional.of(local))) {
            throw new StartException(
                    Reason.ARCHIVE_UNUSABLE,
                    ("the archive is of cluster %s, the data directory of cluster %s: give"
                                    + " each cluster a bucket or prefix of its own, or start on an empty data"
                                    + " directory to carry on the archive's cluster")
                            .formatted(archived.orElse("(none)"), local));
        }
        return local;
    }

    private static Optional<String> read(ObjectRegistryStore objects) throws IOException {
        return objects.read(ObjectKeys.CLUSTER)
                .map(id -> new String(id, StandardCharsets.US_ASCII).strip());
    }
}
