package io.annals.compatibility.differential;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntFunction;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;

/// What a drawn field may hold, by its name: mostly what exists, sometimes what does not, sometimes
/// the limits of its type.
///
/// @param topics names that exist, first, and names that do not
/// @param ids of the topics that exist
/// @param unique gives each request that would wait for others a group of its own
record FieldValues(List<String> topics, List<String> ids, IntFunction<String> unique) {
    private static final List<String> BAD_NAMES =
            List.of("none", "", "..", "a b", "x".repeat(250), "__consumer_offsets");
    private static final List<String> CONFIG_NAMES =
            List.of("retention.ms", "segment.bytes", "max.message.bytes", "nonsense", "");
    private static final List<String> CONFIG_VALUES = List.of("1000000", "-1", "0", "abc", "");

    /// Numbers with a meaning of their own, by the field's name.
    private static final Map<String, long[]> NUMBERS =
            Map.ofEntries(
                    Map.entry("acks", new long[] {-1, -1, -1, 1, 2, -2}),
                    Map.entry("timeout_ms", new long[] {1000, 500}),
                    Map.entry("max_wait_ms", new long[] {0, 10, 100, -1}),
                    Map.entry("max_wait_time", new long[] {0, 10, 100}),
                    Map.entry("min_bytes", new long[] {0, 1, -1}),
                    Map.entry("max_bytes", new long[] {1 << 20, 0, 1, 200, Integer.MAX_VALUE}),
                    Map.entry("partition_max_bytes", new long[] {1 << 20, 0, 1, 200, -1}),
                    Map.entry("replica_id", new long[] {-1, -1, -1, -1, -2}),
                    Map.entry("session_id", new long[] {0, 0, 0, 12345}),
                    Map.entry("session_epoch", new long[] {-1, -1, 0, 1}),
                    Map.entry("session_timeout_ms", new long[] {6_000, 6_000, 10_000, 0, -1, 100}),
                    Map.entry("rebalance_timeout_ms", new long[] {300, 500}),
                    Map.entry(
                            "timestamp",
                            new long[] {-1, -2, -3, -4, -5, -6, 0, 1_700_000_000_002L}),
                    Map.entry("num_partitions", new long[] {1, 2, -1, 0, -2}),
                    Map.entry("replication_factor", new long[] {1, 1, -1, 0, 2}),
                    Map.entry("count", new long[] {4, 5, 3, 1, 0, -1}),
                    Map.entry("resource_type", new long[] {2, 2, 4, 3, 0, 8, 99}),
                    Map.entry("config_operation", new long[] {0, 0, 1, 2, 3, 9}),
                    Map.entry("isolation_level", new long[] {0, 1}),
                    Map.entry("key_type", new long[] {0, 0, 1, 2, 9}),
                    Map.entry("broker_ids", new long[] {1, 1, 0, 7}),
                    // not itself: Kafka would do it
                    Map.entry("broker_id", new long[] {7, 2, -1}),
                    Map.entry("replicas", new long[] {1, 1, 2, 0}),
                    Map.entry("voter_id", new long[] {7, 2, -1}),
                    Map.entry(
                            "transaction_timeout_ms",
                            new long[] {60_000, 1000, 0, -1, Integer.MAX_VALUE}),
                    Map.entry("producer_id", new long[] {-1, -1, 4711, -2}),
                    Map.entry("producer_id_filters", new long[] {-1, 987_654_321, 0}),
                    Map.entry("producer_epoch", new long[] {-1, -1, 0, 3}),
                    Map.entry("member_epoch", new long[] {0, 0, -1, 3, -2}),
                    Map.entry("generation_id", new long[] {-1, 0, 1, 7}),
                    Map.entry("leader_epoch", new long[] {-1, 0, 0, 7}),
                    Map.entry("current_leader_epoch", new long[] {-1, -1, 0, 7, -2}),
                    Map.entry("offset", new long[] {0, 2, 5, 99, -1, -2, Long.MAX_VALUE}),
                    Map.entry("fetch_offset", new long[] {0, 2, 5, 99, -1, Long.MAX_VALUE}));

    private static final long[] PARTITIONS = {0, 0, 0, 1, 2, 3, -1, Integer.MAX_VALUE};
    private static final long[] LIMITS = {0, 1, -1, 2, Long.MIN_VALUE, Long.MAX_VALUE};

