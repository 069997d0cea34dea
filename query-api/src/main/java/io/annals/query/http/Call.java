package io.annals.query.http;

import io.annals.query.PointInTime;
import io.annals.query.RefusedException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/// One request: the variable parts of its path, its query parameters and its body. Every accessor
/// refuses what is not allowed, naming the parameter.
///
/// @param path variable parts of the route
/// @param query decoded parameters
/// @param body not to be changed; empty unless the route takes one
public record Call(Map<String, String> path, Map<String, List<String>> query, byte[] body) {

    public Call {
        path = Map.copyOf(path);
        query = Map.copyOf(query);
    }

    /// Without a body.
    public Call(Map<String, String> path, Map<String, List<String>> query) {
        this(path, query, new byte[0]);
    }

    /// Refuses parameters that the route does not know, so that no typing error goes unnoticed.
    void allow(Set<String> names) throws RefusedException {
        for (String name : query.keySet()) {
            if (!names.contains(name)) {
                throw RefusedException.invalid(
                        name,
                        names.isEmpty()
                                ? "there is no parameter '%s', none is allowed".formatted(name)
                                : "there is no parameter '%s', allowed are %s"
                                        .formatted(
                                                name,
                                                String.join(
                                                        ", ", names.stream().sorted().toList())));
            }
        }
    }

    String part(String name) {
        return path.getOrDefault(name, "");
    }

    /// The values of a parameter that may be repeated.
    List<String> all(String name) {
        return query.getOrDefault(name, List.of());
    }

    Optional<String> text(String name) throws RefusedException {
        List<String> values = all(name);
        if (values.size() > 1) {
            throw RefusedException.invalid(
                    name, "'%s' is given %d times, once is allowed".formatted(name, values.size()));
        }
        return values.stream().findFirst();
    }

    OptionalLong number(String name, long min, long max) throws RefusedException {
        Optional<String> text = text(name);
        return text.isEmpty()
                ? OptionalLong.empty()
                : OptionalLong.of(parse(name, text.get(), min, max));
    }

    OptionalInt small(String name, int min, int max) throws RefusedException {
        OptionalLong number = number(name, min, max);
        return number.isEmpty()
                ? OptionalInt.empty()
                : OptionalInt.of(Math.toIntExact(number.getAsLong()));
    }

    static long parse(String name, String text, long min, long max) throws RefusedException {
        try {
            long value = Long.parseLong(text);
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException _) {
            // refused below
        }
        String allowed =
                max == Long.MAX_VALUE
                        ? "a whole number from %d on".formatted(min)
                        : "a whole number from %d to %d".formatted(min, max);
        throw RefusedException.invalid(name, "'%s' is not allowed, %s is".formatted(text, allowed));
    }

    /// A time in epoch milliseconds; a date alone is its first moment.
    OptionalLong time(String name) throws RefusedException {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(
                PointInTime.parse(text.get())
                        .orElseThrow(() ->
                                RefusedException.invalid(
                                        name,
                                        "'%s' is no time; allowed are %s"
                                                .formatted(text.get(), PointInTime.ALLOWED)))
                        .fromMs());
    }

    /// A parameter without a value is true.
    boolean flag(String name) throws RefusedException {
        String text = text(name).orElse("false");
        return switch (text) {
            case "true", "" -> true;
            case "false" -> false;
            default ->
                    throw RefusedException.invalid(
                            name, "'%s' is not allowed, true or false is".formatted(text));
        };
    }
}
