package io.annals.ingest;

import java.util.List;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestPartition;
import org.apache.kafka.common.message.OffsetCommitRequestData.OffsetCommitRequestTopic;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestPartition;
import org.apache.kafka.common.message.OffsetDeleteRequestData.OffsetDeleteRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopic;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestTopics;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/// One small request per group API, valid in the version asked for; other APIs in [AdminRequests].
final class GroupRequests {
    private static final String GROUP = "g";
    private static final short GROUPS_BATCHED = 8;
    private static final short COORDINATORS_BATCHED = 4;
    private static final short LEAVERS_BATCHED = 3;

    private GroupRequests() {}

    /// @param partition what offsets are about; by id or by name, as the version has it
    static ApiMessage of(ApiKeys key, short version, TopicIdPartition partition) {
        return switch (key) {
            case FIND_COORDINATOR ->
                    version < COORDINATORS_BATCHED
                            ? new FindCoordinatorRequestData().setKey(GROUP)
                            : new FindCoordinatorRequestData().setCoordinatorKeys(List.of(GROUP));
            case JOIN_GROUP -> join();
            case SYNC_GROUP ->
                    new SyncGroupRequestData()
                            .setGroupId(GROUP)
                            .setMemberId("m")
                            .setAssignments(
                                    List.of(
                                            new SyncGroupRequestAssignment()
                                                    .setMemberId("m")
                                                    .setAssignment(new byte[1])));
            case HEARTBEAT -> new HeartbeatRequestData().setGroupId(GROUP).setMemberId("m");
            case LEAVE_GROUP ->
                    version < LEAVERS_BATCHED
                            ? new LeaveGroupRequestData().setGroupId(GROUP).setMemberId("m")
                            : new LeaveGroupRequestData()
                                    .setGroupId(GROUP)
                                    .setMembers(List.of(new MemberIdentity().setMemberId("m")));
            case DESCRIBE_GROUPS ->
                    new DescribeGroupsRequestData()
                            .setGroups(List.of(GROUP))
                            .setIncludeAuthorizedOperations(version >= 3);
            case LIST_GROUPS -> new ListGroupsRequestData();
            case DELETE_GROUPS -> new DeleteGroupsRequestData().setGroupsNames(List.of(GROUP));
            case CONSUMER_GROUP_HEARTBEAT ->
                    new ConsumerGroupHeartbeatRequestData().setGroupId(GROUP).setMemberId("m");
            case CONSUMER_GROUP_DESCRIBE ->
                    new ConsumerGroupDescribeRequestData().setGroupIds(List.of(GROUP));
            case OFFSET_COMMIT -> commit(partition);
            case OFFSET_FETCH -> fetch(version, partition);
            case OFFSET_DELETE -> delete(partition);
            case TXN_OFFSET_COMMIT -> commitTxn(partition);
            default -> AdminRequests.data(key, partition.topic());
        };
    }

    private static ApiMessage join() {
        JoinGroupRequestData data =
                new JoinGroupRequestData()
                        .setGroupId(GROUP)
                        .setSessionTimeoutMs(1) // out of range: the group stays empty
                        .setRebalanceTimeoutMs(1_000)
                        .setProtocolType("consumer");
        data.protocols()
                .add(new JoinGroupRequestProtocol().setName("range").setMetadata(new byte[1]));
        return data;
    }

    private static ApiMessage commit(TopicIdPartition partition) {
        return new OffsetCommitRequestData()
                .setGroupId(GROUP)
                .setTopics(
                        List.of(
                                new OffsetCommitRequestTopic()
                                        .setName(partition.topic())
                                        .setTopicId(partition.topicId())
                                        .setPartitions(
                                                List.of(
                                                        new OffsetCommitRequestPartition()
                                                                .setCommittedOffset(1)
                                                                .setCommittedMetadata("")))));
    }

    private static ApiMessage fetch(short version, TopicIdPartition partition) {
        if (version < GROUPS_BATCHED) {
            return new OffsetFetchRequestData()
                    .setGroupId(GROUP)
                    .setTopics(
                            List.of(
                                    new OffsetFetchRequestTopic()
                                            .setName(partition.topic())
                                            .setPartitionIndexes(List.of(0))));
        }
        return new OffsetFetchRequestData()
                .setGroups(
                        List.of(
                                new OffsetFetchRequestGroup()
                                        .setGroupId(GROUP)
                                        .setTopics(
                                                List.of(
                                                        new OffsetFetchRequestTopics()
                                                                .setName(partition.topic())
                                                                .setTopicId(partition.topicId())
                                                                .setPartitionIndexes(List.of(0)))),
                                new OffsetFetchRequestGroup().setGroupId("all").setTopics(null)));
    }

    private static ApiMessage delete(TopicIdPartition partition) {
        OffsetDeleteRequestData data = new OffsetDeleteRequestData().setGroupId(GROUP);
        data.topics()
                .add(
                        new OffsetDeleteRequestTopic()
                                .setName(partition.topic())
                                .setPartitions(List.of(new OffsetDeleteRequestPartition())));
        return data;
    }

    private static ApiMessage commitTxn(TopicIdPartition partition) {
        return new TxnOffsetCommitRequestData()
                .setTransactionalId("tx")
                .setGroupId(GROUP)
                .setProducerId(1)
                .setTopics(
                        List.of(
                                new TxnOffsetCommitRequestTopic()
                                        .setName(partition.topic())
                                        .setTopicId(partition.topicId())
                                        .setPartitions(
                                                List.of(
                                                        new TxnOffsetCommitRequestPartition()
                                                                .setCommittedOffset(1)
                                                                .setCommittedMetadata("")))));
    }
}