    /// @param type as the protocol calls it
    Object draw(Random random, ApiKeys api, String name, String type) {
        return switch (type) {
            case "BOOLEAN" -> random.nextInt(4) == 3;
            case "INT8" -> (byte) number(random, name);
            case "INT16" -> (short) number(random, name);
            case "UINT16" -> (int) (number(random, name) & 0xFFFF);
            case "INT32" -> Math.clamp(number(random, name), Integer.MIN_VALUE, Integer.MAX_VALUE);
            case "UNSIGNED_INT32" -> number(random, name) & 0xFFFFFFFFL;
            case "INT64" -> number(random, name);
            case "FLOAT64" -> random.nextDouble();
            case "UUID" -> uuid(random);
            case "RECORDS", "COMPACT_RECORDS", "NULLABLE_RECORDS", "COMPACT_NULLABLE_RECORDS" ->
                    Batches.draw(random);
            default ->
                    type.contains("BYTES") ? SeededRequests.bytes(random) : text(random, api, name);
        };
    }

    /// What a client would send.
    ///
    /// @param type as the protocol calls it
    Object sound(ApiKeys api, String name, String type) {
        if (api == ApiKeys.CREATE_TOPICS) {
            return switch (name) {
                case "name" -> unique.apply(0);
                case "num_partitions" -> -1;
                case "replication_factor" -> (short) -1;
                default -> draw(new First(), api, name, type);
            };
        }
        return draw(new First(), api, name, type);
    }

    /// Always draws what comes first, but for odds: of those nothing happens.
    private static final class First extends Random {
        private static final long serialVersionUID = 1;

        @Override
        public int nextInt(int bound) {
            return 0;
        }
    }

    private static long number(Random random, String name) {
        if (name.contains("partition") && !NUMBERS.containsKey(name)) {
            return pick(random, PARTITIONS);
        }
        return pick(random, NUMBERS.getOrDefault(name, LIMITS));
    }

    private static long pick(Random random, long[] from) {
        return from[random.nextInt(from.length)];
    }

    private static <T> T pick(Random random, List<T> from) {
        return from.get(random.nextInt(from.size()));
    }

    private Uuid uuid(Random random) {
        return switch (random.nextInt(5)) {
            case 4 -> SeededRequests.NO_TOPIC;
            case 3 -> Uuid.ZERO_UUID;
            default -> Uuid.fromString(pick(random, ids));
        };
    }

    private String text(Random random, ApiKeys api, String name) {
        boolean good = random.nextInt(5) != 4;
        return switch (name) {
            case "group_id", "group_ids", "groups", "groups_names" ->
                    good
                            ? unique.apply(random.nextInt(1_000_000))
                            : pick(random, List.of("", "none"));
            case "member_id" -> good ? "" : "ghost";
            case "transactional_id", "transactional_ids", "v3_and_below_transactional_id" ->
                    good ? unique.apply(random.nextInt(1_000_000)) : "";
            case "config_name", "configuration_keys" -> pick(random, CONFIG_NAMES);
            case "value" -> pick(random, CONFIG_VALUES);
            case "key", "coordinator_keys" -> pick(random, List.of("some-group", "", "a:b:0"));
            case "protocol_type", "protocol_name" -> "consumer";
            case "resource_name" ->
                    good ? pick(random, topics) : pick(random, List.of("1", "", "none"));
            case "name", "topic", "topic_name", "topics", "topic_names" ->
                    configName(api, name)
                            ? pick(random, CONFIG_NAMES)
                            : good ? pick(random, topics) : badName(random, api);
            default -> pick(random, List.of("", "some", "a b"));
        };
    }

    /// Kafka would delete or grow its own internal topics, and nothing after that would be the
    /// same.
    private static String badName(Random random, ApiKeys api) {
        String name = pick(random, BAD_NAMES);
        boolean changes =
                api == ApiKeys.DELETE_TOPICS
                        || api == ApiKeys.CREATE_PARTITIONS
                        || api == ApiKeys.WRITE_TXN_MARKERS;
        return changes && name.startsWith("__") ? "none" : name;
    }

    private static boolean configName(ApiKeys api, String name) {
        return name.equals("name")
                && (api == ApiKeys.INCREMENTAL_ALTER_CONFIGS || api == ApiKeys.ALTER_CONFIGS);
    }
}
