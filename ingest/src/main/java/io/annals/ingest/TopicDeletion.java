package io.annals.ingest;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.common.requests.DeleteTopicsRequest;
import org.jspecify.annotations.Nullable;

/// Deletes topics by name and by id, and refuses whatever names one topic twice. Blocking.
final class TopicDeletion {
    private final TopicCatalog topics;

    TopicDeletion(TopicCatalog topics) {
        this.topics = topics;
    }

    DeleteTopicsResponseData delete(DeleteTopicsRequest request) {
        List<DeleteTopicState> states = request.topics();
        Set<String> repeatedNames =
                repeated(
                        states,
                        state -> state.topicId().equals(Uuid.ZERO_UUID) ? state.name() : null);
        Set<Uuid> repeatedIds =
                repeated(states, state -> state.name() == null ? state.topicId() : null);
        if (states.stream().anyMatch(TopicDeletion::saysOneThing)) {
            AdminHandlers.requireTime(request.data().timeoutMs());
        }
        Map<Uuid, String> deletable = new HashMap<>();
        List<DeletableTopicResult> results = new ArrayList<>();
        repeatedNames.forEach(name ->
                results.add(result(name, Uuid.ZERO_UUID, invalid("Duplicate topic name."))));
        for (DeleteTopicState state : states) {
            if (state.name() == null) {
                if (state.topicId().equals(Uuid.ZERO_UUID)) {
                    results.add(
                            result(
                                    null,
                                    Uuid.ZERO_UUID,
                                    invalid("Neither topic name nor id were specified.")));
                } else if (!repeatedIds.contains(state.topicId())) {
                    resolve(state, topics.topic(state.topicId()), deletable, results);
                }
            } else if (!state.topicId().equals(Uuid.ZERO_UUID)) {
                results.add(
                        result(
                                state.name(),
                                state.topicId(),
                                invalid("You may not specify both topic name and topic id.")));
            } else if (!repeatedNames.contains(state.name())) {
                resolve(state, topics.topic(state.name()), deletable, results);
            }
        }
        repeatedIds.stream()
                .filter(id -> !id.equals(Uuid.ZERO_UUID))
                .forEach(id -> results.add(result(null, id, invalid("Duplicate topic id."))));
        deletable.forEach((id, name) -> results.add(result(name, id, topics.delete(id).error())));

        DeleteTopicsResponseData response = new DeleteTopicsResponseData();
        results.forEach(response.responses()::add);
        return response;
    }

    private static boolean saysOneThing(DeleteTopicState state) {
        return (state.name() == null) != state.topicId().equals(Uuid.ZERO_UUID);
    }

    private static void resolve(
            DeleteTopicState state,
            Optional<Topic> found,
            Map<Uuid, String> deletable,
            List<DeletableTopicResult> results) {
        if (found.isEmpty()) {
            Errors unknown =
                    state.name() == null
                            ? Errors.UNKNOWN_TOPIC_ID
                            : Errors.UNKNOWN_TOPIC_OR_PARTITION;
            results.add(
                    result(
                            state.name(),
                            state.topicId(),
                            new ApiError(unknown, unknown.message())));
        } else if (deletable.putIfAbsent(found.get().id(), found.get().name()) != null) {
            deletable.remove(found.get().id());
            results.add(
                    result(
                            found.get().name(),
                            found.get().id(),
                            invalid(
                                    "The provided topic name maps to an ID that was already supplied.")));
        }
    }

    private static <T> Set<T> repeated(
            List<DeleteTopicState> states, Function<DeleteTopicState, @Nullable T> key) {
        Map<T, Integer> counts = new HashMap<>();
        for (DeleteTopicState state : states) {
            T one = key.apply(state);
            if (one != null) {
                counts.merge(one, 1, Integer::sum);
            }
        }
        return counts.entrySet().stream()
                .filter(entry -> entry.getValue() > 1)
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
    }

    private static ApiError invalid(String message) {
        return new ApiError(Errors.INVALID_REQUEST, message);
    }

    private static DeletableTopicResult result(@Nullable String name, Uuid id, ApiError error) {
        return new DeletableTopicResult()
                .setName(name)
                .setTopicId(id)
                .setErrorCode(error.error().code())
                .setErrorMessage(error.message());
    }
}
