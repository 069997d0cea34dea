package io.annals.archive;

/// Why bytes were read from the object store.
public enum ReadPurpose {
    /// Opening an object: hot region, table of contents, footer.
    TAIL,
    /// Somebody waits for the chunk.
    DEMAND,
    /// Somebody will probably ask for the chunk soon.
    READ_AHEAD,
    /// Passing over a whole entry once, without keeping it (verify, rebuild).
    SCAN
}
