package io.annals.archive;

import io.annals.registry.CorruptRegistryException;
import java.util.Comparator;

/// Something that is not as it should be with one object, for people to read.
///
/// @param key of the object
/// @param detail what was expected and what was found
public record ArchiveFinding(Kind kind, String key, String detail)
        implements Comparable<ArchiveFinding> {

    /// From worst to harmless.
    public enum Kind {
        /// The catalogue has it, the store does not.
        MISSING,
        /// Its bytes are not what was written.
        DAMAGED,
        /// It could not be read, or a newer program wrote it: nothing is known about it.
        UNREADABLE,
        /// It contradicts something else, and had to be resolved.
        CONFLICT,
        /// No program of this version writes under such a key.
        UNEXPECTED,
        /// No generation refers to it: left over by a crash or a replacement; the sweep's business.
        LEFTOVER
    }

    /// Whether somebody must look at it.
    public boolean isProblem() {
        return kind != Kind.LEFTOVER;
    }

    /// What a failure to read an object says about it.
    static ArchiveFinding of(String key, Exception failure) {
        Kind kind =
                switch (failure) {
                    case NoSuchObjectException _ -> Kind.MISSING;
                    case CorruptObjectException _, CorruptRegistryException _ -> Kind.DAMAGED;
                    default -> Kind.UNREADABLE;
                };
        return new ArchiveFinding(kind, key, failure.toString());
    }

    @Override
    public int compareTo(ArchiveFinding other) {
        return Comparator.comparing(ArchiveFinding::kind)
                .thenComparing(ArchiveFinding::key)
                .thenComparing(ArchiveFinding::detail)
                .compare(this, other);
    }
}
