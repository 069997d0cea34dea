package io.annals.wal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// Lists the numbered files of one shard.
final class ShardFolder {
    private ShardFolder() {}

    /// Files with this ending, by number.
    static List<Path> list(Path folder, String suffix) throws IOException {
        try (Stream<Path> children = Files.list(folder)) {
            return children.filter(f ->
                            f.getFileName().toString().matches("[0-9]{20}\\Q" + suffix + "\\E"))
                    .sorted()
                    .toList();
        }
    }

    static long number(Path file) {
        return Long.parseLong(file.getFileName().toString().substring(0, 20));
    }

    /// Half-written replacements of an earlier life.
    static void deleteTemporary(Path folder) throws IOException {
        try (Stream<Path> children = Files.list(folder)) {
            for (Path child : (Iterable<Path>) children::iterator) {
                if (child.getFileName().toString().endsWith(".tmp")) {
                    Files.delete(child);
                }
            }
        }
    }
}
