package io.annals.indexer;

import io.annals.archive.SeekableTar;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Collection;
import java.util.Set;
import org.apache.lucene.store.BaseDirectory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.IndexOutput;
import org.apache.lucene.store.NoLockFactory;

/// The Lucene index inside an open index split, read where it lies. Read-only, thread-safe; inputs
/// hold no handles.
final class SplitDirectory extends BaseDirectory {
    private final SeekableTar tar;
    private final HotCache hot;

    SplitDirectory(SeekableTar tar) throws IOException {
        super(NoLockFactory.INSTANCE);
        this.tar = tar;
        this.hot =
                HotCache.parse(
                        tar.object().key(), tar.readAll(SplitFiles.HOT_CACHE, HotCache.MAX_BYTES));
    }

    @Override
    public String[] listAll() {
        return tar.entries().stream()
                .map(SeekableTar.Entry::name)
                .filter(name -> name.startsWith(SplitFiles.FOLDER))
                .map(name -> name.substring(SplitFiles.FOLDER.length()))
                .sorted()
                .toArray(String[]::new);
    }

    @Override
    public long fileLength(String name) throws IOException {
        return entry(name).sizeBytes();
    }

    @Override
    public IndexInput openInput(String name, IOContext context) throws IOException {
        ensureOpen();
        return new SplitInput(tar, entry(name), hot.of(name));
    }

    private SeekableTar.Entry entry(String name) throws IOException {
        return tar.entry(SplitFiles.FOLDER + name)
                .orElseThrow(() -> new FileNotFoundException(name + " in " + tar.object().key()));
    }

    @Override
    public Set<String> getPendingDeletions() {
        return Set.of();
    }

    @Override
    public void close() {
        isOpen = false;
    }

    @Override
    public void deleteFile(String name) {
        throw readOnly();
    }

    @Override
    public IndexOutput createOutput(String name, IOContext context) {
        throw readOnly();
    }

    @Override
    public IndexOutput createTempOutput(String prefix, String suffix, IOContext context) {
        throw readOnly();
    }

    @Override
    public void sync(Collection<String> names) {
        throw readOnly();
    }

    @Override
    public void syncMetaData() {
        throw readOnly();
    }

    @Override
    public void rename(String source, String target) {
        throw readOnly();
    }

    private static UnsupportedOperationException readOnly() {
        return new UnsupportedOperationException("an index split is read-only");
    }
}
