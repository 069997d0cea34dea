package io.annals.benchmarks.e2e;

/// What one run of the load generator saw.
record Load(
        long records, long bytes, double seconds, double p50Ms, double p99Ms, double cpuSeconds) {

    double megabytesPerSecond() {
        return bytes / 1e6 / seconds;
    }

    double recordsPerSecond() {
        return records / seconds;
    }
}
