package io.annals.ingest.group;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.ingest.NewTopic;
import io.annals.ingest.TestNode;
import io.annals.ingest.internal.InternalLogReader;
import io.annals.ingest.internal.InternalTopic;
import io.annals.protocol.HostAndPort;
import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import io.annals.wal.FetchedBatches;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.TransactionResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What the coordinator answers when its log fails, when time passes, when a transaction ends and
/// when a client asks for what cannot be. Requests go straight to the handlers.
@Timeout(60)
class CoordinatorFaultsTest {
    private static final String TOPIC = "t";
    private static final String GROUP = "g";

    @TempDir private Path directory;
    private TestNode node;
    private GroupCoordination groups;
    private volatile boolean unreadable;
    private volatile CompletableFuture<Void> readable = CompletableFuture.completedFuture(null);
    private final ScheduledExecutorService eventLoop =
            Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());

    @BeforeEach
    void start() throws IOException {
        node = new TestNode(directory, TestNode.Options.defaults());
        node.ingest.topics().create(NewTopic.named(TOPIC), false);
        groups = coordination(Map.of());
    }

    @AfterEach
    void stop() throws IOException {
        groups.close();
        node.close();
        eventLoop.shutdownNow();
    }

    private GroupCoordination coordination(Map<String, Object> settings) {
        Map<String, Object> all = new HashMap<>(TestNode.QUICK_GROUPS.values());
        all.putAll(settings);
        InternalLogReader reader = node.reader();
        GroupCoordination coordination =
                new GroupCoordination(
                        node.ingest.topics(),
                        node.internalTopics,
                        new GroupCoordination.Parts(
                                new Faulty(reader),
                                (_, _, _, _, _) ->
                                        CompletableFuture.runAsync(() -> {}, Runnable::run),
                                new GroupSettings(all),
                                new GroupConfigs(new GroupSettings(all)),
                                Clock.systemUTC(),
                                1,
                                Duration.ofMillis(50),
                                List.of()));
        coordination.start();
        return coordination;
    }

    private final class Faulty implements InternalLogReader {
        private final InternalLogReader sound;

        Faulty(InternalLogReader sound) {
            this.sound = sound;
        }

        @Override
        public Range range(TopicIdPartition partition) throws IOException {
            return sound.range(partition);
        }

        @Override
        public FetchedBatches read(TopicIdPartition partition, long offset, int maxBytes)
                throws IOException {
            readable.join();
            if (unreadable) {
                throw new IOException("the archive is away");
            }
            return sound.read(partition, offset, maxBytes);
        }
    }

    /// The answer of the handler, in the newest version unless the request says otherwise.
    private ApiMessage call(ApiKeys key, ApiMessage data, int version) throws Exception {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        java.nio.ByteBuffer bytes = java.nio.ByteBuffer.allocate(data.size(cache, (short) version));
        data.write(new ByteBufferAccessor(bytes), cache, (short) version);
        AbstractRequest request =
                AbstractRequest.parseRequest(
                                key, (short) version, new ByteBufferAccessor(bytes.flip()))
                        .request;
        RequestHandler<?> handler =
                groups.handlers().stream()
                        .filter(one -> one.apiKey() == key)
                        .findFirst()
                        .orElseThrow();
        return handle(handler, request).get(30, TimeUnit.SECONDS).orElseThrow();
    }

    private <R extends AbstractRequest> CompletableFuture<Optional<ApiMessage>> handle(
            RequestHandler<R> handler, AbstractRequest request) {
        return handler.handle(
                handler.requestType().cast(request),
                new RequestContext(
                        "test",
                        InetAddress.getLoopbackAddress(),
                        Optional.of("client"),
                        request.version(),
                        new HostAndPort("127.0.0.1", 1),
                        new CompletableFuture<>(),
                        eventLoop));
    }

    private Errors commit(long offset, int retentionMs) throws Exception {
        OffsetCommitRequestData data =
                new OffsetCommitRequestData()
                        .setGroupId(GROUP)
                        .setRetentionTimeMs(retentionMs)
                        .setTopics(
                                List.of(
                                        new OffsetCommitRequestTopic()
                                                .setName(TOPIC)
                                                .setPartitions(
                                                        List.of(
                                                                new OffsetCommitRequestPartition()
                                                                        .setCommittedOffset(offset)
                                                                        .setCommittedMetadata(
                                                                                "")))));
        OffsetCommitResponseData answer =
                (OffsetCommitResponseData) call(ApiKeys.OFFSET_COMMIT, data, 4);
        return Errors.forCode(answer.topics().getFirst().partitions().getFirst().errorCode());
    }

    /// Retries what a client would retry.
    private Errors commitPatiently(long offset) throws Exception {
        Errors error = commit(offset, -1);
        while (error == Errors.COORDINATOR_LOAD_IN_PROGRESS || error == Errors.NOT_COORDINATOR) {
            Thread.sleep(20);
            error = commit(offset, -1);
        }
        return error;
    }

    private OffsetFetchResponseGroup fetch() throws Exception {
        OffsetFetchRequestData data =
                new OffsetFetchRequestData()
                        .setGroups(
                                List.of(
                                        new OffsetFetchRequestGroup()
                                                .setGroupId(GROUP)
                                                .setTopics(
                                                        List.of(
                                                                new OffsetFetchRequestTopics()
                                                                        .setName(TOPIC)
                                                                        .setPartitionIndexes(
                                                                                List.of(0))))));
        return ((OffsetFetchResponseData) call(ApiKeys.OFFSET_FETCH, data, 9)).groups().getFirst();
    }

    private long fetchPatiently() throws Exception {
        OffsetFetchResponseGroup answer = fetch();
        while (answer.errorCode() != Errors.NONE.code()) {
            Thread.sleep(20);
            answer = fetch();
        }
        return offset(answer);
    }

    private static long offset(OffsetFetchResponseGroup answer) {
        return answer.topics().getFirst().partitions().getFirst().committedOffset();
    }

    @Test
    void aGroupIsLoadingForAsLongAsItsPartitionCannotBeReadAndNeverEmpty() throws Exception {
        assertThat(commitPatiently(42)).isEqualTo(Errors.NONE);
        groups.close();
        unreadable = true;
        groups = coordination(Map.of());

        for (int i = 0; i < 10; i++) {
            assertThat(Errors.forCode(fetch().errorCode()))
                    .isEqualTo(Errors.COORDINATOR_LOAD_IN_PROGRESS);
            Thread.sleep(30);
        }
        assertThat(groups.problems()).singleElement().asString().contains("the archive is away");

        unreadable = false;
        assertThat(fetchPatiently()).isEqualTo(42);
        assertThat(groups.problems()).isEmpty();
    }

    @Test
    void aRequestThatComesWhileGroupsAreFirstLoadedWaitsForThem() throws Exception {
        assertThat(commitPatiently(42)).isEqualTo(Errors.NONE);
        groups.close();
        readable = new CompletableFuture<>();
        groups = coordination(Map.of());

        CompletableFuture<OffsetFetchResponseGroup> answer = new CompletableFuture<>();
        Thread.ofVirtual()
                .start(() -> {
                    try {
                        answer.complete(fetch());
                    } catch (Exception failed) {
                        answer.completeExceptionally(failed);
                    }
                });
        Thread.sleep(200);
        assertThat(answer).isNotDone();

        readable.complete(null);
        assertThat(offset(answer.get(10, TimeUnit.SECONDS))).isEqualTo(42);
    }

    @Test
    void aCommitThatTheLogRefusesFailsAndTheGroupGoesBackToWhatTheLogHas() throws Exception {
        assertThat(commitPatiently(1)).isEqualTo(Errors.NONE);
        // somebody else's batch in the partition: the next append is not where it was promised
        int partition = groups.partitionFor(GROUP);
        node.internalTopics
                .open(InternalTopic.CONSUMER_OFFSETS, partition, (_, _) -> {})
                .append(Strangers.unknownRecord())
                .durable()
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);

        assertThat(commit(2, -1)).isNotEqualTo(Errors.NONE);

        assertThat(fetchPatiently()).isIn(1L, 2L);
        assertThat(commitPatiently(3)).isEqualTo(Errors.NONE);
        assertThat(fetchPatiently()).isEqualTo(3);
    }

    @Test
    void offsetsOfAnEmptyGroupExpire() throws Exception {
        groups.close();
        groups = coordination(Map.of("offsets.retention.check.interval.ms", 100L));
        assertThat(commitPatiently(5)).isEqualTo(Errors.NONE);
        assertThat(commit(5, 1)).isEqualTo(Errors.NONE);

        long offset = fetchPatiently();
        while (offset != -1) {
            Thread.sleep(50);
            offset = fetchPatiently();
        }
    }

    @Test
    void offsetsOfATransactionCountWhenItIsCommittedAndOnlyThen() throws Exception {
        assertThat(commitPatiently(1)).isEqualTo(Errors.NONE);
        short epoch = 0;

        assertThat(commitInTransaction(10, epoch)).isEqualTo(Errors.NONE);
        assertThat(fetchPatiently()).isEqualTo(1);
        groups.complete(ending(TransactionResult.ABORT), Optional.empty()).get();
        assertThat(fetchPatiently()).isEqualTo(1);

        assertThat(commitInTransaction(20, epoch)).isEqualTo(Errors.NONE);
        assertThat(commitInTransaction(21, epoch)).isEqualTo(Errors.NONE);
        groups.complete(ending(TransactionResult.COMMIT), Optional.empty()).get();
        assertThat(fetchPatiently()).isEqualTo(21);

        groups.close();
        groups = coordination(Map.of());
        assertThat(fetchPatiently()).isEqualTo(21);
    }

    private OffsetsTransactions.Ending ending(TransactionResult result) {
        return new OffsetsTransactions.Ending(
                groups.partitionFor(GROUP), 7, (short) 0, 0, result, (short) 2);
    }

    private Errors commitInTransaction(long offset, short epoch) throws Exception {
        TxnOffsetCommitRequestData data =
                new TxnOffsetCommitRequestData()
                        .setGroupId(GROUP)
                        .setTransactionalId("tx")
                        .setProducerId(7)
                        .setProducerEpoch(epoch)
                        .setTopics(
                                List.of(
                                        new TxnOffsetCommitRequestTopic()
                                                .setName(TOPIC)
                                                .setPartitions(
                                                        List.of(
                                                                new TxnOffsetCommitRequestPartition()
                                                                        .setCommittedOffset(offset)
                                                                        .setCommittedMetadata(
                                                                                "")))));
        TxnOffsetCommitResponseData answer =
                (TxnOffsetCommitResponseData) call(ApiKeys.TXN_OFFSET_COMMIT, data, 3);
        return Errors.forCode(answer.topics().getFirst().partitions().getFirst().errorCode());
    }

    @Test
    void wrongMembersGroupsAndTimesGetKafkasErrors() throws Exception {
        assertThat(commitPatiently(1)).isEqualTo(Errors.NONE);

        HeartbeatRequestData heartbeat =
                new HeartbeatRequestData().setGroupId(GROUP).setMemberId("nobody");
        assertThat(heartbeat(heartbeat)).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
        assertThat(heartbeat(heartbeat.setGroupId("unheard-of")))
                .isIn(Errors.UNKNOWN_MEMBER_ID, Errors.COORDINATOR_LOAD_IN_PROGRESS);
        assertThat(join("", 10_000)).isEqualTo(Errors.INVALID_GROUP_ID);
        assertThat(join(GROUP, 1)).isEqualTo(Errors.INVALID_SESSION_TIMEOUT);
        assertThat(join(GROUP, 10_000)).isEqualTo(Errors.MEMBER_ID_REQUIRED);
    }

    private Errors heartbeat(HeartbeatRequestData data) throws Exception {
        return Errors.forCode(
                ((HeartbeatResponseData) call(ApiKeys.HEARTBEAT, data, 4)).errorCode());
    }

    private Errors join(String group, int sessionTimeoutMs) throws Exception {
        JoinGroupRequestData data =
                new JoinGroupRequestData()
                        .setGroupId(group)
                        .setSessionTimeoutMs(sessionTimeoutMs)
                        .setRebalanceTimeoutMs(1_000)
                        .setProtocolType("consumer");
        data.protocols()
                .add(
                        new JoinGroupRequestData.JoinGroupRequestProtocol()
                                .setName("range")
                                .setMetadata(new byte[0]));
        return Errors.forCode(
                ((JoinGroupResponseData) call(ApiKeys.JOIN_GROUP, data, 9)).errorCode());
    }
}
