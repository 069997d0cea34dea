package io.annals.benchmarks.results;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/// What the run ran on.
///
/// @param disk device and file system of the scratch directory
@JsonIgnoreProperties(ignoreUnknown = true)
public record Machine(
        String cpu, int cores, long memoryBytes, String kernel, String disk, String jdk) {

    /// This machine, as Linux describes it.
    ///
    /// @param scratch a directory on the disk that is measured
    public static Machine observe(Path scratch) throws IOException {
        FileStore store = Files.getFileStore(scratch);
        return new Machine(
                first("/proc/cpuinfo", "model name"),
                Runtime.getRuntime().availableProcessors(),
                Long.parseLong(first("/proc/meminfo", "MemTotal").replace(" kB", "")) * 1024,
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                store.name() + " " + store.type(),
                System.getProperty("java.vm.vendor") + " " + System.getProperty("java.vm.version"));
    }

    /// Load averages of 1, 5 and 15 minutes.
    public static List<Double> loadAverages() throws IOException {
        return Stream.of(Files.readString(Path.of("/proc/loadavg")).split(" "))
                .limit(3)
                .map(Double::valueOf)
                .toList();
    }

    public String inWords() {
        return "%s, %d cores, %d GB, %s, %s, %s"
                .formatted(cpu, cores, Math.round(memoryBytes / 1e9), disk, kernel, jdk);
    }

    private static String first(String file, String key) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of(file))) {
            return lines.filter(line -> line.startsWith(key))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse("0");
        }
    }
}
