package io.annals.compatibility.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A server under measurement: its own process, its own data directory, loopback only.
public interface Peer {
    String name();

    /// Starts on the data directory as it is and returns when clients are served.
    void start() throws IOException, InterruptedException;

    /// Ends it as an operator would.
    void stop() throws InterruptedException;

    /// SIGKILL.
    void kill() throws InterruptedException;

    String bootstrap();

    long pid();

    /// CPU seconds of the process so far, user and system, in clock ticks of a hundredth.
    default double cpuSeconds() throws IOException {
        return ThreadTimes.cpuSeconds(Path.of("/proc/" + pid() + "/stat"));
    }

    /// What of [#cpuSeconds] went into work that this server does and the others do not: none of
    /// it, unless it says otherwise.
    default double extraCpuSeconds() throws IOException {
        return 0;
    }

    /// Resident bytes now.
    default long residentBytes() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/" + pid() + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
            }
        }
        return 0;
    }
}
