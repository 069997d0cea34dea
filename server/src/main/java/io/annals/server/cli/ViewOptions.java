package io.annals.server.cli;

import java.util.Optional;
import picocli.CommandLine.Option;

/// Which of the records there are count as there.
final class ViewOptions {
    @Option(
            names = "--isolation",
            description =
                    "read_committed (default) or read_uncommitted: also open and aborted"
                            + " transactions.")
    private Optional<String> isolation = Optional.empty();

    @Option(names = "--as-of", description = "Ingest time: nothing appended later exists.")
    private Optional<String> asOf = Optional.empty();

    HttpApi.Query addTo(HttpApi.Query query) {
        return query.with("as_of", asOf).with("isolation", isolation);
    }
}
