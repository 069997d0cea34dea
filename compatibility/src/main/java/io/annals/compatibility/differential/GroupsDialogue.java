package io.annals.compatibility.differential;

import static io.annals.compatibility.differential.GroupRequests.assigning;
import static io.annals.compatibility.differential.GroupRequests.beating;
import static io.annals.compatibility.differential.GroupRequests.committing;
import static io.annals.compatibility.differential.GroupRequests.fetching;
import static io.annals.compatibility.differential.GroupRequests.heartbeat;
import static io.annals.compatibility.differential.GroupRequests.joining;
import static io.annals.compatibility.differential.GroupRequests.leaving;
import static io.annals.compatibility.differential.GroupRequests.member;
import static io.annals.compatibility.differential.GroupRequests.syncing;

import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/// A group of the classic protocol and one of the new, joined, left and asked about rightly and
/// with wrong members, generations and epochs.
final class GroupsDialogue implements Dialogue {
    private static final String TOPIC = "groups";
    private static final String GROUP = "classic";
    private static final String NEW_GROUP = "new";

    @Override
    public String name() {
        return TOPIC;
    }

    @Override
    public Set<ApiKeys> needs() {
        return EnumSet.of(
                ApiKeys.FIND_COORDINATOR,
                ApiKeys.JOIN_GROUP,
                ApiKeys.SYNC_GROUP,
                ApiKeys.HEARTBEAT,
                ApiKeys.LEAVE_GROUP,
                ApiKeys.OFFSET_COMMIT,
                ApiKeys.OFFSET_FETCH,
                ApiKeys.LIST_GROUPS,
                ApiKeys.DESCRIBE_GROUPS,
                ApiKeys.DELETE_GROUPS,
                ApiKeys.OFFSET_DELETE,
                ApiKeys.CONSUMER_GROUP_HEARTBEAT,
                ApiKeys.CONSUMER_GROUP_DESCRIBE);
    }

    @Override
    public void hold(Conversation conversation) throws IOException, InterruptedException {
        conversation.stage(TOPIC, 2);
        coordinator(conversation);
        String member = join(conversation);
        wrongMembers(conversation, member);
        offsets(conversation, member);
        asked(conversation);
        conversation.ask(leaving(GROUP, member("ghost")));
        conversation.ask(leaving(GROUP, member(member)));
        deleteOffsets(conversation);
        newProtocol(conversation);
        for (String group : List.of(GROUP, "none", "")) {
            conversation.askInEveryVersion(
                    new DeleteGroupsRequestData().setGroupsNames(List.of(group)));
        }
    }

    private static void coordinator(Conversation conversation) throws IOException {
        FindCoordinatorRequestData find =
                new FindCoordinatorRequestData().setCoordinatorKeys(List.of(GROUP));
        conversation.ask(find);
        for (int type : new int[] {0, 3, 9}) {
            conversation.ask(
                    new FindCoordinatorRequestData()
                            .setKeyType((byte) type)
                            .setCoordinatorKeys(List.of("")));
        }
        conversation.askInEveryVersion(new FindCoordinatorRequestData().setKey(GROUP));
    }

    /// @return the id of the only member
    private static String join(Conversation conversation) throws IOException {
        conversation.ask(joining("", ""));
        conversation.ask(joining(GROUP, "ghost"));
        conversation.ask(joining(GROUP, "").setSessionTimeoutMs(1));
        conversation.ask(joining(GROUP, "").setSessionTimeoutMs(Integer.MAX_VALUE));
        conversation.ask(joining(GROUP, "").setProtocolType(""));
        JoinGroupRequestData none = joining("unlike", "");
        none.protocols().clear();
        conversation.ask(none);
        String member = conversation.ask(joining(GROUP, "")).path("member_id").asText();
        conversation.call(member, "<member>");
        conversation.ask(joining(GROUP, member));
        conversation.ask(joining(GROUP, member).setProtocolType("connect"));
        SyncGroupRequestData sync = syncing(GROUP, member, 1);
        sync.setAssignments(List.of(assigning(member)));
        conversation.ask(syncing(GROUP, member, 7));
        conversation.ask(syncing(GROUP, "ghost", 1));
        conversation.ask(sync);
        conversation.ask(sync);
        return member;
    }

