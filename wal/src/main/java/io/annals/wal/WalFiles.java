package io.annals.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;

/// The durable file operations of the log. Tests open channels that fail.
///
/// Thread-safe.
final class WalFiles {
    private final Opener opener;

    WalFiles(Opener opener) {
        this.opener = opener;
    }

    static WalFiles real() {
        return new WalFiles(FileChannel::open);
    }

    FileChannel open(Path file, OpenOption... options) throws IOException {
        return opener.open(file, Set.of(options));
    }

    /// Replaces a file as a whole: after a crash it has its old or its new content.
    void replace(Path file, ByteBuffer content) throws IOException {
        Path next = file.resolveSibling(file.getFileName() + ".tmp");
        try (FileChannel channel =
                open(
                        next,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            writeFully(channel, content);
            channel.force(true);
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        syncDirectory(file.resolveSibling(""));
    }

    /// Makes creations, renames and deletions in a directory durable.
    void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static void writeFully(FileChannel channel, ByteBuffer content) throws IOException {
        while (content.hasRemaining()) {
            channel.write(content);
        }
    }

    /// How a channel comes to be.
    @FunctionalInterface
    interface Opener {
        FileChannel open(Path file, Set<? extends OpenOption> options) throws IOException;
    }
}
