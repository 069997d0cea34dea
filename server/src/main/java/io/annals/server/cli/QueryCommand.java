package io.annals.server.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Opens, lists and closes queries that Kafka consumers read as topics.
@Command(
        name = "query",
        description = "Opens, lists and closes queries that are read as topics.",
        mixinStandardHelpOptions = true,
        subcommands = {
            QueryCommand.Open.class,
            QueryCommand.ListQueries.class,
            QueryCommand.Close.class
        })
final class QueryCommand {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PATH = "/v1/queries";

    @Command(
            name = "open",
            description = "Opens a query and prints the name of its topic.",
            mixinStandardHelpOptions = true)
    static final class Open implements Callable<Integer> {
        @Mixin private ServerOptions server;
        @Mixin private SelectionOptions selection;

        @Option(names = "--as-of", description = "Ingest time: nothing appended later exists.")
        private Optional<String> asOf = Optional.empty();

        @Option(names = "--partition", description = "Repeatable (default: all).")
        private List<Integer> partitions = new ArrayList<>();

        @Option(names = "--follow", description = "Go on with what is written later.")
        private boolean follow;

        @Option(names = "--ttl-ms", description = "Close after so long without a reader.")
        private Optional<Long> ttlMs = Optional.empty();

        @Override
        public Integer call() throws Exception {
            ObjectNode wanted =
                    JSON.createObjectNode()
                            .put("topics", selection.topic())
                            .put("q", selection.query());
            selection.from().ifPresent(value -> wanted.put("from", value));
            selection.to().ifPresent(value -> wanted.put("to", value));
            asOf.ifPresent(value -> wanted.put("as_of", value));
            if (!partitions.isEmpty()) {
                partitions.forEach(wanted.putArray("partition")::add);
            }
            wanted.put("follow", follow);
            ttlMs.ifPresent(value -> wanted.put("ttl_ms", value));
            try (HttpApi api = server.open()) {
                server.print(
                        api.post(PATH, wanted), opened -> opened.path("topic").asText() + "\n");
            }
            return ExitCode.OK;
        }
    }

    @Command(name = "list", description = "Lists open queries.", mixinStandardHelpOptions = true)
    static final class ListQueries implements Callable<Integer> {
        @Mixin private ServerOptions server;

        @Override
        public Integer call() throws Exception {
            return server.show(PATH, ListQueries::text);
        }

        private static String text(JsonNode answer) {
            List<List<String>> rows = new ArrayList<>();
            for (JsonNode query : answer.path("queries")) {
                rows.add(
                        List.of(
                                query.path("topic").asText(),
                                query.path("partitions").size() + "",
                                query.path("follow").asText(),
                                query.path("q").asText()));
            }
            return Table.of(List.of("TOPIC", "PARTITIONS", "FOLLOW", "QUERY"), rows);
        }
    }

    @Command(name = "close", description = "Closes a query.", mixinStandardHelpOptions = true)
    static final class Close implements Callable<Integer> {
        private static final String NAME_PREFIX = "annals.query.";

        @Mixin private ServerOptions server;

        @Parameters(index = "0", paramLabel = "QUERY", description = "Its id or its topic.")
        private String query;

        @Override
        public Integer call() throws Exception {
            String id =
                    query.startsWith(NAME_PREFIX) ? query.substring(NAME_PREFIX.length()) : query;
            try (HttpApi api = server.open()) {
                server.print(
                        api.delete(PATH + "/" + HttpApi.pathPart(id)),
                        closed -> "closed " + closed.path("topic").asText() + "\n");
            }
            return ExitCode.OK;
        }
    }
}
