package io.annals.compatibility.differential;

/// One place where two answers to the same request are not the same.
///
/// @param path field names from the root, `[]` for any element of an array
/// @param kafka Apache Kafka's value there, or `absent`
/// @param annals ours, or `absent`
record Difference(String dialogue, Exchange exchange, String path, String kafka, String annals) {
    private static final int LONGEST = 1_500;

    /// What differences of the same kind have in common.
    String kind() {
        // An offset that differs makes every later one differ, too.
        boolean offset = path.endsWith("offset");
        return "%s %s: kafka %s, annals %s"
                .formatted(
                        exchange.api(),
                        path,
                        offset ? kafka.replaceAll("\\d+", "n") : kafka,
                        offset ? annals.replaceAll("\\d+", "n") : annals);
    }

    @Override
    public String toString() {
        String request = exchange.request();
        return "%s%n    in %s, version %d, request %s"
                .formatted(
                        kind(),
                        dialogue,
                        exchange.version(),
                        request.length() > LONGEST
                                ? request.substring(0, LONGEST) + "..."
                                : request);
    }
}
