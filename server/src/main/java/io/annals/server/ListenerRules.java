package io.annals.server;

import io.annals.protocol.HostAndPort;
import io.annals.protocol.Listener;
import io.annals.server.ListenerValidator.Named;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/// What must hold between `listeners`, `advertised.listeners` and `listener.security.protocol.map`.
final class ListenerRules {
    static final String DEFAULT_PROTOCOLS = "PLAINTEXT:PLAINTEXT";

    private final List<Named> listeners;
    private final Map<String, HostAndPort> advertised = new HashMap<>();
    private final List<String> problems = new ArrayList<>();

    /// @param protocols `NAME:PLAINTEXT` pairs
    ListenerRules(String listeners, String advertised, String protocols) {
        this.listeners = ListenerValidator.parse(listeners);
        Map<String, HostAndPort> bound = new HashMap<>();
        for (Named one : this.listeners) {
            if (bound.putIfAbsent(one.name(), one.address()) != null) {
                problems.add("listeners names %s twice".formatted(one.name()));
            }
            if (!names(protocols).contains(one.name())) {
                problems.add(
                        "listener %s is not in listener.security.protocol.map"
                                .formatted(one.name()));
            }
        }
        for (Named one : ListenerValidator.parse(advertised)) {
            if (this.advertised.putIfAbsent(one.name(), one.address()) != null) {
                problems.add("advertised.listeners names %s twice".formatted(one.name()));
            }
            if (!bound.containsKey(one.name())) {
                problems.add(
                        "advertised.listeners names %s, which is not in listeners"
                                .formatted(one.name()));
            }
        }
        for (Named one : this.listeners) {
            Named told = new Named(one.name(), told(one));
            if (ListenerValidator.isWildcard(told.address())) {
                problems.add(
                        "clients cannot connect to %s; set advertised.listeners to an address of this machine"
                                .formatted(told));
            }
        }
    }

    private HostAndPort told(Named listener) {
        return advertised.getOrDefault(listener.name(), listener.address());
    }

    private static List<String> names(String protocols) {
        return Arrays.stream(protocols.split(",", -1))
                .map(pair -> pair.strip().split(":", -1)[0])
                .toList();
    }

    /// What is wrong, for the operator; empty if nothing is.
    List<String> problems() {
        return problems;
    }

    List<Listener> listeners() {
        return listeners.stream()
                .map(one ->
                        new Listener(
                                one.name(),
                                one.address(),
                                Optional.ofNullable(advertised.get(one.name()))))
                .toList();
    }

    /// Accepts `NAME:PLAINTEXT` pairs, the only protocol there is yet.
    record ProtocolMap() implements ConfigDef.Validator {
        private static final Pattern PAIR = Pattern.compile("[A-Z0-9_.-]+:PLAINTEXT");

        @Override
        public void ensureValid(String name, @Nullable Object value) {
            for (String pair : String.valueOf(value).split(",", -1)) {
                if (!PAIR.matcher(pair.strip()).matches()) {
                    throw new ConfigException(name, value, "must be " + this);
                }
            }
        }

        @Override
        public String toString() {
            return "NAME:PLAINTEXT, several separated by commas";
        }
    }
}
