package io.annals.server;

import io.annals.query.QueryTopics;
import java.time.Duration;

/// Settings of the queries that are read as topics.
final class QueryTopicSettings {
    private static final String MAX = "annals.query.topics.max";
    private static final String IDLE_MS = "annals.query.topics.idle.ms";
    private static final Duration EXPIRY_INTERVAL = Duration.ofSeconds(10);
    private static final int DEFAULT_MAX = 100;
    private static final int LARGEST_MAX = 10_000;

    private QueryTopicSettings() {}

    static void define(SettingDefinitions definitions) {
        definitions.number(MAX, DEFAULT_MAX, 0, LARGEST_MAX, "Queries open as topics at one time.");
        definitions.number(
                IDLE_MS,
                Duration.ofDays(7).toMillis(),
                1,
                Duration.ofDays(3650).toMillis(),
                "A query that nobody reads for so long is closed; one may ask for less for itself.");
    }

    static QueryTopics.Settings of(Settings settings) {
        return new QueryTopics.Settings(
                Math.toIntExact(settings.number(MAX)), settings.millis(IDLE_MS), EXPIRY_INTERVAL);
    }
}
