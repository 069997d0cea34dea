package io.annals.registry;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;

/// Reads checkpoints of every version: the object itself, and its pages, some of them ahead at the
/// same time. Thread-safe, keeps nothing.
final class CheckpointReader {
    private final RegistryStore store;
    private final LocalPages copies;

    CheckpointReader(RegistryStore store, LocalPages copies) {
        this.store = store;
        this.copies = copies;
    }

    /// The object alone; empty if it is not there.
    ///
    /// @throws CorruptRegistryException if it is damaged
    Optional<StoredCheckpoint> head(long number) throws IOException {
        String name = ObjectKeys.checkpoint(number);
        Optional<StoredCheckpoint> checkpoint =
                store.read(name).map(bytes -> RegistryFormat.checkpoint(name, bytes));
        if (checkpoint.isPresent() && checkpoint.get().generation() != number) {
            throw new CorruptRegistryException(
                    name, "generation " + number, "" + checkpoint.get().generation());
        }
        return checkpoint;
    }

    /// The whole generation.
    ///
    /// @throws CorruptRegistryException if a page is missing or damaged
    Generation generation(StoredCheckpoint checkpoint) throws IOException {
        return switch (checkpoint) {
            case Checkpoint whole -> Generation.of(whole);
            case PagedCheckpoint paged -> {
                GenerationChange change = new GenerationChange(Generation.EMPTY);
                change.loadTopics(paged.topics());
                change.loadSegments(entries(paged.segments()), true);
                change.loadSplits(entries(paged.splits()), true);
                yield change.finish(paged.generation(), paged.committedAtMs());
            }
        };
    }

    /// Feeds every record segment and index split in the checkpoint, a page at a time.
    void forEach(
            StoredCheckpoint checkpoint,
            Consumer<RecordSegment> segments,
            Consumer<IndexSplit> splits)
            throws IOException {
        switch (checkpoint) {
            case Checkpoint whole -> {
                whole.segments().forEach(segments);
                whole.splits().forEach(splits);
            }
            case PagedCheckpoint paged -> {
                read(paged.segments(), entry -> segments.accept(entry.segment()));
                read(paged.splits(), entry -> splits.accept(entry.split()));
            }
        }
    }

    private List<PackedEntry> entries(List<CheckpointPage> pages) throws IOException {
        int count = pages.stream().mapToInt(CheckpointPage::entryCount).sum();
        List<PackedEntry> entries = new ArrayList<>(count);
        read(pages, entries::add);
        return entries;
    }

    private void read(List<CheckpointPage> pages, Consumer<PackedEntry> entries)
            throws IOException {
        Map<Uuid, TopicKeys> topics = new ConcurrentHashMap<>();
        ReadAhead.each(
                pages,
                page -> decode(page, id -> topics.computeIfAbsent(id, TopicKeys::of)),
                page -> page.forEach(entries));
    }

    private List<PackedEntry> decode(CheckpointPage page, PageFormat.Topics topics)
            throws IOException {
        List<PackedEntry> entries = new ArrayList<>(page.entryCount());
        PageFormat.decode(page.key(), bytes(page), topics, entries::add);
        return entries;
    }

    private byte[] bytes(CheckpointPage page) throws IOException {
        Optional<byte[]> copy = copies.read(page);
        if (copy.isPresent()) {
            return copy.get();
        }
        byte[] bytes =
                store.read(page.key())
                        .orElseThrow(() ->
                                new CorruptRegistryException(page.key(), "a page", "no object"));
        String sha256 = RegistryFormat.sha256(bytes, 0, bytes.length);
        if (!sha256.equals(page.sha256())) {
            throw new CorruptRegistryException(page.key(), "SHA-256 " + page.sha256(), sha256);
        }
        copies.keep(page, bytes);
        return bytes;
    }
}
