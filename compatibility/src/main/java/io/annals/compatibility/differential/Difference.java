package io.annals.compatibility.differential;

/// One place where two answers to the same request are not the same.
///
/// @param kafka Apache Kafka's value there, or `absent`
/// @param annals ours, or `absent`
record Difference(String dialogue, Exchange exchange, Place place, String kafka, String annals) {
    private static final int LONGEST = 1_500;

    /// A place in an answer.
    ///
    /// @param path field names from the root, `[]` for any element of an array
    /// @param exact the same with each element's key in the brackets, its parts a blank apart
    record Place(String path, String exact) {
        static final Place ROOT = new Place("", "");

        Place field(String name) {
            return new Place(path + "/" + name, exact + "/" + name);
        }

        Place element(String key) {
            return new Place(path + "[]", exact + "[" + key.strip() + "]");
        }
    }

    /// What differences of the same kind have in common.
    String kind() {
        // An offset that differs makes every later one differ, too; a size is never the same.
        boolean counted =
                place.path().endsWith("offset")
                        || place.path().endsWith("_size")
                        || kafka.equals("absent")
                        || annals.equals("absent");
        return "%s %s: kafka %s, annals %s"
                .formatted(
                        exchange.api(),
                        place.path(),
                        counted ? kafka.replaceAll("\\d+", "n") : kafka,
                        counted ? annals.replaceAll("\\d+", "n") : annals);
    }

    @Override
    public String toString() {
        String request = exchange.request();
        return "%s%n    at %s in %s, version %d, request %s"
                .formatted(
                        kind(),
                        place.exact(),
                        dialogue,
                        exchange.version(),
                        request.length() > LONGEST
                                ? request.substring(0, LONGEST) + "..."
                                : request);
    }
}
