package io.annals.compatibility.differential;

import static io.annals.compatibility.differential.GroupRequests.assigning;
import static io.annals.compatibility.differential.GroupRequests.committing;
import static io.annals.compatibility.differential.GroupRequests.heartbeat;
import static io.annals.compatibility.differential.GroupRequests.joining;
import static io.annals.compatibility.differential.GroupRequests.leaving;
import static io.annals.compatibility.differential.GroupRequests.member;
import static io.annals.compatibility.differential.GroupRequests.syncing;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/// Members of a classic group that keep their place by a group instance id: joining, coming back,
/// taking over from one another and being fenced for it, leaving (KIP-345, KIP-814).
final class StaticMembersDialogue implements Dialogue {
    private static final String TOPIC = "static";
    private static final String GROUP = "static";
    private static final String ONE = "one";
    private static final String TWO = "two";

    @Override
    public String name() {
        return "static members";
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(
                ApiKeys.JOIN_GROUP,
                ApiKeys.SYNC_GROUP,
                ApiKeys.HEARTBEAT,
                ApiKeys.LEAVE_GROUP,
                ApiKeys.OFFSET_COMMIT,
                ApiKeys.DESCRIBE_GROUPS,
                ApiKeys.DELETE_GROUPS);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        conversation.stage(TOPIC, 2);
        names(conversation);
        everyVersion(conversation);
        String first = join(conversation);
        anyone(conversation, first, 1);
        conversation.ask(joining(GROUP, first).setGroupInstanceId(ONE)); // the leader rejoins
        sync(conversation, first, 2);
        String second = takeOver(conversation, first);
        anyone(conversation, first, 2);
        anyone(conversation, second, 2);
        conversation.ask(otherwise(joining(GROUP, "").setGroupInstanceId(ONE)));
        describe(conversation);
        company(conversation);
        leave(conversation, first);
        conversation.askInEveryVersion(
                new DeleteGroupsRequestData().setGroupsNames(List.of(GROUP)));
    }

    private static void names(Conversation conversation) throws IOException {
        for (String instance : List.of("", ".", "..", "a b", "x".repeat(249), "x".repeat(250))) {
            conversation.ask(
                    joining("static " + instance.length() + instance.hashCode(), "")
                            .setGroupInstanceId(instance));
        }
    }

    /// A member alone in a group of its own joins, comes back under another member id, and leaves.
    private static void everyVersion(Conversation conversation) throws IOException {
        for (short version : conversation.served().of(ApiKeys.JOIN_GROUP)) {
            if (version < 5) {
                continue; // knows no instances
            }
            String group = "static-" + version;
            JoinGroupRequestData data = joining(group, "").setGroupInstanceId(ONE);
            String before = drawn(conversation, conversation.ask(data, version), "<before>");
            String after = drawn(conversation, conversation.ask(data, version), "<after>");
            for (String who : List.of(before, after, "ghost", "")) {
                conversation.ask(joining(group, who).setGroupInstanceId(ONE), version);
            }
        }
        for (short version : conversation.served().of(ApiKeys.LEAVE_GROUP)) {
            if (version >= 3) {
                conversation.ask(
                        leaving("static-" + (version + 2), member("").setGroupInstanceId(ONE)),
                        version);
            }
        }
    }

    private static String drawn(Conversation conversation, JsonNode answer, String name) {
        String member = answer.path("member_id").asText();
        conversation.call(member, name);
        return member;
    }

    /// @return the id of the member that is now instance one
    private static String join(Conversation conversation) throws IOException {
        JsonNode joined = conversation.ask(joining(GROUP, "").setGroupInstanceId(ONE));
        String member = drawn(conversation, joined, "<first>");
        conversation.ask(syncing(GROUP, member, 1).setGroupInstanceId(TWO));
        conversation.ask(syncing(GROUP, "ghost", 1).setGroupInstanceId(ONE));
        sync(conversation, member, 1);
        return member;
    }

