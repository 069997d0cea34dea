package io.annals.ingest.transaction;

import io.annals.ingest.TopicCatalog;
import io.annals.ingest.internal.InternalLogReader;
import io.annals.ingest.internal.InternalTopic;
import io.annals.ingest.internal.InternalTopicFollower;
import io.annals.protocol.RequestHandler;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.apache.kafka.common.record.internal.RecordBatch;

/// Transactional ids as `__transaction_state` told of them when it was archived, for a server that
/// only reads: what they were doing, and nothing that ends it.
///
/// Thread-safe; [#follow] runs once at a time.
public final class ArchivedTransactions {
    private final InternalTopicFollower follower;
    private final InstantSource clock;
    private final Map<String, TransactionMetadata> states = new ConcurrentHashMap<>();
    private volatile boolean loaded;

    /// @param reader reads the archive
    public ArchivedTransactions(
            TopicCatalog topics, InternalLogReader reader, InstantSource clock) {
        this.follower = new InternalTopicFollower(topics, reader, InternalTopic.TRANSACTION_STATE);
        this.clock = clock;
    }

    /// Reads what was archived since it was called before.
    ///
    /// @throws IOException if that cannot be read: the rest is read next time
    public void follow() throws IOException {
        follower.follow(new Replay());
        loaded = true;
    }

    private final class Replay implements InternalTopicFollower.Replay {
        @Override
        public void begin(int partitionCount) {
            states.clear();
        }

        @Override
        public void batch(int partition, RecordBatch batch) {
            InternalTransactionLog.take(batch, states);
        }

        @Override
        public void end(int partition, long position) {}
    }

    /// Those that ask for transactions and change nothing.
    public List<RequestHandler<?>> handlers() {
        Executor blocking = Thread.ofVirtual().name("transaction-", 0)::start;
        return new TransactionDescriptions(new Known(), clock).all(blocking);
    }

    private final class Known implements TransactionStates {
        @Override
        public boolean isLoaded() {
            return loaded;
        }

        @Override
        public Optional<TransactionMetadata> state(String transactionalId) {
            return Optional.ofNullable(states.get(transactionalId));
        }

        @Override
        public List<TransactionMetadata> states() {
            return List.copyOf(states.values());
        }
    }
}
