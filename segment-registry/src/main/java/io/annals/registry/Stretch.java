package io.annals.registry;

/// What is known of record segments together that follow each other in a partition.
///
/// @param isGapless whether they hold every offset of the extent
/// @param compactedToMs the largest one, see [RecordSegment]
record Stretch(Extent extent, boolean isGapless, long compactedToMs) {

    Stretch and(Stretch behind) {
        return new Stretch(
                extent.and(behind.extent),
                isGapless && behind.isGapless && extent.endOffset() == behind.extent.baseOffset(),
                Math.max(compactedToMs, behind.compactedToMs));
    }
}
