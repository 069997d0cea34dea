package io.annals.server;

import io.annals.protocol.HostAndPort;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/// Accepts listeners in Kafka's notation, `NAME://HOST:PORT`, separated by commas. Without a host
/// it means all interfaces.
record ListenerValidator(boolean mayBeEmpty) implements ConfigDef.Validator {
    private static final Pattern LISTENER =
            Pattern.compile(
                    "([A-Za-z0-9_.-]+)://(\\[[0-9a-fA-F:.%]+]|[^\\[\\]:/,\\s]*):([0-9]{1,5})");
    static final int MAX_PORT = 65_535;

    /// One of them.
    ///
    /// @param name upper case, as Kafka keeps it
    record Named(String name, HostAndPort address) {

        @Override
        public String toString() {
            return name + "://" + address;
        }
    }

    @Override
    public void ensureValid(String name, @Nullable Object value) {
        String text = String.valueOf(value);
        if (mayBeEmpty && text.isEmpty()) {
            return;
        }
        for (String one : text.split(",", -1)) {
            Matcher matcher = LISTENER.matcher(one.strip());
            if (!matcher.matches() || Integer.parseInt(matcher.group(3)) > MAX_PORT) {
                throw new ConfigException(name, value, "must be " + this);
            }
        }
    }

    /// The listeners of a valid text, brackets of IPv6 addresses taken off.
    static List<Named> parse(String listeners) {
        return listeners.isEmpty()
                ? List.of()
                : Arrays.stream(listeners.split(",", -1))
                        .map(String::strip)
                        .map(ListenerValidator::parseOne)
                        .toList();
    }

    private static Named parseOne(String listener) {
        Matcher matcher = LISTENER.matcher(listener);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a listener: " + listener);
        }
        String host = matcher.group(2);
        boolean bracketed = host.startsWith("[");
        return new Named(
                matcher.group(1).toUpperCase(Locale.ROOT),
                new HostAndPort(
                        bracketed ? host.substring(1, host.length() - 1) : host,
                        Integer.parseInt(matcher.group(3))));
    }

    /// Whether it stands for all addresses of the machine.
    static boolean isWildcard(HostAndPort address) {
        return address.host().isEmpty()
                || address.host().equals("0.0.0.0")
                || address.host().equals("::");
    }

    static String format(List<Named> listeners) {
        return listeners.stream().map(Named::toString).collect(Collectors.joining(","));
    }

    @Override
    public String toString() {
        return "NAME://HOST:PORT, port 0 to 65535, several separated by commas"
                + (mayBeEmpty ? ", or empty" : "");
    }
}
