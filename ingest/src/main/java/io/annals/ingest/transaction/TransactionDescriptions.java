package io.annals.ingest.transaction;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.annals.protocol.RequestHandler;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData.TopicData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeTransactionsRequest;
import org.apache.kafka.common.requests.ListTransactionsRequest;
import org.apache.kafka.coordinator.transaction.TransactionState;

/// ListTransactions and DescribeTransactions (KIP-664): what is said of the states there are.
/// Thread-safe.
final class TransactionDescriptions {
    private static final Comparator<TopicPartition> IN_ORDER =
            Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);

    private final TransactionStates states;
    private final InstantSource clock;

    TransactionDescriptions(TransactionStates states, InstantSource clock) {
        this.states = states;
        this.clock = clock;
    }

    List<RequestHandler<?>> all(Executor blocking) {
        return List.of(
                new AsyncHandler<>(
                        ApiKeys.DESCRIBE_TRANSACTIONS,
                        DescribeTransactionsRequest.class,
                        request -> CompletableFuture.completedFuture(describe(request)),
                        blocking),
                new AsyncHandler<>(
                        ApiKeys.LIST_TRANSACTIONS,
                        ListTransactionsRequest.class,
                        request -> CompletableFuture.completedFuture(list(request.data())),
                        blocking));
    }

    private DescribeTransactionsResponseData describe(DescribeTransactionsRequest request) {
        DescribeTransactionsResponseData response = new DescribeTransactionsResponseData();
        request.data()
                .transactionalIds()
                .forEach(id -> response.transactionStates().add(describe(id)));
        return response;
    }

    private DescribeTransactionsResponseData.TransactionState describe(String transactionalId) {
        DescribeTransactionsResponseData.TransactionState answer =
                new DescribeTransactionsResponseData.TransactionState()
                        .setTransactionalId(transactionalId);
        if (transactionalId.isEmpty()) {
            return answer.setErrorCode(Errors.INVALID_REQUEST.code());
        }
        if (!states.isLoaded()) {
            return answer.setErrorCode(Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
        }
        return states.state(transactionalId)
                .map(state -> describe(answer, state))
                .orElseGet(() -> answer.setErrorCode(Errors.TRANSACTIONAL_ID_NOT_FOUND.code()));
    }

    private static DescribeTransactionsResponseData.TransactionState describe(
            DescribeTransactionsResponseData.TransactionState answer, TransactionMetadata state) {
        List<TopicPartition> partitions = state.partitions().stream().sorted(IN_ORDER).toList();
        for (TopicPartition partition : partitions) {
            TopicData topic = answer.topics().find(partition.topic());
            if (topic == null) {
                topic = new TopicData().setTopic(partition.topic());
                answer.topics().add(topic);
            }
            topic.partitions().add(partition.partition());
        }
        return answer.setProducerId(state.producerId())
                .setProducerEpoch(state.producerEpoch())
                .setTransactionState(state.state().stateName())
                .setTransactionTimeoutMs(state.timeoutMs())
                .setTransactionStartTimeMs(state.startTimeMs());
    }

    private ListTransactionsResponseData list(ListTransactionsRequestData request) {
        ListTransactionsResponseData response = new ListTransactionsResponseData();
        if (!states.isLoaded()) {
            return response.setErrorCode(Errors.COORDINATOR_LOAD_IN_PROGRESS.code());
        }
        Set<TransactionState> wanted = EnumSet.noneOf(TransactionState.class);
        Set<String> unknown = new LinkedHashSet<>();
        for (String name : request.stateFilters()) {
            TransactionState.fromName(name).ifPresentOrElse(wanted::add, () -> unknown.add(name));
        }
        response.unknownStateFilters().addAll(unknown);
        Pattern pattern;
        try {
            String expression = request.transactionalIdPattern();
            pattern = Pattern.compile(expression == null ? "" : expression);
        } catch (PatternSyntaxException invalid) {
            return response.setErrorCode(Errors.INVALID_REGULAR_EXPRESSION.code());
        }
        boolean anyState = request.stateFilters().isEmpty();
        boolean anyId = pattern.pattern().isEmpty();
        for (TransactionMetadata state : states.states()) {
            if ((anyState || wanted.contains(state.state()))
                    && (anyId || pattern.matcher(state.transactionalId()).matches())
                    && isWanted(request, state)) {
                response.transactionStates()
                        .add(
                                new ListTransactionsResponseData.TransactionState()
                                        .setTransactionalId(state.transactionalId())
                                        .setProducerId(state.producerId())
                                        .setTransactionState(state.state().stateName()));
            }
        }
        return response;
    }

    private boolean isWanted(ListTransactionsRequestData request, TransactionMetadata state) {
        boolean longEnough =
                request.durationFilter() < 0
                        || clock.millis() - state.startTimeMs() > request.durationFilter();
        return longEnough
                && (request.producerIdFilters().isEmpty()
                        || request.producerIdFilters().contains(state.producerId()));
    }
}
