package io.annals.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Copies of checkpoint pages in a local folder, so that a restart need not fetch them again. A
/// page's hash stands in the checkpoint: a copy that has another one is not used. Losing the folder
/// costs time only, and so does whatever goes wrong here.
///
/// Thread-safe.
final class LocalPages {
    /// Keeps nothing.
    static final LocalPages NONE = new LocalPages(Optional.empty());

    private static final Logger LOG = LoggerFactory.getLogger(LocalPages.class);
    private static final String WRITING = ".writing";

    private final Optional<Path> folder;

    LocalPages(Optional<Path> folder) {
        this.folder = folder;
    }

    Optional<byte[]> read(CheckpointPage page) {
        if (folder.isEmpty()) {
            return Optional.empty();
        }
        Path file = file(folder.get(), page);
        try {
            if (!Files.isRegularFile(file) || Files.size(file) != page.sizeBytes()) {
                return Optional.empty();
            }
            byte[] bytes = Files.readAllBytes(file);
            boolean isSame = RegistryFormat.sha256(bytes, 0, bytes.length).equals(page.sha256());
            if (!isSame) {
                LOG.warn("{} is damaged, the page is fetched again", file);
            }
            return isSame ? Optional.of(bytes) : Optional.empty();
        } catch (IOException e) {
            LOG.warn("cannot read {}, the page is fetched instead: {}", file, e.toString());
            return Optional.empty();
        }
    }

    void keep(CheckpointPage page, byte[] bytes) {
        if (folder.isEmpty()) {
            return;
        }
        Path file = file(folder.get(), page);
        Path writing = file.resolveSibling(file.getFileName() + WRITING);
        try {
            Files.createDirectories(folder.get());
            Files.write(writing, bytes);
            Files.move(writing, file, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.warn("cannot keep a copy of {}: {}", page.key(), e.toString());
        }
    }

    /// Deletes the copies of pages that this checkpoint does not have.
    void keepOnly(PagedCheckpoint checkpoint) {
        if (folder.isEmpty() || !Files.isDirectory(folder.get())) {
            return;
        }
        Set<Path> needed = new HashSet<>();
        checkpoint.pages().forEach(page -> needed.add(file(folder.get(), page)));
        try (Stream<Path> files = Files.list(folder.get())) {
            for (Path file : files.filter(file -> !needed.contains(file)).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            LOG.warn("cannot tidy up {}: {}", folder.get(), e.toString());
        }
    }

    private static Path file(Path folder, CheckpointPage page) {
        return folder.resolve(page.key().substring(page.key().lastIndexOf('/') + 1));
    }
}
