package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class KeyOffsetsTest {
    private static ByteBuffer key(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void keepsTheLargestOffsetOfEachKey() {
        long seed = 3;
        Random random = new Random(seed);
        KeyOffsets offsets = new KeyOffsets(1 << 24);
        Map<String, Long> expected = new HashMap<>();
        for (int i = 0; i < 50_000; i++) {
            int partition = random.nextInt(3);
            String key = "key" + random.nextInt(20_000);
            long offset = random.nextInt(1_000_000);
            assertThat(offsets.put(partition, key(key), offset)).isTrue();
            expected.merge(partition + key, offset, Math::max);
        }
        assertThat(offsets.size()).as("seed %d", seed).isEqualTo(expected.size());
        for (int partition = 0; partition < 3; partition++) {
            for (int i = 0; i < 20_001; i++) {
                assertThat(offsets.latest(partition, key("key" + i)))
                        .isEqualTo(expected.getOrDefault(partition + "key" + i, -1L));
            }
        }
    }

    @Test
    void refusesWhatDoesNotFitAndKeepsTheRest() {
        KeyOffsets offsets = new KeyOffsets(1);
        int kept = 0;
        while (offsets.put(0, key("" + kept), kept)) {
            kept++;
        }
        assertThat(kept).isEqualTo(768);
        assertThat(offsets.isFull()).isTrue();
        assertThat(offsets.put(0, key("5"), 99)).isTrue();
        assertThat(offsets.latest(0, key("5"))).isEqualTo(99);
        assertThat(offsets.latest(0, key("" + kept))).isEqualTo(-1);
    }
}
