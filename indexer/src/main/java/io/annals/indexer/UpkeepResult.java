package io.annals.indexer;

/// What upkeep did.
///
/// @param compactions topics compacted
/// @param removedRecords records that compactions took out
/// @param replacedSegments record segments that others took the place of
/// @param writtenSegments record segments written in their place
/// @param merges of record segments and their index splits, or of splits alone
/// @param retiredSegments record segments whose time was over, or whose records were deleted
public record UpkeepResult(
        long compactions,
        long removedRecords,
        long replacedSegments,
        long writtenSegments,
        long merges,
        long retiredSegments) {
    public static final UpkeepResult NOTHING = new UpkeepResult(0, 0, 0, 0, 0, 0);

    static UpkeepResult ofCompaction(Compaction.Result done) {
        return done.segmentsAfter() == 0
                ? NOTHING
                : new UpkeepResult(
                        1,
                        done.removedRecords(),
                        done.segmentsBefore(),
                        done.segmentsAfter(),
                        0,
                        0);
    }

    static UpkeepResult ofMerge(int segments) {
        return new UpkeepResult(0, 0, segments, 1, 1, 0);
    }

    static UpkeepResult ofSplitMerge() {
        return new UpkeepResult(0, 0, 0, 0, 1, 0);
    }

    static UpkeepResult ofRetention(int segments) {
        return new UpkeepResult(0, 0, 0, 0, 0, segments);
    }

    UpkeepResult plus(UpkeepResult other) {
        return new UpkeepResult(
                compactions + other.compactions,
                removedRecords + other.removedRecords,
                replacedSegments + other.replacedSegments,
                writtenSegments + other.writtenSegments,
                merges + other.merges,
                retiredSegments + other.retiredSegments);
    }
}