    private static void sync(Conversation conversation, String member, int generation)
            throws IOException {
        conversation.ask(
                syncing(GROUP, member, generation)
                        .setGroupInstanceId(ONE)
                        .setAssignments(List.of(assigning(member))));
    }

    /// Somebody new says to be instance one: the member that was, is fenced.
    private static String takeOver(Conversation conversation, String first) throws IOException {
        JsonNode joined = conversation.ask(joining(GROUP, "").setGroupInstanceId(ONE));
        String second = drawn(conversation, joined, "<second>");
        for (String who : List.of(first, second)) {
            conversation.ask(syncing(GROUP, who, 2).setGroupInstanceId(ONE));
            conversation.ask(joining(GROUP, who).setGroupInstanceId(TWO));
        }
        conversation.ask(joining(GROUP, first).setGroupInstanceId(ONE));
        conversation.ask(leaving(GROUP, member(first).setGroupInstanceId(ONE), member(first)));
        return second;
    }

    /// A member under its own name and others', in the right generation and others.
    private static void anyone(Conversation conversation, String member, int generation)
            throws IOException {
        for (@Nullable String instance : new @Nullable String[] {ONE, TWO, "", null}) {
            for (String who : List.of(member, "ghost", "")) {
                for (int of : new int[] {generation, generation + 1, -1}) {
                    conversation.ask(heartbeat(GROUP, who, of).setGroupInstanceId(instance));
                    conversation.ask(
                            committing(GROUP, who, of, TOPIC, 0).setGroupInstanceId(instance),
                            (short) 8);
                }
            }
        }
    }

    /// With a subscription that differs, which takes a rebalance.
    private static JoinGroupRequestData otherwise(JoinGroupRequestData data) {
        data.protocols()
                .iterator()
                .next()
                .setMetadata(new byte[] {0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 7});
        return data.setReason("a new subscription");
    }

    /// A second instance joins and waits for the first, which does not come, and stays a member.
    private static void company(Conversation conversation) throws IOException {
        JsonNode joined = conversation.ask(joining(GROUP, "").setGroupInstanceId(TWO));
        String other = drawn(conversation, joined, "<other>");
        int generation = joined.path("generation_id").asInt();
        conversation.ask(heartbeat(GROUP, other, generation).setGroupInstanceId(TWO));
        conversation.ask(heartbeat(GROUP, other, generation).setGroupInstanceId(ONE));
        conversation.ask(joining(GROUP, "")); // one without an instance needs an id first
        describe(conversation);
    }

    private static void describe(Conversation conversation) throws IOException {
        conversation.askInEveryVersion(new DescribeGroupsRequestData().setGroups(List.of(GROUP)));
    }

    private static void leave(Conversation conversation, String fenced)
            throws IOException, InterruptedException {
        conversation.ask(leaving(GROUP));
        conversation.ask(leaving("none", member("").setGroupInstanceId(ONE)));
        conversation.ask(
                leaving(
                        GROUP,
                        member(fenced).setGroupInstanceId(ONE),
                        member("ghost").setGroupInstanceId("three"),
                        member("").setGroupInstanceId("four"),
                        member("").setGroupInstanceId(ONE).setReason("by an administrator"),
                        member("").setGroupInstanceId(TWO)));
        conversation.ask(leaving(GROUP, member("").setGroupInstanceId(TWO)));
        awaitEmpty(conversation);
        describe(conversation);
    }

    /// The last rebalance of a group that somebody asked to join is ended by a timer.
    private static void awaitEmpty(Conversation conversation)
            throws IOException, InterruptedException {
        conversation.awaitAnswer(
                new DescribeGroupsRequestData().setGroups(List.of(GROUP)),
                conversation.served().newest(ApiKeys.DESCRIBE_GROUPS),
                answer ->
                        answer.path("groups").path(0).path("group_state").asText().equals("Empty"));
    }
}
