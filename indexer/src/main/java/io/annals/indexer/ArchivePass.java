package io.annals.indexer;

import io.annals.registry.IndexSplit;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.Registry;
import io.annals.registry.RegistryChange;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import io.annals.wal.SealedSegment;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.apache.kafka.common.TopicIdPartition;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One pass over the sealed WAL segments. Segments are built in parallel and finished in order: one
/// commit for all topics of a segment, then the segment is left to [LocalRetention].
///
/// A topic that fails in one segment is left out of the later ones of the same shard, so that what
/// is archived of a partition never has a gap (IDX-3); other topics and shards go on. A segment is
/// left to it when nothing in it is live and unarchived, and its elders are. Used by one thread.
final class ArchivePass {
    private static final Logger LOG = LoggerFactory.getLogger(ArchivePass.class);

    private final WriteAheadLog wal;
    private final Registry registry;
    private final LocalRetention local;
    private final TopicArchival.Tools tools;
    private final Executor cpu;
    private final Executor io;

    private final Deque<Running> running = new ArrayDeque<>();
    private final Set<String> heldShards = new HashSet<>();
    private final Set<ShardTopic> failedTopics = new HashSet<>();
    private final List<String> failures = new ArrayList<>();
    private ArchiveResult result = ArchiveResult.NOTHING;

    ArchivePass(
            WriteAheadLog wal,
            Registry registry,
            LocalRetention local,
            TopicArchival.Tools tools,
            Executor cpu,
            Executor io) {
        this.wal = wal;
        this.registry = registry;
        this.local = local;
        this.tools = tools;
        this.cpu = cpu;
        this.io = io;
    }

    private record ShardTopic(String shard, Uuid topicId) {}

    private record Running(
            SealedSegment segment,
            String shard,
            Map<Uuid, CompletableFuture<TopicArchival.Archived>> topics) {}

    ArchiveResult result() {
        return result;
    }

    List<String> failures() {
        return failures;
    }

    /// Returns, or throws, when none of its work is running any more.
    void run() {
        try {
            for (SealedSegment segment : wal.sealedSegments()) {
                if (local.keeps(segment)) {
                    continue;
                }
                if (tools.closing().getAsBoolean()) {
                    break;
                }
                start(segment);
                if (running.size() >= tools.settings().segmentsInFlight()) {
                    finish(running.remove());
                }
            }
            while (!running.isEmpty()) {
                finish(running.remove());
            }
        } finally {
            for (Running segment : running) {
                segment.topics.values().forEach(topic -> topic.handle((_, _) -> null).join());
            }
        }
    }

    private void start(SealedSegment segment) {
        String shard = LocalRetention.shard(segment);
        Map<Uuid, CompletableFuture<TopicArchival.Archived>> topics = new LinkedHashMap<>();
        RegistrySnapshot snapshot = registry.snapshot();
        for (TopicIdPartition partition : segment.contents().keySet()) {
            Uuid id = partition.topicId();
            if (topics.containsKey(id) || snapshot.isArchived(id, segment.id())) {
                continue;
            }
            Optional<TopicMetadata> topic = snapshot.topic(id);
            if (topic.isPresent()) {
                if (isDeleted(topic.get(), segment)) {
                    continue;
                }
                if (!failedTopics.contains(new ShardTopic(shard, id))) {
                    topics.put(id, archive(new TopicArchival(topic.get(), segment, tools)));
                }
            } else if (wal.partition(partition).isPresent()) {
                // neither the registry nor the log knows what to do: keep it
                topics.put(
                        id,
                        CompletableFuture.failedFuture(
                                new IOException(
                                        "topic %s (%s) is in the log, but not in the registry"
                                                .formatted(partition.topic(), id))));
            }
        }
        running.add(new Running(segment, shard, topics));
    }

    private CompletableFuture<TopicArchival.Archived> archive(TopicArchival archival) {
        return CompletableFuture.runAsync(() -> unchecked(archival::build), cpu)
                .thenApplyAsync(
                        _ -> {
                            List<TopicArchival.Archived> done = new ArrayList<>(1);
                            unchecked(() -> done.add(archival.upload()));
                            return done.getFirst();
                        },
                        io)
                .whenComplete((_, _) -> unchecked(archival::clean));
    }

