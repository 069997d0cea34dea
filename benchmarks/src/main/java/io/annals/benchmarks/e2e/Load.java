package io.annals.benchmarks.e2e;

import java.util.Locale;

/// What one run of a load saw.
///
/// @param seconds from the first record to the last
/// @param p50Ms of what the load calls its latency; 0 if it has none
/// @param cpuSeconds of the load's own process
/// @param steadyBytesPerSecond in the time that counts, after the load warmed up; over all of the
///   time if it does not warm up
record Load(
        long records,
        long bytes,
        double seconds,
        double p50Ms,
        double p99Ms,
        double cpuSeconds,
        double steadyBytesPerSecond) {

    double megabytesPerSecond() {
        return steadyBytesPerSecond / 1e6;
    }

    double recordsPerSecond() {
        return records / seconds;
    }

    /// One line, as [#parse] reads it.
    String line() {
        return String.format(
                Locale.ROOT,
                "%d %d %.3f %.3f %.3f %.2f %.0f",
                records,
                bytes,
                seconds,
                p50Ms,
                p99Ms,
                cpuSeconds,
                steadyBytesPerSecond);
    }

    static Load parse(String line) {
        String[] fields = line.split(" ");
        return new Load(
                Long.parseLong(fields[0]),
                Long.parseLong(fields[1]),
                Double.parseDouble(fields[2]),
                Double.parseDouble(fields[3]),
                Double.parseDouble(fields[4]),
                Double.parseDouble(fields[5]),
                Double.parseDouble(fields[6]));
    }
}
