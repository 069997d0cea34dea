package io.annals.indexer;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import org.apache.lucene.store.FilterDirectory;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.store.NoLockFactory;

/// A local Lucene directory that is derived from other data and made anew after a crash: never
/// synced, never locked.
final class IndexFolder extends FilterDirectory {

    IndexFolder(Path path) throws IOException {
        super(new MMapDirectory(Files.createDirectories(path), NoLockFactory.INSTANCE));
    }

    @Override
    public void sync(Collection<String> names) {
        // nothing here outlives the process
    }

    @Override
    public void syncMetaData() {
        // as above
    }

    /// Deletes a folder and all that is in it; no error if it is not there.
    static void deleteAll(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.deleteIfExists(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path visited, @org.jspecify.annotations.Nullable IOException error)
                            throws IOException {
                        Files.deleteIfExists(visited);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
