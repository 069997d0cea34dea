package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InstantTextTest {

    private static @Nullable Instant parse(String text) {
        byte[] bytes = ("ab" + text + "cd").getBytes(StandardCharsets.ISO_8859_1);
        return InstantText.parse(bytes, 2, bytes.length - 2);
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-20, 2026-11-20T00:00:00Z",
        "2026-11-20T10:00, 2026-11-20T10:00:00Z",
        "2026-11-20T10:00:07Z, 2026-11-20T10:00:07Z",
        "2026-11-20 10:00:07, 2026-11-20T10:00:07Z",
        "2026-11-20T10:00:07.5Z, 2026-11-20T10:00:07.5Z",
        "2026-11-20T10:00:07.123456789+02:00, 2026-11-20T08:00:07.123456789Z",
        "2026-11-20T10:00:07-0330, 2026-11-20T13:30:07Z",
        "2026-11-20T10:00:07+02, 2026-11-20T08:00:07Z",
        "1969-12-31T23:59:59.999Z, 1969-12-31T23:59:59.999Z",
        "2024-02-29T00:00:00Z, 2024-02-29T00:00:00Z"
    })
    void theWaysOfLogsAreRead(String text, Instant instant) {
        assertThat(parse(text)).isEqualTo(instant);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "2026",
                "2026-11-2",
                "2026-13-01",
                "2026-02-30",
                "20261120T100000Z",
                "2026-11-20T25:00:00Z",
                "2026-11-20T10:60:00Z",
                "2026-11-20T10:00:00.Z",
                "2026-11-20T10:00:00.1234567890Z",
                "2026-11-20T10:00:00ZZ",
                "2026-11-20T10:00:00+19:00",
                "2026-11-20T10:00:00+2",
                "2026-11-20X10:00:00Z",
                "2026-11-20T1:00:00Z+01:00",
                "ab-cd-ef-gh-ij-kl",
                "+026-11-20T10:00:00Z"
            })
    void anythingElseIsNoInstant(String text) {
        assertThat(parse(text)).isNull();
    }

    @Test
    void whatJavaWritesIsReadBack() {
        Random random = new Random(5);
        for (int i = 0; i < 2000; i++) {
            Instant instant =
                    Instant.ofEpochSecond(
                            random.nextLong(-62_000_000_000L, 250_000_000_000L),
                            random.nextInt(1_000_000_000));
            OffsetDateTime there =
                    instant.atOffset(ZoneOffset.ofTotalSeconds(60 * random.nextInt(-1080, 1080)));
            assertThat(parse(instant.toString())).isEqualTo(instant);
            assertThat(parse(there.toString())).isEqualTo(instant);
        }
    }
}
