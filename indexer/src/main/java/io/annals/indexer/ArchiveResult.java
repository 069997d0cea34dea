package io.annals.indexer;

/// What was archived.
///
/// @param walSegments WAL segments archived as a whole
/// @param recordSegments record segments committed
/// @param splits index splits committed
/// @param records records in them, control records included
/// @param sourceBytes batches as sent
/// @param objectBytes record segments and splits as stored
public record ArchiveResult(
        long walSegments,
        long recordSegments,
        long splits,
        long records,
        long sourceBytes,
        long objectBytes) {
    public static final ArchiveResult NOTHING = new ArchiveResult(0, 0, 0, 0, 0, 0);

    ArchiveResult plus(ArchiveResult other) {
        return new ArchiveResult(
                walSegments + other.walSegments,
                recordSegments + other.recordSegments,
                splits + other.splits,
                records + other.records,
                sourceBytes + other.sourceBytes,
                objectBytes + other.objectBytes);
    }
}
