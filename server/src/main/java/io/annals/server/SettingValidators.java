package io.annals.server;

import java.util.List;
import org.apache.kafka.common.config.ConfigDef.Validator;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/// What values settings can have. Validators say what they allow by their `toString`.
final class SettingValidators {
    private SettingValidators() {}

    record WholeNumber(long least, long most) implements Validator {
        @Override
        public void ensureValid(String name, @Nullable Object value) {
            if (!(value instanceof Number number)
                    || number.longValue() < least
                    || number.longValue() > most) {
                throw new ConfigException(name, value, "must be " + this);
            }
        }

        @Override
        public String toString() {
            return most == Long.MAX_VALUE || most == Integer.MAX_VALUE
                    ? "a whole number, at least " + least
                    : "a whole number, %d to %d".formatted(least, most);
        }
    }

    /// A path, or nothing.
    record Folder() implements Validator {
        @Override
        public void ensureValid(String name, @Nullable Object value) {
            if (("" + value).indexOf('\0') >= 0) {
                throw new ConfigException(name, value, "must be " + this);
            }
        }

        @Override
        public String toString() {
            return "a path, or empty";
        }
    }

    record Share() implements Validator {
        @Override
        public void ensureValid(String name, @Nullable Object value) {
            if (!(value instanceof Double share) || !(share >= 0 && share < 1)) {
                throw new ConfigException(name, value, "must be " + this);
            }
        }

        @Override
        public String toString() {
            return "a number, 0 to below 1";
        }
    }

    record Choice(List<String> choices) implements Validator {
        @Override
        public void ensureValid(String name, @Nullable Object value) {
            if (value == null || !choices.contains(value.toString())) {
                throw new ConfigException(name, value, "must be one of " + this);
            }
        }

        @Override
        public String toString() {
            return String.join(", ", choices);
        }
    }

    record Flag() implements Validator {
        @Override
        public void ensureValid(String name, @Nullable Object value) {
            if (!(value instanceof Boolean)) {
                throw new ConfigException(name, value, "must be one of " + this);
            }
        }

        @Override
        public String toString() {
            return "true, false";
        }
    }
}
