package io.annals.ingest.group;

import static org.apache.kafka.common.utils.internals.BufferSupplier.NO_CACHING;

import io.annals.ingest.AuthorizedOperations;
import io.annals.protocol.RequestContext;
import io.annals.protocol.RequestHandler;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.InconsistentGroupProtocolException;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ConsumerGroupDescribeRequest;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatRequest;
import org.apache.kafka.common.requests.DeleteGroupsRequest;
import org.apache.kafka.common.requests.DescribeGroupsRequest;
import org.apache.kafka.common.requests.HeartbeatRequest;
import org.apache.kafka.common.requests.JoinGroupRequest;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.requests.LeaveGroupRequest;
import org.apache.kafka.common.requests.LeaveGroupResponse;
import org.apache.kafka.common.requests.ListGroupsRequest;
import org.apache.kafka.common.requests.SyncGroupRequest;
import org.apache.kafka.coordinator.group.GroupCoordinator;

/// Who is in a group: both protocols' membership, and what admins ask and delete. What Kafka's
/// request layer does around its coordinator is done here, version by version.
final class MembershipApis {
    private static final short DESCRIBE_WITH_OPERATIONS = 3;

    private final Supplier<CompletableFuture<GroupCoordinator>> coordinator;

    MembershipApis(Supplier<CompletableFuture<GroupCoordinator>> coordinator) {
        this.coordinator = coordinator;
    }

    List<RequestHandler<?>> handlers() {
        return List.of(
                new GroupHandler<>(ApiKeys.JOIN_GROUP, JoinGroupRequest.class, this::join),
                new GroupHandler<>(ApiKeys.SYNC_GROUP, SyncGroupRequest.class, this::sync),
                new GroupHandler<>(ApiKeys.HEARTBEAT, HeartbeatRequest.class, this::heartbeat),
                new GroupHandler<>(ApiKeys.LEAVE_GROUP, LeaveGroupRequest.class, this::leave),
                new GroupHandler<>(
                        ApiKeys.CONSUMER_GROUP_HEARTBEAT,
                        ConsumerGroupHeartbeatRequest.class,
                        this::consumerHeartbeat),
                new GroupHandler<>(ApiKeys.LIST_GROUPS, ListGroupsRequest.class, this::list),
                new GroupHandler<>(
                        ApiKeys.DESCRIBE_GROUPS, DescribeGroupsRequest.class, this::describe),
                new GroupHandler<>(
                        ApiKeys.CONSUMER_GROUP_DESCRIBE,
                        ConsumerGroupDescribeRequest.class,
                        this::consumerDescribe),
                new GroupHandler<>(ApiKeys.DELETE_GROUPS, DeleteGroupsRequest.class, this::delete));
    }

    private CompletableFuture<? extends ApiMessage> join(
            JoinGroupRequest request, RequestContext context) {
        Caller caller = new Caller(ApiKeys.JOIN_GROUP, context);
        return coordinator
                .get()
                .thenCompose(groups -> groups.joinGroup(caller, request.data(), NO_CACHING))
                .thenApply(data -> new JoinGroupResponse(data, request.version()).data());
    }

    private CompletableFuture<? extends ApiMessage> sync(
            SyncGroupRequest request, RequestContext context) {
        Caller caller = new Caller(ApiKeys.SYNC_GROUP, context);
        return request.areMandatoryProtocolTypeAndNamePresent()
                ? coordinator
                        .get()
                        .thenCompose(groups -> groups.syncGroup(caller, request.data(), NO_CACHING))
                : CompletableFuture.failedFuture(
                        new InconsistentGroupProtocolException(
                                Errors.INCONSISTENT_GROUP_PROTOCOL.message()));
    }

    private CompletableFuture<? extends ApiMessage> heartbeat(
            HeartbeatRequest request, RequestContext context) {
        Caller caller = new Caller(ApiKeys.HEARTBEAT, context);
        return coordinator.get().thenCompose(groups -> groups.heartbeat(caller, request.data()));
    }

    private CompletableFuture<? extends ApiMessage> leave(
            LeaveGroupRequest request, RequestContext context) {
        Caller caller = new Caller(ApiKeys.LEAVE_GROUP, context);
        return coordinator
                .get()
                .thenCompose(groups -> groups.leaveGroup(caller, request.normalizedData()))
                .thenApply(data -> new LeaveGroupResponse(data, request.version()).data());
    }

    private CompletableFuture<? extends ApiMessage> consumerHeartbeat(
            ConsumerGroupHeartbeatRequest request, RequestContext context) {
        Caller caller = new Caller(ApiKeys.CONSUMER_GROUP_HEARTBEAT, context);
        return coordinator
                .get()
                .thenCompose(groups -> groups.consumerGroupHeartbeat(caller, request.data()));
    }

    private CompletableFuture<? extends ApiMessage> list(
            ListGroupsRequest request, RequestContext context) {
        Caller caller = new Caller(ApiKeys.LIST_GROUPS, context);
        return coordinator.get().thenCompose(groups -> groups.listGroups(caller, request.data()));
    }

    private CompletableFuture<? extends ApiMessage> describe(
            DescribeGroupsRequest request, RequestContext context) {
        Caller caller = new Caller(ApiKeys.DESCRIBE_GROUPS, context);
        boolean withOperations =
                request.version() >= DESCRIBE_WITH_OPERATIONS
                        && request.data().includeAuthorizedOperations();
        return coordinator
                .get()
                .thenCompose(groups -> groups.describeGroups(caller, request.data().groups()))
                .thenApply(groups -> {
                    if (withOperations) {
                        groups.stream()
                                .filter(group -> group.errorCode() == Errors.NONE.code())
                                .forEach(group ->
                                        group.setAuthorizedOperations(AuthorizedOperations.GROUP));
                    }
                    return new DescribeGroupsResponseData().setGroups(groups);
                });
    }

    private CompletableFuture<? extends ApiMessage> consumerDescribe(
            ConsumerGroupDescribeRequest request, RequestContext context) {
        Caller caller = new Caller(ApiKeys.CONSUMER_GROUP_DESCRIBE, context);
        return coordinator
                .get()
                .thenCompose(
                        groups -> groups.consumerGroupDescribe(caller, request.data().groupIds()))
                .thenApply(groups -> {
                    if (request.data().includeAuthorizedOperations()) {
                        groups.stream()
                                .filter(group -> group.errorCode() == Errors.NONE.code())
                                .forEach(group ->
                                        group.setAuthorizedOperations(AuthorizedOperations.GROUP));
                    }
                    return new ConsumerGroupDescribeResponseData().setGroups(groups);
                });
    }

    private CompletableFuture<? extends ApiMessage> delete(
            DeleteGroupsRequest request, RequestContext context) {
        Caller caller = new Caller(ApiKeys.DELETE_GROUPS, context);
        List<String> names = request.data().groupsNames().stream().distinct().toList();
        return coordinator
                .get()
                .thenCompose(groups -> groups.deleteGroups(caller, names, NO_CACHING))
                .thenApply(results -> new DeleteGroupsResponseData().setResults(results));
    }
}
