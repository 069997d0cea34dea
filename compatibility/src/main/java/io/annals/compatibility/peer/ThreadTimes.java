package io.annals.compatibility.peer;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;

/// Processor time as Linux counts it in `/proc`, user and system.
final class ThreadTimes {
    private static final double TICKS_PER_SECOND = 100;

    private ThreadTimes() {}

    /// @param stat of a process or of a thread
    static double cpuSeconds(Path stat) throws IOException {
        String line = Files.readString(stat);
        String[] fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    }

    /// Of the threads of a process that live now and whose name begins with one of these.
    static double cpuSeconds(long pid, Collection<String> names) throws IOException {
        double sum = 0;
        try (DirectoryStream<Path> threads =
                Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads) {
                try {
                    String name = Files.readString(thread.resolve("comm"));
                    if (names.stream().anyMatch(name::startsWith)) {
                        sum += cpuSeconds(thread.resolve("stat"));
                    }
                } catch (NoSuchFileException _) {
                    // it ended meanwhile
                }
            }
        }
        return sum;
    }
}
