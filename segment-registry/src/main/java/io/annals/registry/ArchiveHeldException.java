package io.annals.registry;

import java.io.IOException;

/// Another server has the archive, and is alive. The message names it, the object that says so, and
/// the cure.
public final class ArchiveHeldException extends IOException {
    private static final long serialVersionUID = 1;

    ArchiveHeldException(OwnerClaim owner, String sign) {
        super(
                ("the archive is owned by another server: object %s is of %s; %s. Stop that server,"
                                + " or give this one an archive (folder, bucket or prefix) of its own, or run it"
                                + " as a read replica (annals.replica=true). Once the owner has shown no sign of"
                                + " life for %d ms a start takes the archive; --take-over takes it at once, and"
                                + " the owner writes no more to it")
                        .formatted(
                                ObjectKeys.owner(owner.epoch()),
                                owner.describe(),
                                sign,
                                owner.leaseMs()));
    }
}
