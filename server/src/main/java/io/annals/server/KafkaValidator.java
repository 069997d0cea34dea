package io.annals.server;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.ConfigKey;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.jspecify.annotations.Nullable;

/// Checks as Kafka does, and says in our words what it allows.
///
/// @param kafkas null if Kafka checks nothing but the type
record KafkaValidator(@Nullable Validator kafkas, ConfigDef.Type type) implements Validator {
    private static final Pattern AT_LEAST = Pattern.compile("\\[(-?\\d+),\\.\\.\\.]");
    private static final Pattern TAG = Pattern.compile("<[^>]*>");

    static KafkaValidator of(ConfigKey key) {
        return new KafkaValidator(key.validator, key.type);
    }

    /// Kafka's documentation without its HTML.
    static String plain(String documentation) {
        return TAG.matcher(documentation).replaceAll("").strip();
    }

    @Override
    public void ensureValid(String name, @Nullable Object value) {
        if (kafkas != null) {
            kafkas.ensureValid(name, value);
        }
    }

    @Override
    public String toString() {
        String allowed = kafkas == null ? "" : kafkas.toString();
        Matcher atLeast = AT_LEAST.matcher(allowed);
        if (atLeast.matches()) {
            return "a whole number, at least " + atLeast.group(1);
        }
        return switch (type) {
            case BOOLEAN -> "true, false";
            case INT, SHORT, LONG -> allowed.isEmpty() ? "a whole number" : allowed;
            case LIST -> "names, separated by commas";
            default -> allowed.isEmpty() ? type.name().toLowerCase(Locale.ROOT) : allowed;
        };
    }
}
