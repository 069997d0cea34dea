package io.annals.query;

import java.util.Arrays;
import java.util.Optional;
import org.apache.kafka.common.requests.ListOffsetsRequest;

/// A negative timestamp by which a ListOffsets request asks for something other than a time.
enum SpecialTimestamp {
    LATEST(ListOffsetsRequest.LATEST_TIMESTAMP, 1),
    EARLIEST(ListOffsetsRequest.EARLIEST_TIMESTAMP, 1),
    MAX_TIMESTAMP(ListOffsetsRequest.MAX_TIMESTAMP, 7),
    EARLIEST_LOCAL(ListOffsetsRequest.EARLIEST_LOCAL_TIMESTAMP, 8),
    LATEST_TIERED(ListOffsetsRequest.LATEST_TIERED_TIMESTAMP, 9),
    EARLIEST_PENDING_UPLOAD(ListOffsetsRequest.EARLIEST_PENDING_UPLOAD_TIMESTAMP, 11);

    private final long value;
    private final int sinceVersion;

    SpecialTimestamp(long value, int sinceVersion) {
        this.value = value;
        this.sinceVersion = sinceVersion;
    }

    /// The version of the request that brought it.
    int sinceVersion() {
        return sinceVersion;
    }

    static Optional<SpecialTimestamp> of(long timestamp) {
        return Arrays.stream(values()).filter(special -> special.value == timestamp).findFirst();
    }
}
