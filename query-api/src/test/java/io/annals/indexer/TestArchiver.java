package io.annals.indexer;

import io.annals.archive.ObjectStore;
import io.annals.archive.RecordSegmentFile;
import io.annals.archive.RecordSegmentWriter;
import io.annals.registry.IndexSplit;
import io.annals.registry.RecordSegment;
import io.annals.registry.Registry;
import io.annals.registry.RegistryChange;
import io.annals.registry.TopicMetadata;
import io.annals.wal.SealedSegment;
import io.annals.wal.WriteAheadLog;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.Uuid;

/// Archives all sealed WAL segments in one step, and lets them go in another, so that tests can
/// look at the moments between. Confined to one thread.
public final class TestArchiver {
    private final WriteAheadLog wal;
    private final ObjectStore store;
    private final Registry registry;
    private final Path work;
    private final SplitWriter splitWriter =
            new SplitWriter(SplitWriter.Options.defaults("annals test"));

    public TestArchiver(WriteAheadLog wal, ObjectStore store, Registry registry, Path work) {
        this.wal = wal;
        this.store = store;
        this.registry = registry;
        this.work = work;
    }

    /// Seals, uploads and commits.
    ///
    /// @return what is archived now, to be let go
    public List<SealedSegment> archive() throws IOException {
        wal.sealNow();
        List<SealedSegment> sealed = wal.sealedSegments();
        List<RecordSegment> segments = new ArrayList<>();
        List<IndexSplit> splits = new ArrayList<>();
        for (TopicMetadata topic : registry.snapshot().topics()) {
            List<SealedSegment> fresh =
                    sealed.stream()
                            .filter(s -> !registry.snapshot().isArchived(topic.id(), s.id()))
                            .toList();
            Optional<RecordSegmentFile> file =
                    RecordSegmentWriter.write(
                            topic,
                            fresh,
                            work.resolve("segment.tar.gz"),
                            new RecordSegmentWriter.Options(1, "annals test", false));
            if (file.isEmpty()) {
                continue;
            }
            RecordSegment segment = file.get().segment();
            store.createIfAbsent(segment.object().key(), file.get().path());
            segments.add(segment);
            if (!IndexSettings.isIndexed(topic)) {
                continue;
            }
            SplitWriter.SplitFile split =
                    splitWriter.write(
                            new SplitWriter.Spec(
                                    Uuid.randomUuid().toString(),
                                    topic.id(),
                                    List.of(segment.id()),
                                    segment.ranges()),
                            BatchSource.ofWal(topic.id(), fresh),
                            work.resolve("index"),
                            work.resolve("split.tar.gz"));
            store.createIfAbsent(split.split().object().key(), split.path());
            splits.add(split.split());
        }
        if (!segments.isEmpty()) {
            registry.commit(_ -> Optional.of(RegistryChange.ofArchived(segments, splits)));
        }
        return sealed;
    }

    public void release(List<SealedSegment> sealed) {
        sealed.forEach(wal::release);
    }
}
