package io.annals.query;

import java.util.List;

/// Consecutive decoded records.
///
/// @param nextOffset where to read on
/// @param complete the end was reached: the high watermark (for committed records the last stable
///   offset), or the ingest time asked for
public record RecordPage(List<LogRecord> records, long nextOffset, boolean complete) {

    public RecordPage {
        records = List.copyOf(records);
    }
}
