package io.annals.query;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/// A read that is not answered, for a reason its caller can understand: what was asked for is
/// wrong, unknown, gone, or cannot be had in full. Says which parameter is concerned and what is
/// allowed.
public final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    /// Why, as far as a caller would act differently.
    public enum Reason {
        /// A parameter's value is not allowed.
        INVALID_PARAMETER,
        UNKNOWN_TOPIC,
        UNKNOWN_PARTITION,
        /// No record has the key.
        UNKNOWN_KEY,
        /// The topic is not indexed (`annals.index.enable=false`).
        NOT_INDEXED,
        /// The registry generation is unknown, or its objects are disposed of.
        GENERATION_GONE,
        /// A time before a compaction.
        COMPACTED,
        OFFSET_OUT_OF_RANGE,
        /// `min_offset` did not become searchable in time.
        NOT_YET_SEARCHABLE,
        /// A complete answer was required, and part of the data could not be searched.
        INCOMPLETE,
        /// Too many searches at once.
        TOO_BUSY,
        /// No query is open under this id.
        UNKNOWN_QUERY,
        /// As many queries are open as may be.
        TOO_MANY_QUERIES
    }

    private final Reason reason;
    private final String parameter;
    private final int position;
    private final transient List<Coverage.Hole> holes;

    public RefusedException(Reason reason, String parameter, String message) {
        this(reason, parameter, message, -1, List.of());
    }

    private RefusedException(
            Reason reason,
            String parameter,
            String message,
            int position,
            List<Coverage.Hole> holes) {
        super(message);
        this.reason = reason;
        this.parameter = parameter;
        this.position = position;
        this.holes = holes;
    }

    public static RefusedException invalid(String parameter, String message) {
        return new RefusedException(Reason.INVALID_PARAMETER, parameter, message);
    }

    /// @param position index of the character in the query string that is at fault
    static RefusedException invalidQuery(String message, int position) {
        return new RefusedException(Reason.INVALID_PARAMETER, "q", message, position, List.of());
    }

    /// @param parameter that names the generation
    public static RefusedException generationGone(String parameter, long generation, long newest) {
        return new RefusedException(
                Reason.GENERATION_GONE,
                parameter,
                "generation %d is unknown or no longer kept; the newest is %d"
                        .formatted(generation, newest));
    }

    static RefusedException incomplete(List<Coverage.Hole> holes) {
        return new RefusedException(
                Reason.INCOMPLETE,
                "",
                "the answer would be incomplete: "
                        + holes.getFirst()
                        + (holes.size() == 1 ? "" : " and %d more".formatted(holes.size() - 1)),
                -1,
                List.copyOf(holes));
    }

    public Reason reason() {
        return reason;
    }

    /// The parameter at fault, empty if none is.
    public Optional<String> parameter() {
        return parameter.isEmpty() ? Optional.empty() : Optional.of(parameter);
    }

    /// Index of the offending character of the query string, empty if there is no single one.
    public OptionalInt position() {
        return position < 0 ? OptionalInt.empty() : OptionalInt.of(position);
    }

    /// What could not be searched, empty unless that is the reason.
    public List<Coverage.Hole> holes() {
        return holes;
    }
}
