package io.annals.server;

import io.annals.archive.ObjectRegistryStore;
import io.annals.archive.ObjectStore;
import io.annals.archive.s3.S3ObjectStore;
import io.annals.registry.ObjectKeys;
import io.annals.server.StartException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// The object that says which cluster an archive is of. A new machine takes its cluster's id from
/// here; two clusters on one prefix would mix their topics, and the second one does not start.
final class ClusterMark {
    private static final List<String> OWN =
            List.of(
                    ObjectKeys.TOPICS,
                    ObjectKeys.DELTAS,
                    ObjectKeys.CHECKPOINTS,
                    ObjectKeys.PAGES,
                    ObjectKeys.SEGMENTS,
                    ObjectKeys.SPLITS,
                    ObjectKeys.OWNERS,
                    "probe/");

    private ClusterMark() {}

    /// Looks, without writing to it, whether an archive may be written by the server of a data
    /// directory.
    ///
    /// @param opened as [ArchiveStore#open] returned it
    /// @return the id of the cluster whose archive it is; empty if it is new
    /// @throws StartException if it is another cluster's, or somebody else's bucket
    static Optional<String> check(ObjectStore opened, DataDirectory directory)
            throws StartException, IOException {
        Optional<String> archived = read(opened);
        if (archived.isEmpty()) {
            for (ObjectStore store : ArchiveStore.parts(opened)) {
                requireNothingForeign(store);
            }
        } else {
            requireSame(archived, directory);
        }
        return archived;
    }

    /// The id of the cluster whose archive and data directory these are, noted in both.
    ///
    /// @param archived as [#check] returned it
    /// @throws StartException if they are of two clusters
    static String agree(Optional<String> archived, ObjectStore store, DataDirectory directory)
            throws StartException, IOException {
        if (archived.isPresent()) {
            return requireSame(archived, directory);
        }
        ObjectRegistryStore objects = new ObjectRegistryStore(store);
        objects.createIfAbsent(
                ObjectKeys.CLUSTER,
                (directory.clusterId() + "\n").getBytes(StandardCharsets.US_ASCII));
        return requireSame(read(objects), directory);
    }

    private static String requireSame(Optional<String> archived, DataDirectory directory)
            throws StartException {
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

    /// An archive begins in a place of its own: beside other people's objects a wrong name is more
    /// likely than a wish.
    private static void requireNothingForeign(ObjectStore store)
            throws StartException, IOException {
        try {
            store.list(
                    "",
                    object -> {
                        if (OWN.stream().noneMatch(object.key()::startsWith)) {
                            throw new ForeignObjectException(object.key());
                        }
                    },
                    stranger -> {
                        throw new ForeignObjectException(stranger);
                    });
        } catch (ForeignObjectException foreign) {
            throw new StartException(
                    Reason.ARCHIVE_UNUSABLE,
                    ("there is no archive of Annals, but something else: object %s%s. Name the right"
                                    + " bucket and prefix, or give the archive an empty one")
                            .formatted(
                                    foreign.getMessage(),
                                    store instanceof S3ObjectStore bucket
                                            ? " in " + bucket.place()
                                            : ""),
                    foreign);
        }
    }

    /// Ends a listing at the first object that is not ours.
    private static final class ForeignObjectException extends RuntimeException {
        private static final long serialVersionUID = 1;

        ForeignObjectException(String key) {
            super(key);
        }
    }

    /// Of the archive alone; empty if it says nothing.
    static Optional<String> read(ObjectStore store) throws IOException {
        return read(new ObjectRegistryStore(store));
    }

    private static Optional<String> read(ObjectRegistryStore objects) throws IOException {
        return objects.read(ObjectKeys.CLUSTER)
                .map(id -> new String(id, StandardCharsets.US_ASCII).strip());
    }
}
