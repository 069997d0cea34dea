package io.annals.archive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ManifestsTest {
    private record Example(
            String format, int version, List<String> names, Map<String, Long> counts) {}

    private static final Example EXAMPLE =
            new Example("example", 1, List.of("a", "b"), Map.of("y", 2L, "x", 1L));

    private static Example parse(String json) throws ObjectStoreException {
        return Manifests.parse("key", json.getBytes(UTF_8), Example.class, "example", 1);
    }

    @Test
    void whatIsWrittenIsReadAgainAndIsAlwaysTheSame() throws ObjectStoreException {
        String json =
                """
                {
                  "format": "example",
                  "version": 1,
                  "names": [
                    "a",
                    "b"
                  ],
                  "counts": {
                    "x": 1,
                    "y": 2
                  }
                }
                """;
        assertThat(Manifests.write(EXAMPLE)).asString().isEqualTo(json);
        Map<String, Long> otherOrder = new LinkedHashMap<>();
        otherOrder.put("y", 2L);
        otherOrder.put("x", 1L);
        assertThat(Manifests.write(new Example("example", 1, EXAMPLE.names, otherOrder)))
                .asString()
                .isEqualTo(json);
        assertThat(parse(json)).isEqualTo(EXAMPLE);
    }

    @Test
    void membersOfLaterProgramsAreSkipped() throws ObjectStoreException {
        assertThat(
                        parse(
                                """
                                {"format":"example","version":1,"new":[1],"names":["a","b"],
                                "counts":{"x":1,"y":2}}\
                                """))
                .isEqualTo(EXAMPLE);
    }

    @Test
    void anotherFormatAndOtherJsonAreCorrupt() {
        for (String json :
                List.of(
                        "",
                        "{",
                        "[]",
                        "null",
                        "{}",
                        "{\"format\":\"other\",\"version\":1}",
                        "{\"format\":\"example\",\"version\":1,\"names\":7}")) {
            assertThatThrownBy(() -> parse(json))
                    .as(json)
                    .isInstanceOf(CorruptObjectException.class)
                    .hasMessageContaining("key")
                    .hasMessageContaining("manifest.json");
        }
    }

    @Test
    void aNewerVersionIsRefusedAsSuch() {
        assertThatThrownBy(() -> parse("{\"format\":\"example\",\"version\":2,\"names\":7}"))
                .isInstanceOf(TooNewObjectException.class)
                .hasMessageContaining("manifest.json has format version 2");
    }
}
