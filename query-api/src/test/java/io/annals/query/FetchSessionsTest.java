package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.query.FetchContext.Answered;
import io.annals.query.FetchContext.Asked;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.kafka.clients.FetchSessionHandler;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.utils.internals.LogContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FetchSessionsTest {
    private static final short BY_ID = 17;
    private static final short BY_NAME = 12;
    private static final Uuid TOPIC = new Uuid(7, 7);
    private static final long TWO_MINUTES_MS = 120_000;

    private final TestClock clock = new TestClock(1_000_000);

    private FetchSessions sessions(int maxSessions, int maxPartitions) {
        return new FetchSessions(
                new FetchSessions.Limits(maxSessions, maxPartitions), clock, new Random(1));
    }

    private static FetchRequest request(
            short version, FetchMetadata metadata, List<Integer> partitions, long offset) {
        Map<TopicPartition, FetchRequest.PartitionData> asked = new LinkedHashMap<>();
        for (int partition : partitions) {
            asked.put(
                    new TopicPartition("t", partition),
                    new FetchRequest.PartitionData(TOPIC, offset, -1, 1 << 20, Optional.empty()));
        }
        return FetchRequest.Builder.forConsumer(version, 0, 1, asked)
                .metadata(metadata)
                .build(version);
    }

    private static List<Integer> upTo(int count) {
        return java.util.stream.IntStream.range(0, count).boxed().toList();
    }

    /// Answers with these high watermarks, and records where one is in `withRecords`.
    private static FetchResponseData answer(
            FetchContext context, Map<Integer, Long> highWatermarks, List<Integer> withRecords) {
        List<Answered> answers = new ArrayList<>();
        for (Asked asked : context.asked()) {
            int partition = asked.target().partition();
            answers.add(
                    new Answered(
                            asked.target(),
                            new PartitionData()
                                    .setPartitionIndex(partition)
                                    .setHighWatermark(highWatermarks.getOrDefault(partition, 0L))
                                    .setLogStartOffset(0)
                                    .setRecords(
                                            withRecords.contains(partition)
                                                    ? records()
                                                    : MemoryRecords.EMPTY)));
        }
        return context.respond(answers);
    }

    private static MemoryRecords records() {
        return MemoryRecords.withRecords(
                org.apache.kafka.common.compress.Compression.NONE, new SimpleRecord(new byte[1]));
    }

    private static int open(FetchSessions sessions, int partitions) {
        FetchContext context =
                sessions.context(request(BY_ID, FetchMetadata.INITIAL, upTo(partitions), 0));
        return answer(context, Map.of(), List.of()).sessionId();
    }

    private static List<Integer> told(FetchResponseData response) {
        return response.responses().stream()
                .flatMap(topic -> topic.partitions().stream())
                .map(PartitionData::partitionIndex)
                .toList();
    }

    private static List<Integer> asked(FetchContext context) {
        return context.asked().stream().map(asked -> asked.target().partition()).toList();
    }

    @Test
    void an_incremental_request_reads_every_partition_and_tells_only_what_is_new() {
        FetchSessions sessions = sessions(10, 100);
        int id = open(sessions, 4);
        assertThat(id).isPositive();

        FetchContext second =
                sessions.context(request(BY_ID, new FetchMetadata(id, 1), List.of(), 0));
        assertThat(asked(second)).containsExactly(0, 1, 2, 3);
        FetchResponseData response = answer(second, Map.of(1, 5L), List.of(0));
        assertThat(response.sessionId()).isEqualTo(id);
        assertThat(told(response)).containsExactly(0, 1);

        FetchContext third =
                sessions.context(request(BY_ID, new FetchMetadata(id, 2), List.of(), 0));
        assertThat(asked(third)).as("what gave records goes last").containsExactly(1, 2, 3, 0);
        assertThat(told(answer(third, Map.of(1, 5L), List.of()))).isEmpty();
    }

    @Test
    void an_error_is_told_each_time_and_its_end_as_well() {
        FetchSessions sessions = sessions(10, 100);
        int id = open(sessions, 1);
        for (int epoch = 1; epoch <= 2; epoch++) {
            FetchContext context =
                    sessions.context(request(BY_ID, new FetchMetadata(id, epoch), List.of(), 0));
            FetchResponseData failed =
                    context.respond(
                            List.of(
                                    new Answered(
                                            context.asked().getFirst().target(),
                                            FetchResponse.partitionResponse(
                                                    0, Errors.KAFKA_STORAGE_ERROR))));
            assertThat(told(failed)).containsExactly(0);
        }
        FetchContext healed =
                sessions.context(request(BY_ID, new FetchMetadata(id, 3), List.of(), 0));
        assertThat(told(answer(healed, Map.of(), List.of()))).containsExactly(0);
    }

    @Test
    void a_request_that_does_not_continue_its_session_is_refused() {
        FetchSessions sessions = sessions(10, 100);
        int id = open(sessions, 1);
        assertThat(refusal(sessions, BY_ID, id + 1, 1))
                .isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
        assertThat(refusal(sessions, BY_ID, id, 2)).isEqualTo(Errors.INVALID_FETCH_SESSION_EPOCH);
        assertThat(refusal(sessions, BY_NAME, id, 1))
                .isEqualTo(Errors.FETCH_SESSION_TOPIC_ID_ERROR);
        assertThat(sessions.context(request(BY_ID, new FetchMetadata(id, 1), List.of(), 0)))
                .isInstanceOf(FetchContext.Continuing.class);
        assertThat(refusal(sessions, BY_ID, id, 1)).isEqualTo(Errors.INVALID_FETCH_SESSION_EPOCH);
    }

    private static Errors refusal(FetchSessions sessions, short version, int id, int epoch) {
        FetchContext context =
                sessions.context(request(version, new FetchMetadata(id, epoch), List.of(), 0));
        return Errors.forCode(context.respond(List.of()).errorCode());
    }

    @Test
    void an_answer_that_comes_after_the_next_request_is_refused() {
        FetchSessions sessions = sessions(10, 100);
        int id = open(sessions, 1);
        FetchContext slow =
                sessions.context(request(BY_ID, new FetchMetadata(id, 1), List.of(), 0));
        sessions.context(request(BY_ID, new FetchMetadata(id, 2), List.of(), 0));
        assertThat(answer(slow, Map.of(), List.of(0)).errorCode())
                .isEqualTo(Errors.INVALID_FETCH_SESSION_EPOCH.code());
    }

    @Test
    void a_session_ends_with_a_full_request_with_its_final_epoch_and_with_its_last_partition() {
        FetchSessions sessions = sessions(10, 100);
        int first = open(sessions, 1);
        sessions.context(request(BY_ID, new FetchMetadata(first, 0), upTo(1), 0));
        assertThat(sessions.size()).isZero();

        int second = open(sessions, 2);
        FetchContext last =
                sessions.context(request(BY_ID, new FetchMetadata(second, -1), upTo(2), 0));
        assertThat(answer(last, Map.of(), List.of()).sessionId()).isZero();
        assertThat(sessions.size()).isZero();

        FetchContext empty = sessions.context(request(BY_ID, FetchMetadata.INITIAL, List.of(), 0));
        int third = answer(empty, Map.of(), List.of()).sessionId();
        sessions.context(request(BY_ID, new FetchMetadata(third, 1), List.of(), 0));
        assertThat(sessions.size()).isZero();
        assertThat(sessions.partitions()).isZero();
    }

    @Test
    void a_full_cache_gives_a_place_only_to_larger_sessions_or_of_unused_ones() {
        FetchSessions sessions = sessions(2, 100);
        int small = open(sessions, 2);
        int large = open(sessions, 5);
        assertThat(open(sessions, 9)).as("both are protected").isZero();

        clock.advance(TWO_MINUTES_MS);
        sessions.context(request(BY_ID, new FetchMetadata(small, 1), List.of(), 0));
        sessions.context(request(BY_ID, new FetchMetadata(large, 1), List.of(), 0));
        clock.advance(1);
        assertThat(open(sessions, 2)).as("not larger than the smallest").isZero();
        assertThat(open(sessions, 3)).isPositive();
        assertThat(refusal(sessions, BY_ID, small, 2)).isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);

        clock.advance(TWO_MINUTES_MS + 1);
        assertThat(open(sessions, 1)).as("nobody uses the others any more").isPositive();
        assertThat(sessions.evictions()).isEqualTo(2);
        assertThat(sessions.size()).isEqualTo(2);
    }

    @Test
    void the_partitions_of_all_sessions_are_bounded() {
        FetchSessions sessions = sessions(10, 6);
        assertThat(open(sessions, 7)).isZero();
        int id = open(sessions, 4);
        assertThat(open(sessions, 3)).isZero();
        assertThat(open(sessions, 2)).isPositive();
        FetchContext growing =
                sessions.context(request(BY_ID, new FetchMetadata(id, 1), List.of(8), 0));
        assertThat(Errors.forCode(growing.respond(List.of()).errorCode()))
                .isEqualTo(Errors.FETCH_SESSION_ID_NOT_FOUND);
        assertThat(sessions.partitions()).isEqualTo(2);
    }

    /// Kafka's own client keeps the other side of the session.
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void the_session_holds_what_the_stock_client_believes_it_holds(long given) {
        long seed = Long.getLong("annals.seed", given);
        Random random = new Random(seed);
        FetchSessions sessions = sessions(3, 200);
        FetchSessionHandler client = new FetchSessionHandler(new LogContext(), 1);
        Map<Integer, Long> positions = new HashMap<>();
        Map<Integer, Long> highWatermarks = new HashMap<>();
        for (int step = 0; step < 2_000; step++) {
            String where = "rerun with -Dannals.seed=%d, step %d".formatted(seed, step);
            int partition = random.nextInt(12);
            switch (random.nextInt(6)) {
                case 0 -> positions.remove(partition);
                case 1, 2 -> positions.merge(partition, 1L, Long::sum);
                case 3 -> highWatermarks.merge(partition, 1L, Long::sum);
                case 4 -> clock.advance(random.nextInt(90_000));
                default -> open(sessions, random.nextInt(4)); // others come, and may evict
            }
            roundTrip(sessions, client, positions, highWatermarks, random, where);
        }
    }

    private static void roundTrip(
            FetchSessions sessions,
            FetchSessionHandler client,
            Map<Integer, Long> positions,
            Map<Integer, Long> highWatermarks,
            Random random,
            String where) {
        FetchSessionHandler.Builder builder = client.newBuilder();
        positions.forEach((partition, offset) ->
                builder.add(
                        new TopicPartition("t", partition),
                        new FetchRequest.PartitionData(
                                TOPIC, offset, -1, 1 << 20, Optional.empty())));
        FetchSessionHandler.FetchRequestData built = builder.build();
        FetchRequest request =
                FetchRequest.Builder.forConsumer(BY_ID, 0, 1, built.toSend())
                        .metadata(built.metadata())
                        .removed(built.toForget())
                        .replaced(built.toReplace())
                        .build(BY_ID);
        FetchContext context = sessions.context(request);
        if (!(context instanceof FetchContext.Refused)) {
            Map<Integer, Long> seen = new HashMap<>();
            context.asked()
                    .forEach(asked ->
                            seen.put(asked.target().partition(), asked.asked().fetchOffset()));
            assertThat(seen).as(where).isEqualTo(positions);
        }
        List<Integer> withRecords =
                positions.keySet().stream().filter(_ -> random.nextInt(4) == 0).toList();
        FetchResponse response =
                FetchResponse.parse(
                        MessageUtil.toByteBufferAccessor(
                                answer(context, highWatermarks, withRecords), BY_ID),
                        BY_ID);
        assertThat(client.handleResponse(response, BY_ID))
                .as(where)
                .isEqualTo(!(context instanceof FetchContext.Refused));
        assertThat(told(response.data()))
                .as(where)
                .containsAll(context instanceof FetchContext.Refused ? List.of() : withRecords);
    }
}
