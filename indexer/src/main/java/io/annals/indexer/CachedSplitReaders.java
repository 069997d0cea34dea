package io.annals.indexer;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.annals.archive.CorruptObjectException;
import io.annals.archive.SeekableTar;
import io.annals.archive.SeekableTars;
import io.annals.archive.TooNewObjectException;
import io.annals.registry.IndexSplit;
import io.annals.registry.PartitionRange;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexReader;
import org.jspecify.annotations.Nullable;

/// [SplitReaders] that keeps a number of readers open, the least useful closed first; a reader in
/// use closes when its last view does. Thread-safe; a split is opened once however many ask for it.
public final class CachedSplitReaders implements SplitReaders, AutoCloseable {
    private final SeekableTars tars;
    private final Cache<String, DirectoryReader> readers;

    /// @param maxReaders readers kept open
    public CachedSplitReaders(SeekableTars tars, int maxReaders) {
        this.tars = tars;
        this.readers =
                Caffeine.newBuilder()
                        .maximumSize(maxReaders)
                        .executor(Runnable::run)
                        .removalListener(CachedSplitReaders::removed)
                        .build();
    }

    @Override
    public SearchableView acquire(IndexSplit split) throws IOException {
        while (true) {
            DirectoryReader reader;
            try {
                reader = readers.get(split.id(), _ -> open(split));
            } catch (UncheckedIOException e) {
                throw e.getCause();
            }
            if (reader.tryIncRef()) {
                return new View(reader, ranges(split));
            }
        }
    }

    private DirectoryReader open(IndexSplit split) {
        try {
            SeekableTar tar = tars.open(split.object());
            SplitManifest manifest = SplitManifest.read(tar);
            check(split, manifest);
            return DirectoryReader.open(new SplitDirectory(tar));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void check(IndexSplit split, SplitManifest manifest) throws IOException {
        String key = split.object().key();
        if (!manifest.id().equals(split.id())) {
            throw new CorruptObjectException(
                    key, "manifest.json", "split " + split.id(), "split " + manifest.id());
        }
        if (manifest.mappingVersion() > RecordMapping.VERSION) {
            throw new TooNewObjectException(
                    key, "mapping", manifest.mappingVersion(), RecordMapping.VERSION);
        }
        if (manifest.analyzerVersion() > RecordMapping.ANALYZER_VERSION) {
            throw new TooNewObjectException(
                    key, "analyzer", manifest.analyzerVersion(), RecordMapping.ANALYZER_VERSION);
        }
    }

    private static Map<Integer, SearchableView.OffsetRange> ranges(IndexSplit split) {
        Map<Integer, SearchableView.OffsetRange> ranges = new HashMap<>();
        for (PartitionRange range : split.ranges()) {
            ranges.put(
                    range.partition(),
                    new SearchableView.OffsetRange(range.baseOffset(), range.endOffset()));
        }
        return Map.copyOf(ranges);
    }

    private static void removed(
            @Nullable String id, @Nullable DirectoryReader reader, RemovalCause cause) {
        if (reader != null) {
            release(reader);
        }
    }

    private static void release(IndexReader reader) {
        try {
            reader.decRef();
        } catch (IOException e) {
            throw new UncheckedIOException("a split reader holds nothing that can fail", e);
        }
    }

    @Override
    public void close() {
        readers.invalidateAll();
        readers.cleanUp();
    }

    /// Close it once.
    private record View(IndexReader reader, Map<Integer, OffsetRange> ranges)
            implements SearchableView {
        @Override
        public void close() {
            release(reader);
        }
    }
}
