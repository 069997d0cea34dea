package io.annals.query;

import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.protocol.Errors;

/// Offsets between which a partition can be read.
///
/// @param logStartOffset first offset that is neither deleted nor disposed of, in either tier
/// @param localLogStartOffset first offset of the hot tier
/// @param highWatermark first offset that may not be read yet
/// @param lastStableOffset first offset that readers of committed records may not read yet; never
///   below the log start
/// @param leaderEpoch epoch that new batches are stamped with
public record PartitionBounds(
        long logStartOffset,
        long localLogStartOffset,
        long highWatermark,
        long lastStableOffset,
        int leaderEpoch) {
    /// Where a reader of this isolation level has to stop.
    public long endOffset(IsolationLevel isolation) {
        return isolation == IsolationLevel.READ_COMMITTED ? lastStableOffset : highWatermark;
    }

    private static final int NO_EPOCH = -1;

    /// The error for a client that believes in another epoch (KIP-320), empty if it does not say or
    /// is right.
    Optional<Errors> refusal(int clientEpoch) {
        if (clientEpoch == NO_EPOCH || clientEpoch == leaderEpoch) {
            return Optional.empty();
        }
        return Optional.of(
                clientEpoch < leaderEpoch
                        ? Errors.FENCED_LEADER_EPOCH
                        : Errors.UNKNOWN_LEADER_EPOCH);
    }

    /// Where the batches of an epoch end; empty if the epoch is not known yet. Both tiers hold
    /// batches of the present epoch only, as long as there is one node: what was before it ends
    /// where the log begins.
    OptionalLong endOfEpoch(int epoch) {
        if (epoch == NO_EPOCH || epoch > leaderEpoch) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(epoch == leaderEpoch ? highWatermark : logStartOffset);
    }
}
