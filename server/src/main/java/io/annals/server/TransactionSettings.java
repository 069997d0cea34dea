package io.annals.server;

import io.annals.ingest.transaction.TransactionConfig;

/// Settings of the transaction coordinator, by Kafka's names and with Kafka's defaults.
final class TransactionSettings {
    private static final String MAX_TIMEOUT_MS = "transaction.max.timeout.ms";
    private static final String ID_EXPIRATION_MS = "transactional.id.expiration.ms";
    private static final String ABORT_INTERVAL_MS =
            "transaction.abort.timed.out.transaction.cleanup.interval.ms";
    private static final String EXPIRY_INTERVAL_MS =
            "transaction.remove.expired.transaction.cleanup.interval.ms";

    private TransactionSettings() {}

    static void define(SettingDefinitions definitions) {
        definitions.section("Transactions");
        TransactionConfig defaults = TransactionConfig.DEFAULTS;
        definitions.number(
                MAX_TIMEOUT_MS,
                defaults.maxTimeout().toMillis(),
                1,
                Integer.MAX_VALUE,
                "The longest transaction timeout a producer may ask for.");
        definitions.number(
                ID_EXPIRATION_MS,
                defaults.idExpiration().toMillis(),
                1,
                Long.MAX_VALUE,
                "A transactional id that was not used for this long, and has no open transaction,"
                        + " is forgotten.");
        definitions.number(
                ABORT_INTERVAL_MS,
                defaults.abortInterval().toMillis(),
                1,
                Long.MAX_VALUE,
                "How often transactions that have timed out are looked for, to be aborted.");
        definitions.number(
                EXPIRY_INTERVAL_MS,
                defaults.expiryInterval().toMillis(),
                1,
                Long.MAX_VALUE,
                "How often transactional ids that nobody uses are looked for, to be forgotten.");
    }

    static TransactionConfig of(Settings settings) {
        return new TransactionConfig(
                settings.millis(MAX_TIMEOUT_MS),
                settings.millis(ID_EXPIRATION_MS),
                settings.millis(ABORT_INTERVAL_MS),
                settings.millis(EXPIRY_INTERVAL_MS));
    }
}
