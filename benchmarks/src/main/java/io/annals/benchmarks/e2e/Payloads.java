package io.annals.benchmarks.e2e;

import java.util.Random;
import java.util.function.Supplier;

/// Values to produce.
final class Payloads {
    private static final int DISTINCT = 1024;

    private Payloads() {}

    /// `1000` for random capitals of that length, over and over; `json` for log records, each a new
    /// one. Not thread-safe.
    static Supplier<byte[]> of(String kind) {
        if (kind.equals("json")) {
            return new LogCorpus(42)::next;
        }
        Random random = new Random(42);
        byte[][] payloads = new byte[DISTINCT][Integer.parseInt(kind)];
        for (byte[] payload : payloads) {
            for (int i = 0; i < payload.length; i++) {
                payload[i] = (byte) (random.nextInt(26) + 'A');
            }
        }
        int[] next = {0};
        return () -> payloads[next[0]++ % payloads.length];
    }
}
