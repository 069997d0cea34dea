package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonLeavesTest {
    private static final JsonMapper JACKSON =
            JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private final JsonLeaves json = new JsonLeaves(new Paths(10_000), 50);

    private List<String> leaves(String text) {
        byte[] bytes = ("xx" + text + "yy").getBytes(StandardCharsets.UTF_8);
        List<String> leaves = new ArrayList<>();
        if (!json.scan(bytes, 2, bytes.length - 2)) {
            leaves.add("not JSON");
        }
        for (int i = 0; i < json.count(); i++) {
            leaves.add(
                    "%s %s %s"
                            .formatted(
                                    new String(json.path(i).path, StandardCharsets.UTF_8),
                                    (char) json.type(i),
                                    new String(
                                            json.bytes(i),
                                            json.from(i),
                                            json.to(i) - json.from(i),
                                            StandardCharsets.UTF_8)));
        }
        return leaves;
    }

    private static void expect(JsonNode node, String path, List<String> leaves) {
        switch (node.getNodeType()) {
            case OBJECT ->
                    node.properties()
                            .forEach(member -> {
                                String name = member.getKey();
                                expect(
                                        member.getValue(),
                                        path.isEmpty() ? name : path + "." + name,
                                        leaves);
                            });
            case ARRAY -> node.forEach(element -> expect(element, path, leaves));
            case STRING -> leaves.add(of(path, 's', node.textValue()));
            case NUMBER -> leaves.add(of(path, 'n', node.toString()));
            case BOOLEAN -> leaves.add(of(path, 'b', node.toString()));
            default -> {}
        }
    }

    private static String of(String path, char type, String text) {
        return "%s %s %s".formatted(path.isEmpty() ? "_value" : path, type, text);
    }

    @Test
    void leavesAreThoseThatJacksonFinds() throws JsonProcessingException {
        Random random = new Random(31);
        for (int i = 0; i < 3000; i++) {
            String text = container(random, 0);
            List<String> expected = new ArrayList<>();
            expect(JACKSON.readTree(text), "", expected);
            assertThat(leaves(text)).as(text).isEqualTo(expected);
        }
    }

    private static String container(Random random, int depth) {
        int members = random.nextInt(5);
        StringBuilder text = new StringBuilder(random.nextBoolean() ? " " : "");
        boolean object = random.nextBoolean();
        text.append(object ? '{' : '[');
        for (int i = 0; i < members; i++) {
            text.append(i > 0 ? "," : "").append(random.nextInt(4) == 0 ? " \n" : "");
            if (object) {
                text.append("\"n%d%s\" :".formatted(i, random.nextInt(5) == 0 ? "\\u00e9" : ""));
            }
            text.append(
                    depth < 6 && random.nextInt(3) == 0
                            ? container(random, depth + 1)
                            : scalar(random));
        }
        return text.append(object ? '}' : ']').append(random.nextBoolean() ? " " : "").toString();
    }

    private static String scalar(Random random) {
        return switch (random.nextInt(8)) {
            case 0 -> "null";
            case 1 -> "true";
            case 2 -> "" + random.nextInt(-1000, 1000);
            case 3 -> random.nextInt(100) + ".5";
            case 4 -> "\"\"";
            case 5 -> "\"tab\\t quote\\\" slash\\/ \\ud83d\\ude00 \\u0041\"";
            case 6 -> "\"日本 é\"";
            default -> "\"plain text " + random.nextInt() + "\"";
        };
    }

    @Test
    void damagedTextIsNotJsonForBothOrForNone() {
        Random random = new Random(32);
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(container(random, 3));
            int at = random.nextInt(text.length());
            text.setCharAt(at, "{}[],:\"\\0-.etn x".charAt(random.nextInt(16)));
            boolean container;
            try {
                container = JACKSON.readTree(text.toString()).isContainerNode();
            } catch (JsonProcessingException expected) {
                container = false;
            }
            boolean ours = !leaves(text.toString()).contains("not JSON");
            boolean laxer = text.chars().anyMatch(c -> c < ' ');
            if (!laxer) {
                assertThat(ours).as(text.toString()).isEqualTo(container);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "text",
                "42",
                "\"s\"",
                "{",
                "[",
                "{}x",
                "{\"a\"}",
                "{\"a\":}",
                "[1,]",
                "[,1]",
                "{\"a\":1,}",
                "[01]",
                "[1 2]",
                "[tru]",
                "[\"\\x\"]",
                "[\"\\u12\"]",
                "[\"a]",
                "{'a':1}",
                "[1}",
                "{\"a\":1]",
                "[-]",
                "nullx"
            })
    void whatIsNotAnObjectOrArrayHasNoLeaves(String text) {
        assertThat(leaves(text)).containsExactly("not JSON");
    }

    @Test
    void nestingIsBounded() {
        assertThat(leaves("[".repeat(100_000) + "]".repeat(100_000))).containsExactly("not JSON");
        assertThat(leaves("[".repeat(400) + "1" + "]".repeat(400))).containsExactly("_value n 1");
    }

    @Test
    void aLoneSurrogateIsReplaced() {
        assertThat(leaves("[\"\\ud800x\"]")).containsExactly("_value s \ufffdx");
    }
}
