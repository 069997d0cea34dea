package io.annals.compatibility.clients;

import java.util.Map;

/// Why a feature of a client is not the same against both servers: known differences, and what has
/// not been tried.
final class Reasons {
    /// By `scenario/feature`.
    static final Map<String, String> BY_FEATURE =
            Map.of(
                    "tools/features",
                    "Annals names the features that it has: no share groups, no streams groups, no"
                            + " replicas, and no metadata log whose version could be told.",
                    "tools/log directories",
                    "Annals has two log directories, the hot tier and the archive, and a partition"
                            + " lives in both.");

    private Reasons() {}

    /// The reason, or an empty text if nobody has written one.
    static String of(String scenario, String feature) {
        return BY_FEATURE.getOrDefault(scenario + "/" + feature, "");
    }
}
