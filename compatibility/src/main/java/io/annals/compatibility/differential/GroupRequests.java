package io.annals.compatibility.differential;

import java.util.List;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData;

/// Sound requests of members of groups, for dialogues to spoil.
final class GroupRequests {
    static final String PROTOCOL = "range";
    static final String PROTOCOL_TYPE = "consumer";

    /// A subscription to nothing, or an assignment of nothing.
    private static final byte[] NOTHING = {0, 1, 0, 0, 0, 0, 0, 0, 0, 0};

    private GroupRequests() {}

    static JoinGroupRequestData joining(String group, String member) {
        JoinGroupRequestData data =
                new JoinGroupRequestData()
                        .setGroupId(group)
                        .setMemberId(member)
                        .setSessionTimeoutMs(30_000)
                        .setRebalanceTimeoutMs(1_000)
                        .setProtocolType(PROTOCOL_TYPE);
        data.protocols()
                .add(
                        new JoinGroupRequestData.JoinGroupRequestProtocol()
                                .setName(PROTOCOL)
                                .setMetadata(NOTHING.clone()));
        return data;
    }

    /// As a member that leads nobody.
    static SyncGroupRequestData syncing(String group, String member, int generation) {
        return new SyncGroupRequestData()
                .setGroupId(group)
                .setMemberId(member)
                .setGenerationId(generation)
                .setProtocolType(PROTOCOL_TYPE)
                .setProtocolName(PROTOCOL);
    }

    static SyncGroupRequestData.SyncGroupRequestAssignment assigning(String member) {
        return new SyncGroupRequestData.SyncGroupRequestAssignment()
                .setMemberId(member)
                .setAssignment(NOTHING.clone());
    }

    static HeartbeatRequestData heartbeat(String group, String member, int generation) {
        return new HeartbeatRequestData()
                .setGroupId(group)
                .setMemberId(member)
                .setGenerationId(generation);
    }

    static LeaveGroupRequestData leaving(
            String group, LeaveGroupRequestData.MemberIdentity... members) {
        return new LeaveGroupRequestData().setGroupId(group).setMembers(List.of(members));
    }

    static LeaveGroupRequestData.MemberIdentity member(String id) {
        return new LeaveGroupRequestData.MemberIdentity().setMemberId(id);
    }

    static OffsetFetchRequestData.OffsetFetchRequestGroup fetching(String group) {
        return new OffsetFetchRequestData.OffsetFetchRequestGroup().setGroupId(group);
    }

    static OffsetCommitRequestData committing(
            String group, String member, int generation, String topic, int partition) {
        return new OffsetCommitRequestData()
                .setGroupId(group)
                .setMemberId(member)
                .setGenerationIdOrMemberEpoch(generation)
                .setTopics(
                        List.of(
                                new OffsetCommitRequestData.OffsetCommitRequestTopic()
                                        .setName(topic)
                                        .setPartitions(
                                                List.of(
                                                        new OffsetCommitRequestData
                                                                        .OffsetCommitRequestPartition()
                                                                .setPartitionIndex(partition)
                                                                .setCommittedOffset(2)
                                                                .setCommittedMetadata("m")))));
    }

    /// Of the new protocol.
    ///
    /// @param epoch 0 to join, which subscribes to `topic`
    static ConsumerGroupHeartbeatRequestData beating(
            String group, String member, int epoch, String topic) {
        ConsumerGroupHeartbeatRequestData data =
                new ConsumerGroupHeartbeatRequestData()
                        .setGroupId(group)
                        .setMemberId(member)
                        .setMemberEpoch(epoch);
        if (epoch == 0) {
            data.setRebalanceTimeoutMs(5_000)
                    .setSubscribedTopicNames(List.of(topic))
                    .setTopicPartitions(List.of());
        }
        return data;
    }
}
