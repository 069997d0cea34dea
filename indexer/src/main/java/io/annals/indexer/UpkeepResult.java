package io.annals.indexer;

/// What upkeep did.
///
/// @param compactions topics compacted
/// @param removedRecords records that compactions took out
/// @param replacedSegments record segments that others took the place of
/// @param writtenSegments record segments written in their place
public record UpkeepResult(
        long compactions, long removedRecords, long replacedSegments, long writtenSegments) {
    public static final UpkeepResult NOTHING = new UpkeepResult(0, 0, 0, 0);

    UpkeepResult plus(UpkeepResult other) {
        return new UpkeepResult(
                compactions + other.compactions,
                removedRecords + other.removedRecords,
                replacedSegments + other.replacedSegments,
                writtenSegments + other.writtenSegments);
    }
}
