package io.annals.indexer;

import io.annals.archive.SeekableTar;
import io.annals.archive.SeekableTars;
import io.annals.registry.IndexSplit;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.lucene.index.CodecReader;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.SlowCodecReaderWrapper;
import org.apache.lucene.store.Directory;

/// Index splits copied to local files, to be merged: read once, past the caches, and checked.
/// Deleted when closed. Confined to one thread.
final class LocalSplits implements Closeable {
    private final Path folder;
    private final List<Directory> directories = new ArrayList<>();
    private final List<DirectoryReader> readers = new ArrayList<>();
    private final List<SplitManifest> manifests = new ArrayList<>();

    private LocalSplits(Path folder) {
        this.folder = folder;
    }

    /// @param folder is made anew
    /// @return empty if one of them has another mapping than this program makes
    static Optional<LocalSplits> copy(
            SeekableTars tars, List<IndexSplit> splits, Path folder, Closing closing)
            throws IOException {
        IndexFolder.deleteAll(folder);
        LocalSplits local = new LocalSplits(folder);
        try {
            for (int i = 0; i < splits.size(); i++) {
                SeekableTar tar = tars.open(splits.get(i).object());
                SplitManifest manifest = SplitManifest.read(tar);
                if (manifest.mappingVersion() != RecordMapping.VERSION
                        || manifest.analyzerVersion() != RecordMapping.ANALYZER_VERSION) {
                    local.close();
                    return Optional.empty();
                }
                local.add(tar, manifest, folder.resolve("" + i), closing);
            }
            return Optional.of(local);
        } catch (IOException | RuntimeException e) {
            local.close();
            throw e;
        }
    }

    private void add(SeekableTar tar, SplitManifest manifest, Path target, Closing closing)
            throws IOException {
        Files.createDirectories(target);
        for (SeekableTar.Entry entry : tar.entries()) {
            if (entry.name().startsWith(SplitFiles.FOLDER)) {
                String file = entry.name().substring(SplitFiles.FOLDER.length());
                try (OutputStream out = Files.newOutputStream(target.resolve(file))) {
                    tar.scan(
                            entry,
                            chunk -> {
                                closing.check();
                                out.write(chunk.bytes());
                            });
                }
            }
        }
        manifests.add(manifest);
        Directory directory = new IndexFolder(target);
        directories.add(directory);
        readers.add(DirectoryReader.open(directory));
    }

    /// What Lucene merges.
    CodecReader[] leaves() throws IOException {
        List<CodecReader> leaves = new ArrayList<>();
        for (DirectoryReader reader : readers) {
            for (LeafReaderContext leaf : reader.leaves()) {
                leaves.add(SlowCodecReaderWrapper.wrap(leaf.reader()));
            }
        }
        return leaves.toArray(CodecReader[]::new);
    }

    List<SplitManifest> manifests() {
        return manifests;
    }

    @Override
    public void close() throws IOException {
        for (DirectoryReader reader : readers) {
            reader.close();
        }
        for (Directory directory : directories) {
            directory.close();
        }
        IndexFolder.deleteAll(folder);
    }
}
