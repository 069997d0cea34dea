package io.annals.indexer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.record.internal.SimpleRecord;

/// A seeded source of JSON log lines like those of a busy web shop: Zipf-like words, unique trace
/// ids, a few enumerations.
final class LogLines {
    private static final String[] LEVELS = {"DEBUG", "INFO", "INFO", "INFO", "WARN", "ERROR"};
    private static final int[] STATUS = {200, 200, 200, 201, 204, 301, 400, 404, 500, 503};

    private final Random random;
    private final String[] words;
    private long timestampMs = 1_790_000_000_000L;

    LogLines(long seed) {
        random = new Random(seed);
        words = new String[60_000];
        for (int i = 0; i < words.length; i++) {
            StringBuilder word = new StringBuilder();
            int length = 3 + random.nextInt(8);
            for (int c = 0; c < length; c++) {
                word.append((char) ('a' + random.nextInt(26)));
            }
            words[i] = word.toString();
        }
    }

    String word() {
        return words[(int) Math.pow(words.length, random.nextDouble()) - 1];
    }

    String line() {
        timestampMs += random.nextInt(10);
        byte[] trace = new byte[16];
        random.nextBytes(trace);
        StringBuilder message = new StringBuilder();
        int length = 8 + random.nextInt(14);
        for (int i = 0; i < length; i++) {
            message.append(i > 0 ? " " : "")
                    .append(random.nextInt(14) == 0 ? "" + random.nextInt(100_000) : word());
        }
        return """
        {"ts":"%s","level":"%s","service":"svc-%d","host":"host-%03d","user_id":%d,\
        "trace_id":"%s","status":%d,"latency_ms":%d.%d,"msg":"%s"}\
        """
                .formatted(
                        java.time.Instant.ofEpochMilli(timestampMs),
                        LEVELS[random.nextInt(LEVELS.length)],
                        random.nextInt(20),
                        random.nextInt(200),
                        random.nextInt(100_000),
                        HexFormat.of().formatHex(trace),
                        STATUS[random.nextInt(STATUS.length)],
                        random.nextInt(2000),
                        random.nextInt(10),
                        message);
    }

    /// A batch of `count` lines.
    ByteBuffer batch(long baseOffset, int count) {
        List<SimpleRecord> records = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            byte[] line = line().getBytes(StandardCharsets.UTF_8);
            records.add(new SimpleRecord(timestampMs, null, line));
        }
        return Batches.of(baseOffset, records);
    }
}
