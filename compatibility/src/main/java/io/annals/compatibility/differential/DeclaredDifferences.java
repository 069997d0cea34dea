package io.annals.compatibility.differential;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// What may differ between the two servers, each with its reason. Everything else is a defect.
final class DeclaredDifferences {
    private static final String ANY = ".*";
    private static final String DRAWN =
            "\".+\" \\| \".+\"|[1-9]\\d* \\| [1-9]\\d*|0 \\| \\d+|\\d+ \\| 0";

    /// What may differ, as in the table of `docs/compatibility.md`.
    static final List<Declared> ALL =
            List.of(
                    new Declared(
                            ANY,
                            "/throttle_time_ms",
                            ANY,
                            "how long a server asks to wait is its own"),
                    new Declared(
                            "METADATA|DESCRIBE_CLUSTER|FIND_COORDINATOR|PRODUCE|FETCH|.*GROUP.*",
                            ".*/(host|port|cluster_id|rack|client_host)",
                            ANY,
                            "addresses and the cluster's id are drawn or configured"),
                    new Declared(
                            ANY,
                            ".*/(topic_id|member_id|producer_id|session_id)",
                            DRAWN,
                            "drawn at random by each server"),
                    new Declared(
                            "API_VERSIONS",
                            "/api_keys.*|/(supported|finalized)_features.*",
                            ANY,
                            "what is served is in the table of docs/kafka-protocol.md"),
                    new Declared(
                            "DESCRIBE_CONFIGS",
                            ".*/documentation",
                            "\".+\" \\| \".+\"",
                            "what a setting does here is described in our words"),
                    new Declared(
                            "CREATE_TOPICS|DESCRIBE_CONFIGS",
                            ".*configs\\[\\]",
                            ".*absent.*",
                            "each server has settings of its own; those of both are compared"),
                    new Declared(
                            ANY,
                            ".*error_code",
                            "-1 \\| .*",
                            "where Kafka fails with UNKNOWN_SERVER_ERROR, ours is an answer"),
                    new Declared(
                            "PRODUCE",
                            ".*/(log_start_offset|log_append_time_ms)",
                            ANY,
                            "of a batch that was refused or already there, clients read neither"),
                    new Declared(
                            "PRODUCE",
                            ".*/error_code",
                            "0 \\| 32",
                            "a producer may not claim LogAppendTime: it would be stored as a lie"),
                    new Declared(
                            ANY,
                            ".*/(error_message|batch_index_error_message)",
                            ANY,
                            "free text; the code is what clients act on"));

    private DeclaredDifferences() {}

    static Optional<Declared> of(Difference difference) {
        return ALL.stream().filter(declared -> declared.covers(difference)).findFirst();
    }

    record Declared(String apis, String path, String values, String reason) {
        boolean covers(Difference difference) {
            return Pattern.matches(apis, difference.exchange().api().name())
                    && Pattern.matches(path, difference.path())
                    && Pattern.matches(values, difference.kafka() + " | " + difference.annals());
        }
    }
}
