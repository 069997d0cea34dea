package io.annals.server.cli;

import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Reads records of one partition by offset, wherever they are.
@Command(
        name = "records",
        description = "Reads records of a partition.",
        mixinStandardHelpOptions = true)
final class RecordsCommand implements Callable<Integer> {
    @Mixin private ServerOptions server;
    @Mixin private ViewOptions view;

    @Parameters(index = "0", paramLabel = "TOPIC")
    private String topic;

    @Option(names = "--partition", defaultValue = "0", description = "Default: ${DEFAULT-VALUE}.")
    private int partition;

    @Option(names = "--offset", description = "First offset (default: the first there is).")
    private Optional<Long> offset = Optional.empty();

    @Option(names = "--max", description = "At most this many.")
    private Optional<Integer> max = Optional.empty();

    @Override
    public Integer call() throws Exception {
        String path =
                "/v1/topics/%s/partitions/%d/records%s"
                        .formatted(
                                HttpApi.pathPart(topic),
                                partition,
                                view.addTo(
                                        new HttpApi.Query()
                                                .with("offset", offset)
                                                .with("max", max)));
        return server.show(path, answer -> RecordTable.of(answer.path("records")));
    }
}
