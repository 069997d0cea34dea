package io.annals.server;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import ch.qos.logback.core.spi.ContextAwareBase;
import org.slf4j.LoggerFactory;

/// Logs to stderr: lines for people, or one JSON object per line. Logback finds it by its service
/// file and so starts with warnings only; the server then chooses level and format.
public final class StderrLogging extends ContextAwareBase implements Configurator {
    private static final String PATTERN =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX, UTC} %-5level %logger{1} - %msg%n";

    /// Libraries that tell at info what is of no use to an operator of Annals.
    private static final String[] CHATTY = {
        "org.apache.kafka",
        "com.linecorp.armeria",
        "io.netty",
        "software.amazon.awssdk",
        "org.apache.hc"
    };

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        apply(context, Level.WARN, false);
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /// @param level `error`, `warn`, `info`, `debug` or `trace`
    public static void use(String level, boolean json) {
        apply((LoggerContext) LoggerFactory.getILoggerFactory(), Level.toLevel(level), json);
    }

    private static void apply(LoggerContext context, Level level, boolean json) {
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setName("stderr");
        appender.setTarget("System.err");
        appender.setEncoder(json ? json(context) : plain(context));
        appender.start();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.detachAndStopAllAppenders();
        root.addAppender(appender);
        root.setLevel(level);
        for (String name : CHATTY) {
            context.getLogger(name)
                    .setLevel(level.isGreaterOrEqual(Level.INFO) ? Level.WARN : level);
        }
    }

    private static Encoder<ILoggingEvent> plain(LoggerContext context) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        return encoder;
    }

    private static Encoder<ILoggingEvent> json(LoggerContext context) {
        JsonEncoder encoder = new JsonEncoder();
        encoder.setContext(context);
        encoder.start();
        return encoder;
    }
}