    private static void wrongMembers(Conversation conversation, String member) throws IOException {
        for (String group : List.of(GROUP, "none", "")) {
            for (String who : List.of(member, "ghost", "")) {
                for (int generation : new int[] {1, 0, -1, 9}) {
                    conversation.ask(heartbeat(group, who, generation));
                }
            }
        }
    }

    private static void offsets(Conversation conversation, String member) throws IOException {
        for (String group : List.of(GROUP, "simple", "")) {
            for (int generation : new int[] {1, 0, -1}) {
                for (String who : List.of(member, "ghost", "")) {
                    conversation.ask(committing(group, who, generation, TOPIC, 0), (short) 8);
                }
            }
        }
        conversation.ask(committing("simple", "", -1, "none", 0), (short) 8);
        conversation.ask(committing("simple", "", -1, TOPIC, 9), (short) 8);
        conversation.ask(committing("simple", "", -1, TOPIC, -1), (short) 8);
        OffsetCommitRequestData wordy = committing("simple", "", -1, TOPIC, 0);
        wordy.topics().getFirst().partitions().getFirst().setCommittedMetadata("x".repeat(5_000));
        conversation.ask(wordy, (short) 8);
        for (String group : List.of(GROUP, "simple", "none", "")) {
            conversation.ask(
                    new OffsetFetchRequestData()
                            .setGroups(List.of(fetching(group).setTopics(null))),
                    (short) 8);
            conversation.ask(
                    new OffsetFetchRequestData()
                            .setGroupId(group)
                            .setTopics(
                                    List.of(
                                            new OffsetFetchRequestData.OffsetFetchRequestTopic()
                                                    .setName(TOPIC)
                                                    .setPartitionIndexes(List.of(0, 1, 9)))),
                    (short) 5);
        }
    }

    private static void asked(Conversation conversation) throws IOException {
        for (String group : List.of(GROUP, "simple", "none", "")) {
            conversation.askInEveryVersion(
                    new DescribeGroupsRequestData().setGroups(List.of(group)));
            conversation.askInEveryVersion(
                    new ConsumerGroupDescribeRequestData().setGroupIds(List.of(group)));
        }
        conversation.ask(new ListGroupsRequestData().setStatesFilter(List.of("nonsense")));
        conversation.ask(new ListGroupsRequestData().setTypesFilter(List.of("nonsense")));
    }

    private static void deleteOffsets(Conversation conversation) throws IOException {
        for (String group : List.of(GROUP, "none", "")) {
            for (int partition : new int[] {0, 1, 9}) {
                OffsetDeleteRequestData data = new OffsetDeleteRequestData().setGroupId(group);
                data.topics()
                        .add(
                                new OffsetDeleteRequestData.OffsetDeleteRequestTopic()
                                        .setName(TOPIC)
                                        .setPartitions(
                                                List.of(
                                                        new OffsetDeleteRequestData
                                                                        .OffsetDeleteRequestPartition()
                                                                .setPartitionIndex(partition))));
                conversation.askInEveryVersion(data);
            }
        }
    }

    private static void newProtocol(Conversation conversation) throws IOException {
        String member = "AAAAAAAAAAAAAAAAAAAAAQ";
        conversation.ask(beating("", member, 0, TOPIC));
        conversation.ask(beating(NEW_GROUP, "", 0, TOPIC));
        conversation.ask(beating(NEW_GROUP, member, 5, TOPIC));
        conversation.ask(beating(NEW_GROUP, member, 0, TOPIC).setRebalanceTimeoutMs(-1));
        conversation.ask(beating(NEW_GROUP, member, 0, TOPIC).setServerAssignor("nonsense"));
        conversation.ask(beating(NEW_GROUP, member, 0, TOPIC));
        for (int epoch : new int[] {1, 2, 9, -3}) {
            conversation.ask(beating(NEW_GROUP, member, epoch, TOPIC));
        }
        conversation.ask(beating(NEW_GROUP, "ghost", 1, TOPIC));
        conversation.ask(joining(NEW_GROUP, ""));
        conversation.ask(new ConsumerGroupDescribeRequestData().setGroupIds(List.of(NEW_GROUP)));
        conversation.ask(new DescribeGroupsRequestData().setGroups(List.of(NEW_GROUP)));
        conversation.ask(beating(NEW_GROUP, member, -1, TOPIC));
    }
}
