package io.annals.wal;

import java.util.List;

/// The transactions of one partition as far as one segment tells of them.
///
/// @param aborted those that an ABORT marker in this segment ended, in the order of the markers
/// @param openAtEnd those that no marker had ended at the end of this segment, oldest first
public record SegmentTransactions(
        List<AbortedTransaction> aborted, List<OpenTransaction> openAtEnd) {
    public static final SegmentTransactions NONE = new SegmentTransactions(List.of(), List.of());

    public SegmentTransactions {
        aborted = List.copyOf(aborted);
        openAtEnd = List.copyOf(openAtEnd);
    }

    public boolean isEmpty() {
        return aborted.isEmpty() && openAtEnd.isEmpty();
    }

    /// Below it every transaction was decided at the end of the segment, which is `endOffset`.
    public long stableEndOffset(long endOffset) {
        return openAtEnd.isEmpty()
                ? endOffset
                : Math.min(endOffset, openAtEnd.getFirst().firstOffset());
    }
}
