package io.annals.archive;

/// How the bytes of a tar entry are put into gzip members.
public enum EntryCodec {
    /// One gzip member per chunk; chunks that deflate does not shrink are stored.
    GZ("gz"),
    /// One gzip member of stored blocks: positions are found by arithmetic, nothing is inflated.
    RAW("raw");

    private final String label;

    EntryCodec(String label) {
        this.label = label;
    }

    /// Its name in the table of contents.
    String label() {
        return label;
    }
}
