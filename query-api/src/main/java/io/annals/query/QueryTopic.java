package io.annals.query;

import io.annals.registry.TopicMetadata;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;

/// A query that consumers read as a topic: its definition, which is all there is of it. Nothing it
/// finds is kept (ADR 0053).
///
/// @param id last part of the topic's name
/// @param topicId the topic's id, for as long as the query is open
/// @param query as in `docs/search.md`; blank matches everything
/// @param fromMs smallest event time, inclusive
/// @param toMs largest event time, exclusive
/// @param asOfMs only what was ingested at or before this time
/// @param follow whether what is written later belongs to it
/// @param idleTtl after which it is closed if nobody uses it
/// @param sources one per partition of the topic, in their order
public record QueryTopic(
        String id,
        Uuid topicId,
        String query,
        OptionalLong fromMs,
        OptionalLong toMs,
        OptionalLong asOfMs,
        boolean follow,
        Duration idleTtl,
        long createdAtMs,
        List<Source> sources) {
    /// How the names of all these topics begin; no other topic may be called so.
    public static final String NAME_PREFIX = "annals.query.";

    private static final long FIRST_VERSION = 1;

    public QueryTopic {
        sources = List.copyOf(sources);
    }

    /// The partition whose records one partition of the topic shows, under the same offsets.
    ///
    /// @param endOffset where the query ends, `Long.MAX_VALUE` if it follows
    public record Source(TopicIdPartition partition, long endOffset) {}

    public String name() {
        return NAME_PREFIX + id;
    }

    /// As if the registry knew it.
    public TopicMetadata metadata() {
        return new TopicMetadata(
                topicId,
                name(),
                FIRST_VERSION,
                Map.of(),
                Collections.nCopies(sources.size(), 0L),
                createdAtMs,
                false);
    }

    /// What every record of it must satisfy besides the query.
    Constraints constraints() {
        return Constraints.NONE
                .withTimestamp(
                        new LongRange(fromMs.orElse(Long.MIN_VALUE), toMs.orElse(Long.MAX_VALUE)))
                .withIngestTime(
                        new LongRange(
                                Long.MIN_VALUE, LongRange.after(asOfMs.orElse(Long.MAX_VALUE))));
    }

    /// A search of one source.
    SearchRequest request(Source source) {
        SearchRequest.Builder request =
                SearchRequest.builder(source.partition().topic())
                        .query(query)
                        .partitions(java.util.Set.of(source.partition().partition()));
        asOfMs.ifPresent(request::asOfMs);
        return request.build();
    }
}
