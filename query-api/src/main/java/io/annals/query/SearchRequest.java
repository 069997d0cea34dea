package io.annals.query;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.apache.kafka.common.IsolationLevel;

/// One search. Build it with [#of] or [#builder]; [SearchService] checks the values.
///
/// @param topics names, or patterns in which `*` stands for any characters
/// @param query as in `docs/search.md`; blank matches everything
/// @param fromMs smallest event time, inclusive
/// @param toMs largest event time, exclusive
/// @param asOfMs only what was ingested at or before this time
/// @param generation search only what this registry generation holds
/// @param partitions empty for all
/// @param limit hits of a page, 1 to [SearchService#MAX_LIMIT]
/// @param cursor where the page before this one ended
/// @param minOffsets per partition an offset that must be searchable before the search begins
/// @param requireComplete wait for all that exists now to be searchable, and refuse to answer with
///   a hole
/// @param isolation whether records of open and aborted transactions are found; by default they are
///   not
/// @param timeout after which the search ends with what it has
public record SearchRequest(
        List<String> topics,
        String query,
        OptionalLong fromMs,
        OptionalLong toMs,
        OptionalLong asOfMs,
        OptionalLong generation,
        Set<Integer> partitions,
        int limit,
        SearchOrder order,
        Optional<String> cursor,
        Map<Integer, Long> minOffsets,
        boolean requireComplete,
        IsolationLevel isolation,
        Duration timeout) {

    public static final int DEFAULT_LIMIT = 20;
    public static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);

    public SearchRequest {
        topics = List.copyOf(topics);
        partitions = Set.copyOf(partitions);
        minOffsets = Map.copyOf(minOffsets);
    }

    /// The newest hits of one topic, with defaults for all the rest.
    public static SearchRequest of(String topic, String query) {
        return builder(topic).query(query).build();
    }

    /// @param topics names or patterns, separated by commas
    public static Builder builder(String topics) {
        return new Builder(List.of(topics.split(",", -1)));
    }

    /// What this request selects, apart from page and patience: a cursor fits only the request it
    /// came from.
    int fingerprint() {
        return Objects.hash(
                topics,
                query,
                fromMs,
                toMs,
                asOfMs,
                generation,
                partitions,
                order.name(),
                isolation.name());
    }

    /// Collects the values of a request. Confined to one thread.
    public static final class Builder {
        private final List<String> topics;
        private String query = "";
        private OptionalLong fromMs = OptionalLong.empty();
        private OptionalLong toMs = OptionalLong.empty();
        private OptionalLong asOfMs = OptionalLong.empty();
        private OptionalLong generation = OptionalLong.empty();
        private Set<Integer> partitions = Set.of();
        private int limit = DEFAULT_LIMIT;
        private SearchOrder order = SearchOrder.NEWEST;
        private Optional<String> cursor = Optional.empty();
        private Map<Integer, Long> minOffsets = Map.of();
        private boolean requireComplete;
        private IsolationLevel isolation = IsolationLevel.READ_COMMITTED;
        private Duration timeout = DEFAULT_TIMEOUT;

        private Builder(List<String> topics) {
            this.topics = topics;
        }

        public Builder query(String value) {
            query = value;
            return this;
        }

        public Builder fromMs(long value) {
            fromMs = OptionalLong.of(value);
            return this;
        }

        public Builder toMs(long value) {
            toMs = OptionalLong.of(value);
            return this;
        }

        public Builder asOfMs(long value) {
            asOfMs = OptionalLong.of(value);
            return this;
        }

        public Builder generation(long value) {
            generation = OptionalLong.of(value);
            return this;
        }

        public Builder partitions(Set<Integer> value) {
            partitions = value;
            return this;
        }

        public Builder limit(int value) {
            limit = value;
            return this;
        }

        public Builder order(SearchOrder value) {
            order = value;
            return this;
        }

        public Builder cursor(String value) {
            cursor = Optional.of(value);
            return this;
        }

        public Builder minOffsets(Map<Integer, Long> value) {
            minOffsets = value;
            return this;
        }

        public Builder requireComplete(boolean value) {
            requireComplete = value;
            return this;
        }

        public Builder isolation(IsolationLevel value) {
            isolation = value;
            return this;
        }

        public Builder timeout(Duration value) {
            timeout = value;
            return this;
        }

        public SearchRequest build() {
            return new SearchRequest(
                    topics,
                    query,
                    fromMs,
                    toMs,
                    asOfMs,
                    generation,
                    partitions,
                    limit,
                    order,
                    cursor,
                    minOffsets,
                    requireComplete,
                    isolation,
                    timeout);
        }
    }
}
