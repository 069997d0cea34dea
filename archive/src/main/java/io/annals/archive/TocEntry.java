package io.annals.archive;

/// One tar entry as the table of contents describes it.
///
/// @param position of the entry's first gzip member in the object
record TocEntry(
        int index,
        String name,
        long sizeBytes,
        EntryCodec codec,
        long position,
        ChunkTable chunks) {

    /// Position after the entry's last gzip member.
    long endPosition() {
        return position + chunks.storedBytes();
    }

    SeekableTar.Entry view() {
        return new SeekableTar.Entry(index, name, sizeBytes);
    }

    /// For messages: the entry, the chunk, and where it lies.
    String where(int chunk) {
        return "entry %s chunk %d at position %d"
                .formatted(name, chunk, position + chunks.storedStart(chunk));
    }
}
