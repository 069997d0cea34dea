package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Queries that are opened, read before everything is indexed, left alone and closed.
class QueryTopicLifeTest {
    @TempDir Path folder;

    @Test
    void aHoleIsAnErrorAndNeverAShorterAnswer() throws Exception {
        try (QueryTopicBed bed = new QueryTopicBed(folder)) {
            TopicMetadata topic = bed.node.createTopic("logs", 1, Map.of());
            bed.node.append(topic, 0, "error one", "fine", "error two");
            bed.node.live.refresh();
            QueryTopic query = bed.open("logs", "error", true);
            TopicIdPartition partition = new TopicIdPartition(query.topicId(), 0, query.name());
            bed.node.archive();
            List<String> splits = new ArrayList<>();
            bed.node.store.list("splits/", object -> splits.add(object.key()));
            for (String key : splits) {
                bed.node.store.delete(key);
            }

            assertThatThrownBy(
                            () -> bed.log.read(partition, 0, 1000, IsolationLevel.READ_UNCOMMITTED))
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void whatIsNotIndexedYetIsNotSkipped() throws Exception {
        try (QueryTopicBed bed = new QueryTopicBed(folder)) {
            TopicMetadata topic = bed.node.createTopic("logs", 1, Map.of());
            bed.node.append(topic, 0, "error one");
            QueryTopic query = bed.open("logs", "error", false);
            TopicIdPartition partition = new TopicIdPartition(query.topicId(), 0, query.name());

            assertThat(bed.log.bounds(partition).orElseThrow().highWatermark()).isOne();
            assertThat(nextOffset(bed, partition)).isZero();
            bed.node.live.refresh();
            bed.node.append(topic, 0, "error that came after");
            bed.node.live.refresh();
            assertThat(nextOffset(bed, partition)).isOne();
        }
    }

    @Test
    void idleQueriesAreClosedAndUsedOnesAreNot() throws Exception {
        try (QueryTopicBed bed = new QueryTopicBed(folder)) {
            bed.node.createTopic("logs", 1, Map.of());
            QueryTopic idle = bed.open("logs", "error", true);
            QueryTopic used = bed.open("logs", "error", true);
            List<Uuid> closed = new ArrayList<>();
            bed.queries.addListener(closed::add);
            bed.node.clock.advance(QueryTopicBed.IDLE_TTL.toMillis());
            bed.log.bounds(new TopicIdPartition(used.topicId(), 0, used.name()));
            bed.node.clock.advance(1);

            bed.queries.closeIdle();

            assertThat(bed.queries.list()).containsExactly(used);
            assertThat(closed).containsExactly(idle.topicId());
            bed.restartQueries();
            assertThat(bed.queries.list()).containsExactly(used);
        }
    }

    @Test
    void asManyQueriesAsAllowedAndNoMore() throws Exception {
        try (QueryTopicBed bed = new QueryTopicBed(folder)) {
            bed.node.createTopic("logs", 1, Map.of());
            for (int i = 0; i < 30; i++) {
                bed.open("logs", "error", true);
            }
            assertThatThrownBy(() -> bed.open("logs", "error", true))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("30 queries are open");
        }
    }

    private static long nextOffset(QueryTopicBed bed, TopicIdPartition partition) throws Exception {
        LogRead read = bed.log.read(partition, 0, 1000, IsolationLevel.READ_COMMITTED);
        return ((LogRead.Found) read).batches().nextOffset();
    }
}
