package io.annals.archive;

import io.annals.registry.ArchiveObject;
import java.io.IOException;

/// Opens archive objects with one ranged read of their tail, and keeps what it opened (bounded).
public interface SeekableTars {

    /// @throws CorruptObjectException if footer or table of contents do not fit
    /// @throws TooNewObjectException if a newer program wrote the object
    /// @throws NoSuchObjectException if it is not there
    SeekableTar open(ArchiveObject object) throws IOException;

    /// Opens an object of which only the key is known (rebuild, verify): asks for its size, guesses
    /// its tail, and reads once more if the guess was short. Its [SeekableTar#object] has no hash,
    /// and it is not kept.
    SeekableTar open(String key) throws IOException;

    /// As above, of an object whose size is known, too: reads as little as the table of contents
    /// needs, for those who want its manifest only.
    SeekableTar open(String key, long sizeBytes) throws IOException;
}
