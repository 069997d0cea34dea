package io.annals.query;

import io.annals.indexer.FieldQueries;
import io.annals.indexer.QueryBounds;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.Uuid;

/// A node and the queries on it.
final class QueryTopicBed implements AutoCloseable {
    static final int MOST_QUERIES = 30;
    static final Duration IDLE_TTL = Duration.ofHours(1);

    final TestNode node;
    private final Path folder;
    QueryTopics queries;
    QueryTopicLog log;

    QueryTopicBed(Path folder) throws Exception {
        this.folder = folder;
        node = new TestNode(folder.resolve("node"));
        openQueries();
    }

    private void openQueries() throws Exception {
        FieldQueries fields = new FieldQueries(QueryBounds.DEFAULT);
        queries =
                new QueryTopics(
                        node.registry,
                        node.log,
                        fields,
                        new QueryTopics.Settings(MOST_QUERIES, IDLE_TTL, Duration.ofHours(1)),
                        folder.resolve("queries"),
                        node.clock,
                        Uuid::randomUuid);
        log =
                new QueryTopicLog(
                        queries,
                        node.registry,
                        node.live,
                        node.splits,
                        node.log,
                        fields,
                        new HighWatermarkWaiters());
    }

    void restartQueries() throws Exception {
        queries.close();
        openQueries();
    }

    QueryTopic open(String topics, String query, boolean follow) throws Exception {
        return queries.open(
                new QueryTopics.Wanted(
                        List.of(topics),
                        query,
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        OptionalLong.empty(),
                        Set.of(),
                        follow,
                        Optional.empty()));
    }

    @Override
    public void close() throws IOException {
        queries.close();
        node.close();
    }
}
