package io.annals.query;

import org.apache.kafka.common.TopicIdPartition;

/// The records asked for are those of a time before a compaction, which took some of them out.
public final class CompactedHistoryException extends RuntimeException {
    private static final long serialVersionUID = 1;

    CompactedHistoryException(TopicIdPartition partition, long asOfMs, long compactedToMs) {
        super(
                "%s as of %d: its history was compacted up to %d, earlier states are gone"
                        .formatted(partition, asOfMs, compactedToMs));
    }
}
