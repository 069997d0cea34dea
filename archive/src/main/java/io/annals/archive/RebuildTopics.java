package io.annals.archive;

import io.annals.archive.RebuildObjects.FoundSegment;
import io.annals.archive.RebuildObjects.FoundTopic;
import io.annals.registry.TopicMetadata;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;

/// The topics of a rebuilt registry: from their own objects, and where these are gone from the
/// manifests of their record segments. Confined to one thread.
final class RebuildTopics {
    private static final Comparator<TopicMetadata> NEWEST_FIRST =
            Comparator.comparingLong(TopicMetadata::createdAtMs)
                    .reversed()
                    .thenComparing(topic -> topic.id().toString());

    private final Map<Uuid, TopicMetadata> live = new HashMap<>();
    private final Map<Uuid, TopicMetadata> deleted = new HashMap<>();
    private final Map<String, Long> newestVersions;
    private final List<ArchiveFinding> findings;

    RebuildTopics(
            List<FoundTopic> found,
            Map<String, Long> newestVersions,
            List<ArchiveFinding> findings) {
        this.newestVersions = newestVersions;
        this.findings = findings;
        for (FoundTopic topic : found) {
            TopicMetadata metadata = topic.metadata();
            // a version that cannot be read must not be taken by another one
            TopicMetadata usable =
                    metadata.version() == topic.newestVersion()
                            ? metadata
                            : changed(metadata, metadata.name(), metadata.logStartOffsets());
            (metadata.deleted() ? deleted : live).put(metadata.id(), usable);
        }
    }

    boolean isDeleted(Uuid topicId) {
        return deleted.containsKey(topicId);
    }

    /// Makes room for what is in the segments: topics that are unknown, partitions that are
    /// missing.
    void cover(List<FoundSegment> segments) {
        for (FoundSegment found : segments) {
            Uuid topicId = found.segment().topicId();
            if (isDeleted(topicId)) {
                continue;
            }
            TopicMetadata known = live.get(topicId);
            TopicMetadata topic =
                    known == null || isNewer(found.topic(), known)
                            ? fromManifest(topicId, found.topic())
                            : known;
            int last = found.segment().ranges().getLast().partition();
            int described = Math.max(last + 1, found.topic().partitionCount());
            int before = known == null ? 0 : known.partitionCount();
            live.put(topicId, withPartitions(topic, Math.max(before, described)));
        }
    }

    /// Not deleted, each name once.
    Collection<TopicMetadata> topics() {
        Map<String, TopicMetadata> byName = new TreeMap<>();
        for (TopicMetadata topic : live.values().stream().sorted(NEWEST_FIRST).toList()) {
            TopicMetadata namesake = byName.putIfAbsent(topic.name(), topic);
            if (namesake != null) {
                String name = topic.name() + "." + topic.id();
                byName.put(name, changed(topic, name, topic.logStartOffsets()));
                findings.add(
                        new ArchiveFinding(
                                ArchiveFinding.Kind.CONFLICT,
                                "topics/" + topic.id(),
                                "topic %s has the name of the newer topic %s, now called %s"
                                        .formatted(topic.name(), namesake.id(), name)));
            }
        }
        return byName.values();
    }

    /// Only known from manifests so far, and this one is younger.
    private boolean isNewer(RecordSegmentManifest.Topic manifest, TopicMetadata topic) {
        return !newestVersions.containsKey(topic.id().toString())
                && manifest.version() > topic.version();
    }

    private TopicMetadata fromManifest(Uuid topicId, RecordSegmentManifest.Topic manifest) {
        if (!live.containsKey(topicId)) {
            findings.add(
                    new ArchiveFinding(
                            ArchiveFinding.Kind.CONFLICT,
                            "topics/" + topicId,
                            "topic %s has no readable object; taken from its record segments"
                                    .formatted(manifest.name())));
        }
        long taken = newestVersions.getOrDefault(topicId.toString(), 0L);
        return new TopicMetadata(
                topicId,
                manifest.name(),
                taken == 0 ? Math.max(1, manifest.version()) : taken + 1,
                manifest.configs(),
                zeros(manifest.partitionCount()),
                manifest.createdAtMs(),
                false);
    }

    private TopicMetadata withPartitions(TopicMetadata topic, int partitions) {
        if (topic.partitionCount() >= partitions) {
            return topic;
        }
        List<Long> starts = new ArrayList<>(topic.logStartOffsets());
        starts.addAll(zeros(partitions - topic.partitionCount()));
        return changed(topic, topic.name(), starts);
    }

    /// A version that no object has yet.
    private TopicMetadata changed(TopicMetadata topic, String name, List<Long> starts) {
        long taken = newestVersions.getOrDefault(topic.id().toString(), 0L);
        return new TopicMetadata(
                topic.id(),
                name,
                taken == 0 ? topic.version() : taken + 1,
                topic.configs(),
                starts,
                topic.createdAtMs(),
                topic.deleted());
    }

    private static List<Long> zeros(int count) {
        return Collections.nCopies(Math.max(0, count), 0L);
    }
}
