package io.annals.benchmarks.e2e;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import java.util.random.RandomGenerator;

/// Structured application logs, about 300 bytes of JSON each: words by Zipf's law, a trace id that
/// is unique, a few low-cardinality fields. The same seed gives the same records. Not thread-safe.
public final class LogCorpus {
    private static final int VOCABULARY = 60_000;
    private static final double ZIPF_EXPONENT = 1.05;
    private static final String[] LEVELS = {
        "INFO", "INFO", "INFO", "INFO", "INFO", "DEBUG", "WARN", "ERROR"
    };
    private static final int[] STATUS = {200, 200, 200, 200, 201, 204, 301, 400, 404, 500, 503};
    static final long START_MS = 1_760_000_000_000L;

    private final RandomGenerator random;
    private final double[] cumulative = new double[VOCABULARY];
    private long count;

    public LogCorpus(long seed) {
        random = new Random(seed);
        double sum = 0;
        for (int i = 0; i < VOCABULARY; i++) {
            sum += 1 / Math.pow(i + 1, ZIPF_EXPONENT);
            cumulative[i] = sum;
        }
        for (int i = 0; i < VOCABULARY; i++) {
            cumulative[i] /= sum;
        }
    }

    /// The trace id of record `n` (0-based): a term that occurs in one record only.
    public static String traceId(long n) {
        long mixed = (n + 1) * 0x9E3779B97F4A7C15L;
        return HexFormat.of().toHexDigits(mixed)
                + HexFormat.of().toHexDigits(mixed * 0xC2B2AE3D27D4EB4FL ^ n);
    }

    public byte[] next() {
        StringBuilder json = new StringBuilder(360);
        json.append("{\"ts\":\"")
                .append(java.time.Instant.ofEpochMilli(START_MS + count))
                .append("\",\"level\":\"")
                .append(LEVELS[random.nextInt(LEVELS.length)])
                .append("\",\"service\":\"svc-")
                .append(random.nextInt(40))
                .append("\",\"host\":\"host-")
                .append(random.nextInt(200))
                .append("\",\"user_id\":")
                .append(random.nextInt(1_000_000))
                .append(",\"trace_id\":\"")
                .append(traceId(count))
                .append("\",\"status\":")
                .append(STATUS[random.nextInt(STATUS.length)])
                .append(",\"latency_ms\":")
                .append(random.nextInt(2000))
                .append(",\"msg\":\"");
        int words = 8 + random.nextInt(14);
        for (int i = 0; i < words; i++) {
            if (i > 0) {
                json.append(' ');
            }
            if (random.nextInt(14) == 0) {
                json.append(random.nextInt(100_000));
            } else {
                appendWord(json);
            }
        }
        count++;
        return json.append("\"}").toString().getBytes(StandardCharsets.UTF_8);
    }

    private void appendWord(StringBuilder json) {
        int at = java.util.Arrays.binarySearch(cumulative, random.nextDouble());
        int rank = Math.min(at < 0 ? -at - 1 : at, VOCABULARY - 1);
        long letters = (rank + 7L) * 2654435761L;
        int length = 3 + rank % 7;
        for (int i = 0; i < length; i++) {
            json.append((char) ('a' + (int) Math.floorMod(letters, 26L)));
            letters = letters / 26 + rank;
        }
    }
}
