package io.annals.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import io.annals.ingest.LogLevels;
import java.util.SortedMap;
import java.util.TreeMap;
import org.slf4j.LoggerFactory;

/// The levels of Logback's loggers in Kafka's words: the root has a small letter, and what Logback
/// does not know (fatal) is an error.
final class LogbackLevels implements LogLevels {
    private final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();

    @Override
    public SortedMap<String, String> levels() {
        SortedMap<String, String> levels = new TreeMap<>();
        for (Logger logger : context.getLoggerList()) {
            String name = logger.getName();
            levels.put(
                    name.equals(org.slf4j.Logger.ROOT_LOGGER_NAME) ? ROOT : name,
                    logger.getEffectiveLevel().toString());
        }
        return levels;
    }

    @Override
    public void set(String logger, String level) {
        logger(logger).setLevel(Level.toLevel(level, Level.ERROR));
    }

    @Override
    public void reset(String logger) {
        logger(logger).setLevel(null);
    }

    private Logger logger(String name) {
        return context.getLogger(name.equals(ROOT) ? org.slf4j.Logger.ROOT_LOGGER_NAME : name);
    }
}
