package io.annals.ingest.group;

import io.annals.ingest.internal.InternalTopic;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.internals.LogContext;
import org.apache.kafka.coordinator.common.runtime.CoordinatorExecutor;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.common.runtime.CoordinatorTimer;
import org.apache.kafka.coordinator.common.runtime.KRaftCoordinatorMetadataDelta;
import org.apache.kafka.coordinator.common.runtime.KRaftCoordinatorMetadataImage;
import org.apache.kafka.coordinator.group.GroupConfigManager;
import org.apache.kafka.coordinator.group.GroupCoordinatorConfig;
import org.apache.kafka.coordinator.group.GroupCoordinatorShard;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.apache.kafka.coordinator.group.modern.share.ShareGroupConfig;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.timeline.SnapshotRegistry;

/// The groups of one partition of `__consumer_offsets`, as Kafka's coordinator of that partition
/// would hold them, without anything that it does by itself: its timers never run out. What is
/// asked is answered as of the offset shown last. Not thread-safe.
final class ReplayedGroups {
    /// Of Kafka: asks for what is newest, decided or not.
    private static final long UNDECIDED = SnapshotRegistry.LATEST_EPOCH;

    private final SnapshotRegistry snapshots = new SnapshotRegistry(new LogContext());
    private final GroupCoordinatorShard groups;
    private final GroupReplay replay;
    private long shown;

    ReplayedGroups(int partition, GroupCoordinatorConfig config, GroupCoordinatorMetrics metrics) {
        TopicPartition id =
                new TopicPartition(InternalTopic.CONSUMER_OFFSETS.topicName(), partition);
        GroupCoordinatorShard.Builder builder =
                new GroupCoordinatorShard.Builder(
                        config,
                        new GroupConfigManager(config, ShareGroupConfig.fromProps(Map.of())));
        builder.withAuthorizerPlugin(Optional.empty());
        this.groups =
                builder.withLogContext(new LogContext())
                        .withTime(Time.SYSTEM)
                        .withTimer(new StoppedTimer())
                        .withExecutor(new NoExecutor())
                        .withCoordinatorMetrics(metrics)
                        .withTopicPartition(id)
                        .withSnapshotRegistry(snapshots)
                        .build();
        this.replay = new GroupReplay(id, groups::replay, groups::replayEndTransactionMarker);
        snapshots.idempotentCreateSnapshot(shown);
    }

    /// Assignments name topics by id.
    void showTopics(MetadataDelta delta, MetadataImage image) {
        groups.onMetadataUpdate(
                new KRaftCoordinatorMetadataDelta(delta), new KRaftCoordinatorMetadataImage(image));
    }

    void replay(RecordBatch batch) {
        replay.replay(batch);
    }

    /// From now on everything replayed so far is shown.
    ///
    /// @param position the next offset; larger than before
    void show(long position) {
        snapshots.idempotentCreateSnapshot(position);
        snapshots.deleteSnapshotsUpTo(position);
        shown = position;
    }

    List<ListGroupsResponseData.ListedGroup> list(ListGroupsRequestData asked) {
        return groups.listGroups(asked.statesFilter(), asked.typesFilter(), shown);
    }

    List<DescribeGroupsResponseData.DescribedGroup> describe(Caller caller, String group) {
        return groups.describeGroups(caller, List.of(group), shown);
    }

    List<ConsumerGroupDescribeResponseData.DescribedGroup> consumerDescribe(String group) {
        return groups.consumerGroupDescribe(List.of(group), shown);
    }

    /// @param stable an error where an open transaction has an offset
    OffsetFetchResponseGroup committed(OffsetFetchRequestGroup asked, boolean stable) {
        return groups.fetchOffsets(asked, stable ? UNDECIDED : shown);
    }

    /// Time stands still: nobody is expected, and nobody is late.
    private static final class StoppedTimer implements CoordinatorTimer<CoordinatorRecord> {
        @Override
        public void schedule(
                String key,
                long delay,
                TimeUnit unit,
                boolean retry,
                TimeoutOperation<CoordinatorRecord> operation) {}

        @Override
        public void schedule(
                String key,
                long delay,
                TimeUnit unit,
                boolean retry,
                long retryBackoff,
                TimeoutOperation<CoordinatorRecord> operation) {}

        @Override
        public void scheduleIfAbsent(
                String key,
                long delay,
                TimeUnit unit,
                boolean retry,
                TimeoutOperation<CoordinatorRecord> operation) {}

        @Override
        public void cancel(String key) {}

        @Override
        public boolean isScheduled(String key) {
            return false;
        }
    }

    /// Nothing is computed beside the replay.
    private static final class NoExecutor implements CoordinatorExecutor<CoordinatorRecord> {
        @Override
        public <R> boolean schedule(
                String key, TaskRunnable<R> task, TaskOperation<CoordinatorRecord, R> operation) {
            return false;
        }

        @Override
        public boolean isScheduled(String key) {
            return false;
        }

        @Override
        public void cancel(String key) {}
    }
}
