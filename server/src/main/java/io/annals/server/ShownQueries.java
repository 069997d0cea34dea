package io.annals.server;

import io.annals.ingest.VirtualTopics;
import io.annals.query.QueryTopic;
import io.annals.query.QueryTopics;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Uuid;

/// Open queries, as the topics that the front door shows. Thread-safe.
record ShownQueries(QueryTopics queries) implements VirtualTopics {

    @Override
    public Optional<TopicMetadata> topic(String name) {
        return queries.metadata(name);
    }

    @Override
    public Optional<TopicMetadata> topic(Uuid id) {
        return queries.metadata(id);
    }

    @Override
    public List<TopicMetadata> topics() {
        return queries.list().stream().map(QueryTopic::metadata).toList();
    }

    @Override
    public void close(Uuid id) throws IOException {
        Optional<QueryTopic> open =
                queries.list().stream().filter(query -> query.topicId().equals(id)).findFirst();
        if (open.isPresent()) {
            queries.close(open.get().id());
        }
    }
}
