package io.annals.archive;

import io.annals.registry.ArchiveObject;
import java.nio.file.Path;

/// An archive object that was written to a local file and waits for its upload.
///
/// @param path the local file
/// @param sizeBytes whole object
/// @param tailPosition byte position where the tail starts (hot region, table of contents, footer)
/// @param sha256 of the whole object, lower-case hex
public record ArchiveFile(Path path, long sizeBytes, long tailPosition, String sha256) {

    /// The same object under its key in the store.
    public ArchiveObject at(String key) {
        return new ArchiveObject(key, sizeBytes, tailPosition, sha256);
    }
}
