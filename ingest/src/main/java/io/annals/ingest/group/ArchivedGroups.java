package io.annals.ingest.group;

import com.yammer.metrics.core.MetricsRegistry;
import io.annals.ingest.AuthorizedOperations;
import io.annals.ingest.TopicCatalog;
import io.annals.ingest.internal.InternalLogReader;
import io.annals.ingest.internal.InternalTopic;
import io.annals.ingest.internal.InternalTopicFollower;
import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.requests.ConsumerGroupDescribeRequest;
import org.apache.kafka.common.requests.DescribeGroupsRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.jspecify.annotations.Nullable;

/// Groups as `__consumer_offsets` told of them when it was archived, for a server that only reads:
/// their members, assignments and committed offsets, in Kafka's own state machine, which is fed by
/// replay alone. Nobody joins, nothing times out, nothing is written. Offsets of open transactions
/// do not count; who asks for stable ones hears that they are not.
///
/// Thread-safe; [#follow] runs once at a time.
public final class ArchivedGroups implements AutoCloseable {
    private final TopicCatalog topics;
    private final InternalTopicFollower follower;
    private final TopicImages images;
    private final Broker broker;
    private final Metrics metrics = new Metrics();
    private final GroupCoordinatorMetrics groupMetrics =
            new GroupCoordinatorMetrics(new MetricsRegistry(), metrics);
    private final Function<Integer, ReplayedGroups> partition;

    /// Guards the two below and what they hold.
    private final ReentrantLock lock = new ReentrantLock();

    /// By partition of the topic; one without groups if there is no topic.
    private List<ReplayedGroups> partitions;

    private Topics shown =
            new Topics(
                    new MetadataDelta.Builder().setImage(MetadataImage.EMPTY).build(),
                    MetadataImage.EMPTY);

    private record Topics(MetadataDelta delta, MetadataImage image) {}

    /// What this server is to its clients.
    public record Broker(int id, InstantSource clock) {}

    /// @param reader reads the archive
    public ArchivedGroups(
            TopicCatalog topics, InternalLogReader reader, GroupSettings settings, Broker broker) {
        this.topics = topics;
        this.follower = new InternalTopicFollower(topics, reader, InternalTopic.CONSUMER_OFFSETS);
        this.images = new TopicImages(topics, broker.id(), broker.clock(), this::showTopics);
        this.broker = broker;
        GroupCoordinatorConfig config = settings.parse();
        this.partition = index -> new ReplayedGroups(index, config, groupMetrics);
        this.partitions = List.of(partition.apply(0));
    }

    /// Reads what was archived since it was called before.
    ///
    /// @throws IOException if that cannot be read: the rest is read next time
    public void follow() throws IOException {
        images.publishChanges();
        follower.follow(new Replay());
    }

    private final class Replay implements InternalTopicFollower.Replay {
        @Override
        public void begin(int partitionCount) {
            List<ReplayedGroups> fresh =
                    IntStream.range(0, Math.max(1, partitionCount))
                            .mapToObj(partition::apply)
                            .toList();
            locked(() -> {
                partitions = fresh;
                partitions.forEach(one -> one.showTopics(shown.delta, shown.image));
                return null;
            });
        }

        @Override
        public void batch(int index, RecordBatch batch) {
            locked(() -> {
                partitions.get(index).replay(batch);
                return null;
            });
        }

        @Override
        public void end(int index, long position) {
            locked(() -> {
                partitions.get(index).show(position);
                return null;
            });
        }
    }

    private void showTopics(MetadataDelta delta, MetadataImage image) {
        locked(() -> {
            shown = new Topics(delta, image);
            partitions.forEach(one -> one.showTopics(delta, image));
            return null;
        });
    }

