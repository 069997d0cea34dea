package io.annals.server.cli;

import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Which records of which topics are looked for.
final class SelectionOptions {
    @Parameters(
            index = "0",
            paramLabel = "TOPIC",
            description = "A topic, several as a,b or a pattern.")
    private String topic;

    @Parameters(
            index = "1",
            paramLabel = "QUERY",
            defaultValue = "*",
            description = "Such as: error AND service:billing (default: everything).")
    private String query;

    @Option(names = "--from", description = "Event time, ISO-8601 or epoch ms, inclusive.")
    private Optional<String> from = Optional.empty();

    @Option(names = "--to", description = "Event time, exclusive.")
    private Optional<String> to = Optional.empty();

    String topic() {
        return topic;
    }

    String query() {
        return query;
    }

    Optional<String> from() {
        return from;
    }

    Optional<String> to() {
        return to;
    }
}
