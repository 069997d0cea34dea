package io.annals.server;

import io.annals.protocol.HostAndPort;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/// Accepts one listener in Kafka's notation, `PLAINTEXT://HOST:PORT`.
record ListenerValidator(boolean mayBeEmpty) implements ConfigDef.Validator {
    private static final Pattern LISTENER =
            Pattern.compile("PLAINTEXT://(\\[[0-9a-fA-F:.%]+]|[^\\[\\]:/,\\s]+):([0-9]{1,5})");
    static final int MAX_PORT = 65_535;

    @Override
    public void ensureValid(String name, @Nullable Object value) {
        String text = String.valueOf(value);
        if (mayBeEmpty && text.isEmpty()) {
            return;
        }
        Matcher matcher = LISTENER.matcher(text);
        if (!matcher.matches() || Integer.parseInt(matcher.group(2)) > MAX_PORT) {
            throw new ConfigException(name, value, "must be " + this);
        }
    }

    /// Host (brackets of an IPv6 address taken off) and port of a valid listener.
    static HostAndPort parse(String listener) {
        Matcher matcher = LISTENER.matcher(listener);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a listener: " + listener);
        }
        String host = matcher.group(1);
        boolean bracketed = host.startsWith("[");
        return new HostAndPort(
                bracketed ? host.substring(1, host.length() - 1) : host,
                Integer.parseInt(matcher.group(2)));
    }

    /// Whether it stands for all addresses of the machine.
    static boolean isWildcard(HostAndPort address) {
        return address.host().equals("0.0.0.0") || address.host().equals("::");
    }

    static String format(HostAndPort address) {
        return "PLAINTEXT://" + address;
    }

    @Override
    public String toString() {
        return "PLAINTEXT://HOST:PORT, port 0 to 65535" + (mayBeEmpty ? ", or empty" : "");
    }
}