    private <T extends @Nullable Object> T locked(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    /// Those that ask for groups and change nothing.
    public List<RequestHandler<?>> handlers() {
        return List.of(
                new GroupHandler<>(
                        ApiKeys.FIND_COORDINATOR, FindCoordinatorRequest.class, this::find),
                new GroupHandler<>(ApiKeys.LIST_GROUPS, ListGroupsRequest.class, this::list),
                new GroupHandler<>(
                        ApiKeys.DESCRIBE_GROUPS, DescribeGroupsRequest.class, this::describe),
                new GroupHandler<>(
                        ApiKeys.CONSUMER_GROUP_DESCRIBE,
                        ConsumerGroupDescribeRequest.class,
                        this::consumerDescribe),
                new OffsetFetchApi(
                                topics,
                                (_, group, stable) ->
                                        CompletableFuture.supplyAsync(
                                                () -> committed(group, stable), Runnable::run))
                        .handler());
    }

    /// What a group has committed, of the topics asked for or of all.
    ///
    /// @param stable as Kafka: an error where a transaction may be about to commit another offset
    OffsetFetchResponseGroup committed(OffsetFetchRequestGroup asked, boolean stable) {
        return locked(() -> of(asked.groupId()).committed(asked, stable));
    }

    /// Kafka's hash. Called with the lock.
    private ReplayedGroups of(String group) {
        return partitions.get(Utils.abs(group.hashCode()) % partitions.size());
    }

    private CompletableFuture<ListGroupsResponseData> list(
            ListGroupsRequest request, RequestContext context) {
        ListGroupsResponseData response = new ListGroupsResponseData();
        locked(() -> {
            partitions.forEach(one -> response.groups().addAll(one.list(request.data())));
            return null;
        });
        return CompletableFuture.completedFuture(response);
    }

    private CompletableFuture<DescribeGroupsResponseData> describe(
            DescribeGroupsRequest request, RequestContext context) {
        Caller caller = new Caller(ApiKeys.DESCRIBE_GROUPS, context);
        List<DescribeGroupsResponseData.DescribedGroup> groups =
                locked(() ->
                        request.data().groups().stream()
                                .flatMap(group -> of(group).describe(caller, group).stream())
                                .toList());
        if (request.data().includeAuthorizedOperations()) {
            groups.stream()
                    .filter(group -> group.errorCode() == Errors.NONE.code())
                    .forEach(group -> group.setAuthorizedOperations(AuthorizedOperations.GROUP));
        }
        return CompletableFuture.completedFuture(
                new DescribeGroupsResponseData().setGroups(groups));
    }

    private CompletableFuture<ConsumerGroupDescribeResponseData> consumerDescribe(
            ConsumerGroupDescribeRequest request, RequestContext context) {
        List<ConsumerGroupDescribeResponseData.DescribedGroup> groups =
                locked(() ->
                        request.data().groupIds().stream()
                                .flatMap(group -> of(group).consumerDescribe(group).stream())
                                .toList());
        if (request.data().includeAuthorizedOperations()) {
            groups.stream()
                    .filter(group -> group.errorCode() == Errors.NONE.code())
                    .forEach(group -> group.setAuthorizedOperations(AuthorizedOperations.GROUP));
        }
        return CompletableFuture.completedFuture(
                new ConsumerGroupDescribeResponseData().setGroups(groups));
    }

    /// Transactional ids, too: what they were doing can be asked.
    private CompletableFuture<? extends ApiMessage> find(
            FindCoordinatorRequest request, RequestContext context) {
        CoordinatorType type = CoordinatorType.forId(request.data().keyType());
        boolean isKept = type == CoordinatorType.GROUP || type == CoordinatorType.TRANSACTION;
        Node node =
                isKept
                        ? new Node(
                                broker.id(), context.listener().host(), context.listener().port())
                        : Node.noNode();
        Errors error = isKept ? Errors.NONE : Errors.INVALID_REQUEST;
        return CompletableFuture.completedFuture(CoordinatorLookup.answer(request, error, node));
    }

    @Override
    public void close() {
        groupMetrics.close();
        metrics.close();
    }
}
