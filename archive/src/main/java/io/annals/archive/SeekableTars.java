package io.annals.archive;

import io.annals.registry.ArchiveObject;
import java.io.IOException;

/// Opens archive objects with one ranged read of their tail, and keeps what it opened (bounded).
public interface SeekableTars {

    /// @throws CorruptObjectException if footer or table of contents do not fit
    SeekableTar open(ArchiveObject object) throws IOException;
}
