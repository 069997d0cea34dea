package io.annals.ingest.group;

import io.annals.ingest.internal.InternalTopic;
import io.annals.ingest.internal.InternalTopics;
import io.annals.protocol.RequestContext;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest;
import org.apache.kafka.common.requests.FindCoordinatorRequest.CoordinatorType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// FindCoordinator: this broker coordinates every group and every transactional id. The first
/// question makes the internal topic, as in Kafka.
final class CoordinatorLookup {
    private static final Logger logger = LoggerFactory.getLogger(CoordinatorLookup.class);

    private final InternalTopics topics;
    private final int nodeId;
    private final Executor blocking;

    CoordinatorLookup(InternalTopics topics, int nodeId, Executor blocking) {
        this.topics = topics;
        this.nodeId = nodeId;
        this.blocking = blocking;
    }

    CompletableFuture<? extends ApiMessage> find(
            FindCoordinatorRequest request, RequestContext context) {
        byte type = request.data().keyType();
        return isReady(type)
                ? CompletableFuture.completedFuture(answer(request, context))
                : CompletableFuture.supplyAsync(() -> answer(request, context), blocking);
    }

    private boolean isReady(byte type) {
        return (type != CoordinatorType.GROUP.id() && type != CoordinatorType.TRANSACTION.id())
                || topics.find(topic(type)).isPresent();
    }

    private static InternalTopic topic(byte type) {
        return type == CoordinatorType.GROUP.id()
                ? InternalTopic.CONSUMER_OFFSETS
                : InternalTopic.TRANSACTION_STATE;
    }

    private FindCoordinatorResponseData answer(
            FindCoordinatorRequest request, RequestContext context) {
        Errors error = prepare(request.data().keyType());
        Node node =
                error == Errors.NONE
                        ? new Node(nodeId, context.listener().host(), context.listener().port())
                        : Node.noNode();
        return answer(request, error, node);
    }

    /// The same answer for each key that was asked for.
    static FindCoordinatorResponseData answer(
            FindCoordinatorRequest request, Errors error, Node node) {
        FindCoordinatorResponseData response = new FindCoordinatorResponseData();
        if (request.version() < FindCoordinatorRequest.MIN_BATCHED_VERSION) {
            return response.setErrorCode(error.code())
                    .setErrorMessage(error.message())
                    .setNodeId(node.id())
                    .setHost(node.host())
                    .setPort(node.port());
        }
        for (String key : request.data().coordinatorKeys()) {
            response.coordinators()
                    .add(
                            new Coordinator()
                                    .setKey(key)
                                    .setErrorCode(error.code())
                                    .setErrorMessage(error == Errors.NONE ? "" : error.message())
                                    .setNodeId(node.id())
                                    .setHost(node.host())
                                    .setPort(node.port()));
        }
        return response;
    }

    private Errors prepare(byte type) {
        if (type == CoordinatorType.SHARE.id()) {
            return Errors.INVALID_REQUEST; // there is no share coordinator
        }
        CoordinatorType.forId(type); // throws what Kafka throws for an unknown type
        try {
            topics.ensure(topic(type));
            return Errors.NONE;
        } catch (IOException e) {
            logger.atWarn().setCause(e).log("cannot make the topic of a coordinator");
            return Errors.COORDINATOR_NOT_AVAILABLE;
        }
    }
}
