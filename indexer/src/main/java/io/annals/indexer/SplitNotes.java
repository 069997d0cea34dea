package io.annals.indexer;

import io.annals.archive.ObjectStore;
import io.annals.registry.RegistrySnapshot;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Notes about index splits on their way into the store: one small durable file per split, written
/// before the upload and deleted after the commit. After a crash they tell which objects to sweep.
/// Ids of splits are never used twice, so what no generation holds, none ever will. Thread-safe.
final class SplitNotes {
    private static final Logger LOG = LoggerFactory.getLogger(SplitNotes.class);

    private final Path folder;

    SplitNotes(Path folder) throws IOException {
        this.folder = Files.createDirectories(folder);
    }

    void add(String splitId, String key) throws IOException {
        Path note = folder.resolve(splitId);
        Files.writeString(note, key);
        force(note);
        force(folder);
    }

    void remove(String splitId) throws IOException {
        Files.deleteIfExists(folder.resolve(splitId));
    }

    /// Deletes what earlier runs uploaded and did not commit.
    ///
    /// @param current the generation of now, read after those runs had ended
    void sweep(RegistrySnapshot current, ObjectStore store) throws IOException {
        List<Path> notes;
        try (Stream<Path> files = Files.list(folder)) {
            notes = files.toList();
        }
        for (Path note : notes) {
            String splitId = note.getFileName().toString();
            if (current.split(splitId).isEmpty()) {
                String key = Files.readString(note, StandardCharsets.UTF_8);
                if (!key.isEmpty()) {
                    store.delete(key);
                    LOG.info("swept {}: uploaded, but not committed before the last end", key);
                }
            }
            Files.deleteIfExists(note);
        }
    }

    private static void force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
