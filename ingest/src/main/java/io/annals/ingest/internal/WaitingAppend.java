package io.annals.ingest.internal;

import io.annals.wal.EndTransaction;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/// An append that was promised its offsets and is not durable yet. At most one of `together` and
/// `joint` is there.
///
/// @param together what to write instead of `batches` if its markers can go with it
/// @param joint writes it, if there is one
/// @param durable whether the markers are, too
record WaitingAppend(
        ByteBuffer batches,
        Optional<Together> together,
        Optional<InternalLog.Joint> joint,
        long endOffset,
        CompletableFuture<Boolean> durable) {

    /// What a marker and its frame take.
    private static final int MARKER_BYTES = 150;

    record Together(ByteBuffer batches, EndTransaction markers) {
        private int bytes() {
            return batches.remaining() + markers.partitions().size() * MARKER_BYTES;
        }
    }

    int bytes() {
        return batches.remaining() + together.map(Together::bytes).orElse(0);
    }
}
