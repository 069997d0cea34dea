package io.annals.compatibility.differential;

import static io.annals.compatibility.differential.GroupRequests.beating;
import static io.annals.compatibility.differential.GroupRequests.committing;
import static io.annals.compatibility.differential.GroupRequests.fetching;
import static io.annals.compatibility.differential.GroupRequests.joining;
import static io.annals.compatibility.differential.GroupRequests.leaving;
import static io.annals.compatibility.differential.GroupRequests.member;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/// Static members of the new protocol (KIP-848): an instance that is held cannot be taken, one that
/// its member has left for a while (epoch -2) can, and then fences that member.
final class StaticConsumersDialogue implements Dialogue {
    private static final String TOPIC = "static-consumers";
    private static final String GROUP = "static-consumers";
    private static final String ONE = "one";
    private static final String FIRST = "AAAAAAAAAAAAAAAAAAAAAQ";
    private static final String SECOND = "AAAAAAAAAAAAAAAAAAAAAg";
    private static final int FOR_A_WHILE = -2;
    private static final int FOR_GOOD = -1;
    private static final short COMMIT_BY_NAME = 9;
    private static final short FETCH_BY_NAME = 9;

    @Override
    public String name() {
        return "static consumers";
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(
                ApiKeys.CONSUMER_GROUP_HEARTBEAT,
                ApiKeys.CONSUMER_GROUP_DESCRIBE,
                ApiKeys.JOIN_GROUP,
                ApiKeys.LEAVE_GROUP,
                ApiKeys.OFFSET_COMMIT,
                ApiKeys.OFFSET_FETCH);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        conversation.stage(TOPIC, 2);
        conversation.ask(from(FIRST, 0, ""));
        conversation.ask(from(FIRST, FOR_A_WHILE, ONE)); // no such group yet
        int epoch = epoch(conversation, from(FIRST, 0, ONE));
        conversation.ask(from(SECOND, 0, ONE)); // held by another
        anyone(conversation, FIRST, epoch);
        for (String who : List.of(SECOND, FIRST, FIRST)) {
            conversation.ask(from(who, FOR_A_WHILE, ONE));
        }
        describe(conversation);
        anyone(conversation, FIRST, epoch);
        int next = epoch(conversation, from(SECOND, 0, ONE));
        describe(conversation);
        anyone(conversation, FIRST, next);
        anyone(conversation, SECOND, next);
        for (String who : List.of(FIRST, SECOND)) {
            for (@Nullable String instance : new @Nullable String[] {"two", null}) {
                conversation.ask(from(who, FOR_A_WHILE, instance));
            }
        }
        conversation.ask(joining(GROUP, "").setGroupInstanceId(ONE));
        conversation.ask(from(FIRST, 0, "two"));
        conversation.ask(from(FIRST, 0, "three")); // under another name
        describe(conversation);
        leave(conversation);
    }

    private static int epoch(Conversation conversation, ConsumerGroupHeartbeatRequestData data)
            throws IOException {
        return conversation.ask(data).path("member_epoch").asInt();
    }

    private static ConsumerGroupHeartbeatRequestData from(
            String member, int epoch, @Nullable String instance) {
        return beating(GROUP, member, epoch, TOPIC).setInstanceId(instance);
    }

    private static void anyone(Conversation conversation, String member, int epoch)
            throws IOException {
        for (@Nullable String instance : new @Nullable String[] {ONE, "two", null}) {
            for (String who : List.of(member, "ghost")) {
                for (int of : new int[] {epoch, epoch + 1}) {
                    conversation.ask(from(who, of, instance));
                    conversation.ask(
                            committing(GROUP, who, of, TOPIC, 0).setGroupInstanceId(instance),
                            COMMIT_BY_NAME);
                }
            }
        }
        for (int of : new int[] {epoch, epoch - 1, FOR_A_WHILE}) {
            conversation.ask(
                    new OffsetFetchRequestData()
                            .setGroups(
                                    List.of(
                                            fetching(GROUP)
                                                    .setMemberId(member)
                                                    .setMemberEpoch(of)
                                                    .setTopics(null))),
                    FETCH_BY_NAME);
        }
    }

    private static void describe(Conversation conversation) throws IOException {
        conversation.askInEveryVersion(
                new ConsumerGroupDescribeRequestData().setGroupIds(List.of(GROUP)));
    }

    /// By hand of an administrator, for a while, and for good.
    private static void leave(Conversation conversation) throws IOException {
        conversation.ask(
                leaving(
                        GROUP,
                        member(FIRST).setGroupInstanceId(ONE),
                        member("").setGroupInstanceId("two"),
                        member("").setGroupInstanceId(ONE)));
        describe(conversation);
        conversation.ask(from(SECOND, FOR_GOOD, ONE));
        conversation.ask(from(SECOND, 0, ONE));
        conversation.ask(from(SECOND, FOR_A_WHILE, ONE));
        conversation.ask(from(SECOND, 0, ONE)); // the same member comes back
        conversation.ask(from(SECOND, FOR_GOOD, ONE));
        describe(conversation);
    }
}
