package io.annals.wal;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// What was found when the log was opened.
///
/// @param segments every segment that was scanned or in which something was wrong
/// @param notes other irregularities: damaged sidecars and checkpoints, missing segments
public record WalRecovery(List<SegmentReport> segments, List<String> notes, Duration elapsed) {

    public long scannedBytes() {
        return segments.stream().mapToLong(SegmentReport::scannedBytes).sum();
    }

    public long tornBytes() {
        return segments.stream().mapToLong(SegmentReport::tornBytes).sum();
    }

    /// Nothing was torn, damaged or missing.
    public boolean clean() {
        return notes.isEmpty()
                && segments.stream().allMatch(s -> s.tornBytes() == 0 && s.damage().isEmpty());
    }

    /// @param scannedBytes bytes whose frames were checked
    /// @param tornBytes bytes cut from the end, behind which nothing was valid
    /// @param tornCopy where those bytes were saved
    public record SegmentReport(
            Path file,
            long scannedBytes,
            long tornBytes,
            Optional<Path> tornCopy,
            List<Damage> damage) {}

    /// A range `[position, endPosition)` that holds no valid frame though valid frames follow. It
    /// stays in the file, is never served, and was copied to `copy`.
    public record Damage(long position, long endPosition, Path copy, String message) {}
}
