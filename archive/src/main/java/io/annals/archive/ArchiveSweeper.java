package io.annals.archive;

import io.annals.archive.ArchiveFinding.Kind;
import io.annals.archive.ObjectStore.ObjectInfo;
import io.annals.registry.FencedException;
import io.annals.registry.IndexSplit;
import io.annals.registry.KeptGenerations;
import io.annals.registry.ObjectKeys;
import io.annals.registry.PartitionRange;
import io.annals.registry.RecordSegment;
import io.annals.registry.Registry;
import io.annals.registry.RegistrySnapshot;
import io.annals.registry.TopicMetadata;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/// Deletes what crashes, replacements and deletions left in the object store (REG-9): registry
/// history past its retention, then record segments and index splits that no kept generation refers
/// to, and versions of topic objects that newer ones took the place of. Nothing else is ever
/// deleted. A listing that is older than the last commits does no harm.
///
/// An object without a reference is not rubbish for that alone: after a crash between upload and
/// commit it may be found and catalogued later, and if the local disk is lost it is the only copy.
/// Therefore a record segment goes only if its topic is deleted, its WAL segments are archived by
/// other record segments, or its offsets lie below the log start offsets; an index split only if
/// each record segment it covers is gone or has another split. Both only when they are older than
/// the grace time and not in use. What cannot be read stays and is named.
///
/// Memory grows with what the newest generation does not have, and not with what it has.
///
/// Confined to one thread.
public final class ArchiveSweeper {
    /// Of each topic so many versions stay: the newest, and one in case that it is damaged.
    private static final int TOPIC_VERSIONS = 2;

    private final ObjectStore store;
    private final SeekableTars tars;
    private final Registry registry;
    private final InstantSource clock;
    private final Settings settings;

    public ArchiveSweeper(
            ObjectStore store,
            SeekableTars tars,
            Registry registry,
            InstantSource clock,
            Settings settings) {
        this.store = store;
        this.tars = tars;
        this.registry = registry;
        this.clock = clock;
        this.settings = settings;
    }

    /// @param grace objects younger than this stay
    /// @param history how far back older generations can be read
    /// @param replaced objects that were replaced or retired more recently than this stay, however
    ///   short the history: somebody may be reading them
    /// @param claims of those who catalogue objects
    public record Settings(
            Duration grace, Duration history, Duration replaced, ObjectClaims claims) {

        /// Without a grace time for what was replaced.
        public Settings(Duration grace, Duration history, ObjectClaims claims) {
            this(grace, history, Duration.ZERO, claims);
        }

        /// Generations that were current within this time are kept, with all they refer to.
        Duration kept() {
            return history.compareTo(replaced) > 0 ? history : replaced;
        }
    }

    /// @param deleted keys, registry objects included
    /// @param uploads creations that a killed server had begun, given up
    /// @param kept objects without a reference that stay, and why
    public record Report(List<String> deleted, int uploads, List<ArchiveFinding> kept) {
        public Report {
            deleted = List.copyOf(deleted);
            kept = List.copyOf(kept);
        }
    }

    /// Sweeps once.
    ///
    /// @throws io.annals.registry.CorruptRegistryException if the history cannot be read: nothing
    ///   in `segments/` and `splits/` is deleted then
    public Report sweep() throws IOException {
        long now = clock.millis();
        KeptGenerations generations = new KeptGenerations(new ObjectRegistryStore(store));
        long oldest = now - settings.kept().toMillis();
        registry.settle(oldest);
        List<String> deleted = new ArrayList<>(generations.forgetBefore(oldest));
        // what is listed before the generations are read cannot be referenced after them unnoticed
        RegistrySnapshot before = registry.snapshot();
        Map<String, ObjectInfo> segments = list(ObjectKeys.SEGMENTS, before::isSegment);
        Map<String, ObjectInfo> splits = list(ObjectKeys.SPLITS, before::isSplit);
        registry.refresh();
        Set<String> segmentsLeft = new HashSet<>(); // beside those that are or were catalogued
        generations.forEach(
                segment -> {
                    String key = segment.object().key();
                    if (segments.remove(key) != null) {
                        segmentsLeft.add(key);
                    }
                },
                split -> splits.remove(split.object().key()));
        RegistrySnapshot current = registry.snapshot();
        segments.keySet().removeIf(current::isSegment);
        splits.keySet().removeIf(current::isSplit);
        long youngest = now - settings.grace().toMillis();
        List<ArchiveFinding> kept = new ArrayList<>();
        for (ObjectInfo object : segments.values()) {
            if (delete(object, whySegmentStays(object, youngest), kept)) {
                deleted.add(object.key());
            } else {
                segmentsLeft.add(object.key());
            }
        }
        Predicate<String> isLeft =
                key ->
                        segmentsLeft.contains(key)
                                || before.isSegment(key)
                                || current.isSegment(key);
        for (ObjectInfo object : splits.values()) {
            if (delete(object, whySplitStays(object, youngest, isLeft), kept)) {
                deleted.add(object.key());
            }
        }
        sweepTopics(youngest, deleted);
        int uploads = abortUploads(ObjectKeys.SEGMENTS, youngest, kept);
        uploads += abortUploads(ObjectKeys.SPLITS, youngest, kept);
        return new Report(deleted, uploads, kept);
    }

    /// What the store has and the catalogue does not, by key.
    private Map<String, ObjectInfo> list(String prefix, Predicate<String> isCatalogued)
            throws IOException {
        Map<String, ObjectInfo> others = new LinkedHashMap<>();
        store.list(
                prefix,
                object -> {
                    if (!isCatalogued.test(object.key())) {
                        others.put(object.key(), object);
                    }
                });
        return others;
    }

