package io.annals.benchmarks.e2e;

import java.util.HashMap;
import java.util.Map;

/// What a load is told, `key=value` each: what concerns the load itself, the rest is the stock
/// client's own configuration.
///
/// @param threads clients side by side, each with its connection (`threads`)
/// @param records how many at most, of all threads together (`records`)
/// @param seconds how long it counts (`seconds`); 0 until the records are through
/// @param warmSeconds how long it runs before it counts (`warm`)
/// @param passes how often what there is to read is read; the last of them counts (`passes`)
/// @param ratePerSecond records a second, all threads together (`rate`); 0 as fast as it goes
/// @param topics if more than 0, `NAME-0`, `NAME-1`, ... in turn instead of the topic `NAME`: some
///   batches of records each (`topics`)
/// @param payload size of a random value, or `json` for log records (`payload`)
record LoadSettings(
        int threads,
        long records,
        double seconds,
        double warmSeconds,
        int passes,
        double ratePerSecond,
        int topics,
        String payload,
        Map<String, Object> client) {

    static LoadSettings parse(Iterable<String> arguments) {
        Map<String, Object> client = new HashMap<>();
        for (String argument : arguments) {
            String[] pair = argument.split("=", 2);
            client.put(pair[0], pair[1]);
        }
        return new LoadSettings(
                Integer.parseInt(take(client, "threads", "1")),
                Long.parseLong(take(client, "records", "" + Long.MAX_VALUE)),
                Double.parseDouble(take(client, "seconds", "0")),
                Double.parseDouble(take(client, "warm", "0")),
                Integer.parseInt(take(client, "passes", "1")),
                Double.parseDouble(take(client, "rate", "0")),
                Integer.parseInt(take(client, "topics", "0")),
                take(client, "payload", "1000"),
                client);
    }

    private static String take(Map<String, Object> from, String key, String otherwise) {
        Object value = from.remove(key);
        return value == null ? otherwise : (String) value;
    }
}
