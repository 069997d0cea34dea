package io.annals.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What `kafka-configs --entity-type broker-loggers` does.
class LoggerSettingsTest {
    private static final ConfigResource LOGGERS =
            new ConfigResource(ConfigResource.Type.BROKER_LOGGER, "1");

    @TempDir private Path directory;
    private TestNode node;
    private Admin admin;

    @BeforeEach
    void start() throws IOException {
        node = new TestNode(directory, TestNode.Options.defaults());
        admin = node.admin();
    }

    @AfterEach
    void stop() throws IOException {
        admin.close();
        node.close();
    }

    private Config loggers() throws Exception {
        return Objects.requireNonNull(
                admin.describeConfigs(Set.of(LOGGERS)).all().get().get(LOGGERS));
    }

    private String level(String logger) throws Exception {
        return loggers().get(logger).value();
    }

    private void alter(ConfigResource resource, OpType type, String logger, String level)
            throws Exception {
        admin.incrementalAlterConfigs(
                        Map.of(
                                resource,
                                List.of(new AlterConfigOp(new ConfigEntry(logger, level), type))))
                .all()
                .get();
    }

    @Test
    void a_loggers_level_is_changed_and_taken_back() throws Exception {
        assertThat(level(LogLevels.ROOT)).isEqualTo("INFO");
        alter(LOGGERS, OpType.SET, TwoLoggers.BELOW, "DEBUG");
        assertThat(level(TwoLoggers.BELOW)).isEqualTo("DEBUG");
        alter(LOGGERS, OpType.DELETE, TwoLoggers.BELOW, "");
        assertThat(level(TwoLoggers.BELOW)).isEqualTo("INFO");
        assertThat(loggers().entries())
                .allMatch(entry ->
                        entry.source() == ConfigEntry.ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG)
                .noneMatch(ConfigEntry::isReadOnly);
    }

    @Test
    void what_cannot_be_is_refused_with_kafkas_errors() {
        assertRefused(LOGGERS, OpType.SET, "nobody", "DEBUG", InvalidConfigurationException.class);
        assertRefused(
                LOGGERS, OpType.SET, LogLevels.ROOT, "LOUD", InvalidConfigurationException.class);
        assertRefused(LOGGERS, OpType.DELETE, LogLevels.ROOT, "", InvalidRequestException.class);
        assertRefused(
                LOGGERS, OpType.APPEND, LogLevels.ROOT, "DEBUG", InvalidRequestException.class);
    }

    private void assertRefused(
            ConfigResource resource,
            OpType type,
            String logger,
            String level,
            Class<? extends Throwable> cause) {
        assertThatThrownBy(() -> alter(resource, type, logger, level))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(cause);
    }
}
