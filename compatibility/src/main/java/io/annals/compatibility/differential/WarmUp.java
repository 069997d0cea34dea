package io.annals.compatibility.differential;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/// Asks each partition of both coordinators until it serves: they load when first asked, in their
/// own time.
final class WarmUp implements Dialogue {
    private static final int CHECKS = 400;

    /// Consecutive names fall into consecutive partitions.
    private static final int NAMES = 10;

    private static final Set<Errors> NOT_YET =
            EnumSet.of(
                    Errors.COORDINATOR_NOT_AVAILABLE,
                    Errors.COORDINATOR_LOAD_IN_PROGRESS,
                    Errors.NOT_COORDINATOR);

    @Override
    public String name() {
        return "warm-up";
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.noneOf(ApiKeys.class);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        List<String> names = IntStream.range(0, NAMES).mapToObj(i -> "warm-" + i).toList();
        for (byte type : new byte[] {0, 1}) {
            await(
                    conversation,
                    new FindCoordinatorRequestData().setKeyType(type).setCoordinatorKeys(names));
        }
        await(conversation, new InitProducerIdRequestData().setTransactionalId(null));
        await(conversation, new DescribeGroupsRequestData().setGroups(names));
        for (String name : names) {
            await(
                    conversation,
                    new InitProducerIdRequestData()
                            .setTransactionalId(name)
                            .setTransactionTimeoutMs(1_000));
        }
    }

    private static void await(Conversation conversation, ApiMessage request)
            throws IOException, InterruptedException {
        for (int i = 0; i < CHECKS; i++) {
            if (serves(conversation.ask(request))) {
                return;
            }
            conversation.settle();
        }
        throw new IOException("not served in time: " + request);
    }

    private static boolean serves(JsonNode answer) {
        return answer.isObject()
                && answer.findValues("error_code").stream()
                        .noneMatch(code -> NOT_YET.contains(Errors.forCode((short) code.asInt())));
    }
}
