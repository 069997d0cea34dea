package io.annals.indexer;

/// Bounds on what one index takes from records. What lies outside of them is counted
/// ([DocumentWriter.Counts]); its words stay searchable in all of the value.
///
/// @param maxPaths distinct JSON paths and header names with fields of their own, per index
/// @param maxDepth nesting up to which names make up a path; deeper leaves belong to the path there
/// @param maxValueBytes bytes of a value that are indexed; a longer value is plain text, cut off
/// @param maxHeaders headers of a record that are indexed
public record MappingLimits(int maxPaths, int maxDepth, int maxValueBytes, int maxHeaders) {
    public static final MappingLimits DEFAULT = new MappingLimits(1_000, 20, 1 << 20, 100);

    public MappingLimits {
        if (maxPaths < 1 || maxDepth < 1 || maxValueBytes < 1 || maxHeaders < 0) {
            throw new IllegalArgumentException("mapping limits must be positive");
        }
    }
}
