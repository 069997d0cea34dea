package io.annals.registry;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes checkpoints page by page; pages that hold the same as in the checkpoint before are taken
/// over, so that what is written depends on what changed. Memory: one page, and the list of pages.
///
/// Confined to one thread at a time.
final class CheckpointWriter {
    private static final int ENTRIES_PER_PAGE = 4096;

    private final RegistryStore store;
    private final LocalPages copies;
    private final int entriesPerPage;
    private @Nullable Base base;

    /// @param copies get what is written
    /// @param base the newest checkpoint in the store; null if it has no pages
    CheckpointWriter(RegistryStore store, LocalPages copies, @Nullable Base base) {
        this(store, copies, base, ENTRIES_PER_PAGE);
    }

    /// @param entriesPerPage at most so many
    CheckpointWriter(
            RegistryStore store, LocalPages copies, @Nullable Base base, int entriesPerPage) {
        this.store = store;
        this.copies = copies;
        this.entriesPerPage = entriesPerPage;
        this.base = base;
    }

    /// A checkpoint and the generation it holds: what is written for it later holds the same
    /// instances.
    record Base(Generation generation, PagedCheckpoint checkpoint) {}

    /// Writes a checkpoint of the generation. The pages come first, so that a checkpoint never
    /// names what is not there.
    ///
    /// @return whether it is there now; false if somebody else wrote one of the same number
    boolean write(Generation generation) throws IOException {
        Base before = baseFor(generation);
        PagedCheckpoint checkpoint =
                new PagedCheckpoint(
                        generation.generation(),
                        generation.committedAtMs(),
                        List.copyOf(generation.topics()),
                        write(
                                generation.generation(),
                                EntrySequence.segments(generation),
                                before == null ? null : EntrySequence.segments(before.generation),
                                before == null ? List.of() : before.checkpoint.segments()),
                        write(
                                generation.generation(),
                                EntrySequence.splits(generation),
                                before == null ? null : EntrySequence.splits(before.generation),
                                before == null ? List.of() : before.checkpoint.splits()));
        boolean written =
                store.createIfAbsent(
                        ObjectKeys.checkpoint(generation.generation()),
                        RegistryFormat.checkpoint(checkpoint));
        if (written) {
            base = new Base(generation, checkpoint);
            copies.keepOnly(checkpoint);
        }
        return written;
    }

    /// Only of the newest checkpoint in the store it is certain that its pages stay.
    private @Nullable Base baseFor(Generation generation) throws IOException {
        Base before = base;
        boolean isNewest =
                before != null
                        && before.generation.generation() < generation.generation()
                        && store.list(ObjectKeys.CHECKPOINTS).stream()
                                .reduce((_, last) -> last)
                                .filter(
                                        ObjectKeys.checkpoint(before.generation.generation())
                                                ::equals)
                                .isPresent();
        return isNewest ? before : null;
    }

    private List<CheckpointPage> write(
            long generation,
            EntrySequence entries,
            @Nullable EntrySequence old,
            List<CheckpointPage> oldPages)
            throws IOException {
        List<CheckpointPage> pages = new ArrayList<>();
        int written = 0; // entries before this position are in `pages`
        int at = 0;
        int oldAt = 0;
        for (int i = 0; old != null && i < oldPages.size(); i++) {
            CheckpointPage page = oldPages.get(i);
            int oldEnd = oldAt + page.entryCount();
            int end = i == oldPages.size() - 1 ? entries.size() : entries.positionOf(old, oldEnd);
            boolean isSame =
                    end - at == page.entryCount() && entries.same(at, old, oldAt, end - at);
            // a small one is joined with its neighbour when it is written again
            boolean joinsSmallOne = written < at && at - written < entriesPerPage / 4;
            if (isSame && !joinsSmallOne) {
                cut(generation, entries, written, at, pages);
                pages.add(page);
                written = end;
            }
            at = end;
            oldAt = oldEnd;
        }
        cut(generation, entries, written, entries.size(), pages);
        return pages;
    }

    /// Writes `[from, to)` as pages of about the same size.
    private void cut(
            long generation, EntrySequence entries, int from, int to, List<CheckpointPage> pages)
            throws IOException {
        int count = (to - from + entriesPerPage - 1) / entriesPerPage;
        for (int i = 0; i < count; i++) {
            int start = from + (int) ((long) (to - from) * i / count);
            int end = from + (int) ((long) (to - from) * (i + 1) / count);
            byte[] bytes = PageFormat.encode(entries.range(start, end));
            String sha256 = RegistryFormat.sha256(bytes, 0, bytes.length);
            String key = ObjectKeys.page(generation, sha256);
            if (!store.createIfAbsent(key, bytes)) {
                throw new IOException(key + " is taken by other bytes");
            }
            CheckpointPage page = new CheckpointPage(key, bytes.length, sha256, end - start);
            copies.keep(page, bytes);
            pages.add(page);
        }
    }
}
