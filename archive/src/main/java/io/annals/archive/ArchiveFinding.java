package io.annals.archive;

import io.annals.registry.CorruptRegistryException;
import io.annals.registry.ObjectKeys;
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
        /// The catalogue does not have the hash of the whole object; what is in it is as its own
        /// manifest says.
        UNHASHED,
        /// No generation refers to it: left over by a crash or a replacement; the sweep's business.
        LEFTOVER
    }

    /// Whether somebody must look at it.
    public boolean isProblem() {
        return switch (kind) {
            case MISSING, DAMAGED, UNREADABLE, CONFLICT, UNEXPECTED -> true;
            case UNHASHED, LEFTOVER -> false;
        };
    }

    /// What an operator can do about it.
    public String cure() {
        return switch (kind) {
            case MISSING, DAMAGED -> cureOfLoss();
            case UNREADABLE ->
                    "verify again when the store answers; if a newer program wrote it, verify with"
                            + " that";
            case CONFLICT -> "look at both objects; nothing was overwritten";
            case UNEXPECTED -> "find out who put it there, then move or delete it";
            case UNHASHED -> "annals registry rebuild --full reads it and notes its hash";
            case LEFTOVER -> "nothing to do: the server sweeps it when its grace time is over";
        };
    }

    private String cureOfLoss() {
        if (key.startsWith(ObjectKeys.SEGMENTS)) {
            return "put it back from a backup or an older version in the bucket: its records are"
                    + " in no other object";
        }
        if (key.startsWith(ObjectKeys.SPLITS)) {
            return "put it back from a backup or an older version in the bucket; until then"
                    + " searches of its records say that they are incomplete, fetches do not need"
                    + " it";
        }
        if (key.startsWith(ObjectKeys.TOPICS)) {
            return kind == Kind.MISSING
                    ? "start the server, which writes what a crash left out; otherwise put it back"
                            + " from a backup"
                    : "put it back from a backup; only a rebuild of the registry needs it";
        }
        return "stop the server and run: annals registry rebuild";
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
