package io.annals.archive;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;

/// Notices who reads a record segment in order, and starts loading what comes next.
///
/// A read that begins where an earlier one ended continues it: its window is twice what was read,
/// and doubles up to [#MAX_WINDOW_BYTES]. When a quarter of the window is used up, as much is asked
/// for with one hint: requests stay large, and several are on their way or being unpacked at one
/// time, so that a fast reader waits neither for the network nor for one thread. Any number of
/// readers of one partition are told apart by where they stand; the least recently seen are
/// forgotten. A reader for whom everything up to the end was asked for is [#isLeaving]: whoever
/// knows the segment that follows lets them [#enter] it with their window.
///
/// Thread-safe.
final class ReadAhead {
    static final long MIN_WINDOW_BYTES = 512 * 1024;
    static final long MAX_WINDOW_BYTES = 16 * 1024 * 1024;

    private static final int MAX_READERS = 4096;

    private final Cache<Place, Run> runs =
            Caffeine.newBuilder().maximumSize(MAX_READERS).executor(Runnable::run).build();

    /// A read was answered.
    ///
    /// @param from where it began
    /// @param to where the following read of the same reader begins
    /// @param endPosition byte position of `to` in `entry`
    void read(Place from, Place to, SeekableTar tar, SeekableTar.Entry entry, long endPosition) {
        Run before = runs.asMap().remove(from);
        if (before == null) {
            runs.put(to, new Run(0, endPosition, endPosition, entry.sizeBytes()));
            return;
        }
        long readOn = 2 * Math.max(before.windowBytes, endPosition - before.endPosition);
        long window = Math.clamp(readOn, MIN_WINDOW_BYTES, MAX_WINDOW_BYTES);
        long loaded = Math.max(before.loadedTo, endPosition);
        if (loaded - endPosition <= window / 4 * 3 && loaded < entry.sizeBytes()) {
            long target = Math.min(entry.sizeBytes(), endPosition + window);
            tar.prefetch(entry, loaded, target - loaded);
            loaded = target;
        }
        runs.put(to, new Run(window, endPosition, loaded, entry.sizeBytes()));
    }

    /// Whether somebody who reads in order stands here, and nothing more of the segment is to be
    /// asked for.
    boolean isLeaving(Place at) {
        Run run = runs.getIfPresent(at);
        return run != null && run.windowBytes > 0 && run.loadedTo >= run.entryBytes;
    }

    /// Somebody who leaves another segment will go on here.
    ///
    /// @return false if that was known
    boolean enter(Place at, Place before) {
        Run run = runs.getIfPresent(before);
        return run != null
                && runs.asMap().putIfAbsent(at, new Run(run.windowBytes, 0, 0, Long.MAX_VALUE))
                        == null;
    }

    /// Loads the first window of who has entered here.
    void load(Place at, SeekableTar tar, SeekableTar.Entry entry, long position) {
        runs.asMap()
                .computeIfPresent(
                        at,
                        (_, run) -> {
                            long target = Math.min(entry.sizeBytes(), position + run.windowBytes);
                            tar.prefetch(entry, position, target - position);
                            return new Run(run.windowBytes, position, target, entry.sizeBytes());
                        });
    }

    /// Where a reader stands.
    record Place(String segmentId, int partition, long offset) {}

    /// @param endPosition of the last read
    /// @param loadedTo position up to which chunks were asked for
    private record Run(long windowBytes, long endPosition, long loadedTo, long entryBytes) {}
}
