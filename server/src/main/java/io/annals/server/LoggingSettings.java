package io.annals.server;

import java.util.List;

/// Settings of what is logged, and how.
final class LoggingSettings {
    private static final String LOG_LEVEL = "annals.log.level";
    private static final String LOG_FORMAT = "annals.log.format";

    private LoggingSettings() {}

    static void define(SettingDefinitions definitions) {
        definitions.section("Logging");
        definitions.choice(
                LOG_LEVEL,
                List.of("info", "error", "warn", "debug", "trace"),
                "Least level that is logged, to stderr.");
        definitions.choice(
                LOG_FORMAT,
                List.of("plain", "json"),
                "`plain` for people, `json` for one JSON object per line.");
    }

    static String level(Settings settings) {
        return settings.text(LOG_LEVEL);
    }

    static boolean isJson(Settings settings) {
        return settings.text(LOG_FORMAT).equals("json");
    }
}