    /// Generations hold their topics themselves: only a rebuild reads topic objects, the newest of
    /// each. The numbers in the keys are in order.
    private void sweepTopics(long youngest, List<String> deleted) throws IOException {
        List<ObjectInfo> versions = new ArrayList<>();
        for (ObjectInfo object : ObjectWalk.list(store, ObjectKeys.TOPICS)) {
            if (ObjectKeys.number(object.key()).isEmpty()) {
                continue;
            }
            String folder = folder(object.key());
            if (!versions.isEmpty() && !folder(versions.getFirst().key()).equals(folder)) {
                versions.clear();
            }
            versions.add(object);
            if (versions.size() > TOPIC_VERSIONS) {
                boolean isSettled = versions.getLast().modifiedAtMs() <= youngest;
                ObjectInfo oldest = versions.removeFirst();
                if (isSettled) {
                    store.delete(oldest.key());
                    deleted.add(oldest.key());
                }
            }
        }
    }

    /// Not every store tells of them, or lets every user abort them.
    private int abortUploads(String prefix, long youngest, List<ArchiveFinding> kept)
            throws InterruptedIOException, FencedException {
        try {
            return store.abortUploads(prefix, youngest);
        } catch (InterruptedIOException | FencedException e) {
            throw e;
        } catch (IOException e) {
            kept.add(new ArchiveFinding(Kind.UNREADABLE, prefix, String.valueOf(e.getMessage())));
            return 0;
        }
    }

    private static String folder(String key) {
        return key.substring(0, key.lastIndexOf('/') + 1);
    }

    /// @return whether it is gone now
    private boolean delete(ObjectInfo object, Optional<String> whyNot, List<ArchiveFinding> kept)
            throws IOException {
        Optional<String> reason = whyNot.isPresent() ? whyNot : whyNotDeleted(object.key());
        reason.ifPresent(why -> kept.add(new ArchiveFinding(Kind.LEFTOVER, object.key(), why)));
        return reason.isEmpty();
    }

    /// Deletes what nobody is about to catalogue and nobody has catalogued until now: whoever does
    /// holds a claim until the registry of this server shows it.
    private Optional<String> whyNotDeleted(String key) throws IOException {
        if (!settings.claims().toDelete(key)) {
            return Optional.of("in use");
        }
        try {
            RegistrySnapshot now = registry.snapshot();
            if (now.isSegment(key) || now.isSplit(key)) {
                return Optional.of("in the catalogue by now");
            }
            store.delete(key);
            return Optional.empty();
        } catch (StoreUnusableException refused) { // perhaps under a lock: no reason to keep others
            return Optional.of("is not to be deleted: " + refused.getMessage());
        } finally {
            settings.claims().deleted(key);
        }
    }

    private Optional<String> whySegmentStays(ObjectInfo object, long youngest) {
        if (object.modifiedAtMs() > youngest) {
            return Optional.of("younger than the grace time");
        }
        RegistrySnapshot snapshot = registry.snapshot();
        try {
            SeekableTar tar = tars.open(object.key());
            RecordSegment segment = RecordSegmentManifest.read(tar).segment(tar.object());
            Optional<TopicMetadata> topic = snapshot.topic(segment.topicId());
            boolean isRubbish =
                    topic.isEmpty()
                            ? isDeletedTopic(segment)
                            : isArchivedElsewhere(snapshot, segment)
                                    || isBelowLogStart(topic.get(), segment);
            return isRubbish
                    ? Optional.empty()
                    : Optional.of("holds records that no record segment of the registry has");
        } catch (IOException | RuntimeException e) {
            return Optional.of("cannot be read: " + e);
        }
    }

    /// A topic without any object was lost rather than deleted.
    private boolean isDeletedTopic(RecordSegment segment) throws IOException {
        List<ObjectInfo> versions =
                ObjectWalk.list(store, ObjectKeys.TOPICS + segment.topicId() + "/");
        return !versions.isEmpty();
    }

    private static boolean isArchivedElsewhere(RegistrySnapshot snapshot, RecordSegment segment) {
        return !segment.walSegments().isEmpty()
                && segment.walSegments().stream()
                        .allMatch(wal -> snapshot.isArchived(segment.topicId(), wal));
    }

    private static boolean isBelowLogStart(TopicMetadata topic, RecordSegment segment) {
        for (PartitionRange range : segment.ranges()) {
            boolean below =
                    range.partition() < topic.partitionCount()
                            && range.endOffset() <= topic.logStartOffsets().get(range.partition());
            if (!below) {
                return false;
            }
        }
        return true;
    }

    private Optional<String> whySplitStays(
            ObjectInfo object, long youngest, Predicate<String> isLeft) {
        if (object.modifiedAtMs() > youngest) {
            return Optional.of("younger than the grace time");
        }
        RegistrySnapshot snapshot = registry.snapshot();
        try {
            SeekableTar tar = tars.open(object.key());
            IndexSplit split = IndexSplitManifest.read(tar).split(tar.object());
            for (String id : split.recordSegments()) {
                boolean mayBeCatalogued =
                        isLeft.test(ObjectKeys.recordSegment(split.topicId(), id));
                if (mayBeCatalogued && !snapshot.isIndexed(split.topicId(), id)) {
                    return Optional.of(
                            "covers record segment %s, which no split has".formatted(id));
                }
            }
            return Optional.empty();
        } catch (IOException | RuntimeException e) {
            return Optional.of("cannot be read: " + e);
        }
    }
}
