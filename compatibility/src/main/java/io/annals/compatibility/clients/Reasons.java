package io.annals.compatibility.clients;

import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Why a feature of a client is not the same against both servers: known differences, and what has
/// not been tried.
final class Reasons {
    private static final String BEFORE_TRANSACTIONS =
            "Not run since Annals has transactions, which it needs.";
    private static final String SCRIPT =
            "The script's outcome depended on timing; not run again since it was changed.";

    /// By `scenario/feature`.
    static final Map<String, String> BY_FEATURE =
            Stream.of(
                            Map.of(
                                    "kafkajs/offsets in transactions",
                                            "kafkajs asks without waiting for pending offsets"
                                                    + " (it is without KIP-447), so it may be"
                                                    + " answered before the commit's marker is"
                                                    + " written; Annals waits for the disk.",
                                    "tools/consumer groups", SCRIPT,
                                    "tools/features",
                                            "Annals names the features that it has: no share"
                                                    + " groups, no streams groups, no replicas."
                                                    + " Not run again.",
                                    "tools/log directories",
                                            "Annals has two log directories, the hot tier and the"
                                                    + " archive, and a partition lives in both."),
                            awaiting("tools", "transactions"),
                            awaiting(
                                    "mirror",
                                    "from a Kafka to the server",
                                    "offsets of a group translated",
                                    "from the server to a Kafka"))
                    .flatMap(reasons -> reasons.entrySet().stream())
                    .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, Map.Entry::getValue));

    private Reasons() {}

    /// The reason, or an empty text if nobody has written one.
    static String of(String scenario, String feature) {
        return BY_FEATURE.getOrDefault(scenario + "/" + feature, "");
    }

    private static Map<String, String> awaiting(String scenario, String... features) {
        return Stream.of(features)
                .collect(Collectors.toMap(f -> scenario + "/" + f, f -> BEFORE_TRANSACTIONS));
    }
}
