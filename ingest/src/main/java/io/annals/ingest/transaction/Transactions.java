package io.annals.ingest.transaction;

import io.annals.ingest.TopicCatalog;
import io.annals.ingest.group.OffsetsTransactions;
import io.annals.ingest.group.TransactionMembership;
import io.annals.ingest.internal.InternalLogReader;
import io.annals.ingest.internal.InternalTopics;
import io.annals.protocol.RequestHandler;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Transactions, wired: the coordinator, its log, its clock and its handlers.
///
/// Serves from the first moment; until the state is loaded, everything is told to try again.
public final class Transactions implements AutoCloseable {
    private static final Logger logger = LoggerFactory.getLogger(Transactions.class);
    private static final Duration LOAD_RETRY = Duration.ofSeconds(1);

    private final Parts parts;
    private final TransactionConfig config;
    private final InstantSource clock;
    private final WalTransactionMarkers markers;
    private final TransactionCoordinator coordinator;
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofVirtual().name("transactions").factory());

    /// What transactions are made of.
    ///
    /// @param offsets where offsets in transactions are ended
    /// @param producerIds makes new ones; may block
    public record Parts(
            TopicCatalog topics,
            InternalTopics internalTopics,
            InternalLogReader reader,
            WriteAheadLog wal,
            OffsetsTransactions offsets,
            LongSupplier producerIds) {}

    public Transactions(Parts parts, TransactionConfig config, InstantSource clock) {
        this.parts = parts;
        this.config = config;
        this.clock = clock;
        this.markers = new WalTransactionMarkers(parts.topics(), parts.wal(), parts.offsets());
        this.coordinator =
                new TransactionCoordinator(
                        new InternalTransactionLog(
                                parts.internalTopics(), parts.reader(), clock, markers),
                        markers,
                        config,
                        clock,
                        parts.producerIds());
    }

    /// Begins to load, in the background, and then to watch the time.
    public void start() {
        timer.execute(this::load);
    }

    private void load() {
        try {
            coordinator.load();
            every(config.abortInterval(), coordinator::abortTimedOut);
            every(config.expiryInterval(), coordinator::forgetExpired);
        } catch (IOException | KafkaException failed) {
            logger.atError().setCause(failed).log("cannot load transactions, trying again");
            timer.schedule(this::load, LOAD_RETRY.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void every(Duration interval, Runnable work) {
        timer.scheduleWithFixedDelay(
                () -> {
                    try {
                        work.run();
                    } catch (RuntimeException unexpected) {
                        // or the timer would fall silent
                        logger.atError().setCause(unexpected).log("cannot look after transactions");
                    }
                },
                interval.toMillis(),
                interval.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /// Admits what producers write.
    public TransactionCoordinator coordinator() {
        return coordinator;
    }

    /// For the group coordinator: whether offsets may be written in a transaction.
    public TransactionMembership membership() {
        return (partition, transactionalId, producerId, producerEpoch, apiVersion) -> {
            WriterLevel level = WriterLevel.ofTxnOffsetCommit(apiVersion);
            return coordinator
                    .write(
                            new TransactionalWrite(
                                    transactionalId,
                                    producerId,
                                    producerEpoch,
                                    Set.of(partition),
                                    level),
                            () -> {})
                    .thenAccept(error -> {
                        if (error != Errors.NONE) {
                            throw level.told(error).exception();
                        }
                    });
        };
    }

    /// One per API key, to be registered with the front door.
    public List<RequestHandler<?>> handlers() {
        Executor blocking = Thread.ofVirtual().name("transaction-", 0)::start;
        List<RequestHandler<?>> handlers = new ArrayList<>();
        handlers.addAll(
                new TransactionHandlers(
                                coordinator, parts.topics(), parts.offsets(), parts.producerIds())
                        .all(blocking));
        handlers.addAll(new TransactionAdmin(markers, parts.topics(), parts.wal()).all(blocking));
        handlers.addAll(new TransactionDescriptions(coordinator, clock).all(blocking));
        return handlers;
    }

    /// Stops watching the time. What is under way ends with the log.
    @Override
    public void close() {
        timer.shutdownNow();
    }
}
