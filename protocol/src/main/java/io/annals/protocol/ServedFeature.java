package io.annals.protocol;

import org.apache.kafka.common.protocol.ApiKeys;

/// What Kafka calls a feature (KIP-584): behaviour whose level is told in ApiVersions, and on which
/// clients choose how they work. Served at Kafka 4's level as soon as a handler of `api` is
/// registered.
enum ServedFeature {
    /// 2: producers add partitions by writing to them, and each transaction bumps the epoch
    /// (KIP-890).
    TRANSACTION_VERSION("transaction.version", 2, ApiKeys.END_TXN),
    /// 1: the consumer rebalance protocol (KIP-848).
    GROUP_VERSION("group.version", 1, ApiKeys.CONSUMER_GROUP_HEARTBEAT);

    private final String featureName;
    private final short level;
    private final ApiKeys api;

    ServedFeature(String featureName, int level, ApiKeys api) {
        this.featureName = featureName;
        this.level = (short) level;
        this.api = api;
    }

    String featureName() {
        return featureName;
    }

    short level() {
        return level;
    }

    ApiKeys api() {
        return api;
    }
}
