package io.annals.ingest.transaction;

import java.time.Duration;

/// Settings of the transaction coordinator, by Kafka's names.
///
/// @param maxTimeout the longest timeout a producer may ask for (`transaction.max.timeout.ms`)
/// @param idExpiration after which an idle transactional id is forgotten
///   (`transactional.id.expiration.ms`)
/// @param abortInterval how often timed-out transactions are looked for
///   (`transaction.abort.timed.out.transaction.cleanup.interval.ms`)
/// @param expiryInterval how often expired transactional ids are looked for
///   (`transaction.remove.expired.transaction.cleanup.interval.ms`)
public record TransactionConfig(
        Duration maxTimeout,
        Duration idExpiration,
        Duration abortInterval,
        Duration expiryInterval) {

    /// Kafka's defaults.
    public static final TransactionConfig DEFAULTS =
            new TransactionConfig(
                    Duration.ofMinutes(15),
                    Duration.ofDays(7),
                    Duration.ofSeconds(10),
                    Duration.ofHours(1));
}