    private void finish(Running segment) {
        List<TopicArchival.Archived> archived = new ArrayList<>();
        boolean whole = true;
        for (Map.Entry<Uuid, CompletableFuture<TopicArchival.Archived>> topic :
                segment.topics.entrySet()) {
            ShardTopic key = new ShardTopic(segment.shard, topic.getKey());
            try {
                TopicArchival.Archived one = topic.getValue().join();
                if (!failedTopics.contains(key)) {
                    archived.add(one);
                }
            } catch (CompletionException e) {
                failed(segment, key, e.getCause() == null ? e : e.getCause());
            }
            whole &= !failedTopics.contains(key);
        }
        try {
            commit(segment.segment, archived);
            boolean settled = whole && isSettled(segment.segment);
            if (settled && !heldShards.contains(segment.shard)) {
                local.keep(segment.segment);
                result = result.plus(new ArchiveResult(1, 0, 0, 0, 0, 0));
                for (String released : local.release()) {
                    tools.steps().reached(ArchiveStep.RELEASED, released);
                }
            } else {
                heldShards.add(segment.shard);
            }
        } catch (IOException | RuntimeException e) {
            heldShards.add(segment.shard);
            segment.topics
                    .keySet()
                    .forEach(id -> failed(segment, new ShardTopic(segment.shard, id), e));
        }
    }

    private void commit(SealedSegment segment, List<TopicArchival.Archived> archived)
            throws IOException {
        List<TopicArchival.Archived> committed = new ArrayList<>();
        registry.commit(snapshot -> {
            committed.clear();
            archived.stream()
                    .filter(one -> snapshot.topic(one.topic().id()).isPresent())
                    .filter(one -> !snapshot.isArchived(one.topic().id(), segment.id()))
                    .filter(one -> one.segment().isPresent())
                    .forEach(committed::add);
            return change(committed);
        });
        for (TopicArchival.Archived one : archived) {
            one.segment().ifPresent(stored -> tools.claims().catalogued(stored.object().key()));
        }
        tools.steps().reached(ArchiveStep.COMMITTED, segment.id());
        committed.forEach(one -> result = result.plus(counted(one)));
    }

    private static Optional<RegistryChange> change(List<TopicArchival.Archived> archived) {
        if (archived.isEmpty()) {
            return Optional.empty();
        }
        List<RecordSegment> segments =
                archived.stream().flatMap(one -> one.segment().stream()).toList();
        List<IndexSplit> splits = archived.stream().flatMap(one -> one.split().stream()).toList();
        return Optional.of(RegistryChange.ofArchived(segments, splits));
    }

    private static ArchiveResult counted(TopicArchival.Archived one) {
        RecordSegment segment = one.segment().orElseThrow();
        long splitBytes = one.split().map(split -> split.object().sizeBytes()).orElse(0L);
        return new ArchiveResult(
                0,
                1,
                one.split().isPresent() ? 1 : 0,
                segment.ranges().stream().mapToLong(PartitionRange::recordCount).sum(),
                segment.ranges().stream().mapToLong(PartitionRange::sizeBytes).sum(),
                segment.object().sizeBytes() + splitBytes);
    }

    /// Whether all that a topic has in a segment was deleted: by somebody, or by retention after it
    /// was archived, which the registry does not remember.
    private static boolean isDeleted(TopicMetadata topic, SealedSegment segment) {
        return segment.contents().entrySet().stream()
                .filter(held -> held.getKey().topicId().equals(topic.id()))
                .allMatch(held ->
                        LocalRetention.isDeleted(
                                topic, held.getKey().partition(), held.getValue()));
    }

    /// Whether every batch in the segment is archived, or nobody's any more. Asked again of the
    /// generation of now: nothing is let go on the word of a plan.
    private boolean isSettled(SealedSegment segment) {
        RegistrySnapshot snapshot = registry.snapshot();
        for (Map.Entry<TopicIdPartition, SealedSegment.Contents> held :
                segment.contents().entrySet()) {
            TopicIdPartition partition = held.getKey();
            Optional<TopicMetadata> topic = snapshot.topic(partition.topicId());
            boolean isDeleted =
                    topic.isEmpty()
                            ? wal.partition(partition).isEmpty()
                            : LocalRetention.isDeleted(
                                    topic.get(), partition.partition(), held.getValue());
            if (!isDeleted
                    && held.getValue().batchCount() > 0
                    && !snapshot.isArchived(partition.topicId(), segment.id())) {
                return false;
            }
        }
        return true;
    }

    private void failed(Running segment, ShardTopic topic, Throwable cause) {
        failedTopics.add(topic);
        Throwable root = cause;
        if (cause instanceof UncheckedIOException io && io.getCause() != null) {
            root = io.getCause();
        }
        String line =
                "WAL segment %s, topic %s: %s"
                        .formatted(segment.segment.id(), topic.topicId, FailureReason.of(root));
        failures.add(line);
        if (root instanceof IOException) {
            LOG.warn("cannot archive {}", line);
        } else {
            LOG.error("cannot archive {}", line, root);
        }
    }

    private interface Task {
        void run() throws IOException;
    }

    private static void unchecked(Task task) {
        try {
            task.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
