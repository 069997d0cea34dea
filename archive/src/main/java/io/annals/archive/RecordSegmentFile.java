package io.annals.archive;

import io.annals.registry.RecordSegment;
import java.nio.file.Path;

/// A record segment that was written to a local file and waits for its upload.
///
/// @param segment its catalogue entry, with the key it must get in the store
/// @param path the local file
/// @param manifest what is in it
public record RecordSegmentFile(RecordSegment segment, Path path, RecordSegmentManifest manifest) {}
