package io.annals.wal;

/// @param usedBytes bytes of all WAL segments on disk
/// @param maxBytes bound above which appends are refused
public record WalUsage(long usedBytes, long maxBytes) {

    /// Share of the bound in use, 0 to 1 (and beyond while segments are being sealed).
    public double fraction() {
        return (double) usedBytes / maxBytes;
    }
}
