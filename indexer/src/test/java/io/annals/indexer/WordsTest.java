package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WordsTest {

    private static List<String> words(byte[] text, boolean binary) {
        Words words = new Words();
        words.reset(text, 0, text.length, binary);
        List<String> all = new ArrayList<>();
        while (words.next()) {
            all.add(new String(words.bytes(), 0, words.length(), StandardCharsets.UTF_8));
        }
        return all;
    }

    private static List<String> words(String text) {
        return words(text.getBytes(StandardCharsets.UTF_8), false);
    }

    @Test
    void asciiIsCutAtEverythingButLettersDigitsAndUnderscores() {
        assertThat(words("GET /api/v1?user_id=7 10.2.3.4 a-b"))
                .containsExactly("get", "api", "v1", "user_id", "7", "10", "2", "3", "4", "a", "b");
        assertThat(words(" \t\n")).isEmpty();
        assertThat(words("")).isEmpty();
    }

    @Test
    void aUuidIsOneWord() {
        String uuid = "123e4567-e89b-12d3-a456-426614174000";
        assertThat(words("id=" + uuid.toUpperCase(java.util.Locale.ROOT) + "."))
                .containsExactly("id", uuid);
        assertThat(words(uuid + "0")).hasSize(5);
        assertThat(words("12345678-1234")).containsExactly("12345678", "1234");
        assertThat(words("123e4567-e89b-12d3-a456-42661417400g")).hasSize(5);
    }

    @Test
    void otherScriptsAreCutByUnicodesRules() {
        assertThat(words("Ünïcödé Straße")).containsExactly("ünïcödé", "straße");
        assertThat(words("ПРИВЕТ мир")).containsExactly("привет", "мир");
        assertThat(words("日本語")).containsExactly("日", "本", "語");
        assertThat(words("“quoted” — text…")).containsExactly("quoted", "text");
    }

    @Test
    void asciiTextIsCutTheSameWayWhateverStandsBesideIt() {
        Random random = new Random(21);
        for (int i = 0; i < 2000; i++) {
            StringBuilder ascii = new StringBuilder();
            for (int c = random.nextInt(40); c > 0; c--) {
                ascii.append((char) (0x20 + random.nextInt(0x5f)));
            }
            List<String> alone = words(ascii.toString());
            List<String> beside = words("é " + ascii + " é");
            assertThat(beside.subList(1, beside.size() - 1)).as(ascii.toString()).isEqualTo(alone);
        }
    }

    @Test
    void longWordsAreCutOff() {
        assertThat(words("x".repeat(1000) + " y"))
                .containsExactly("x".repeat(Words.MAX_WORD_BYTES), "y");
        assertThat(words("é".repeat(100)))
                .allSatisfy(word ->
                        assertThat(word.getBytes(StandardCharsets.UTF_8).length)
                                .isLessThanOrEqualTo(Words.MAX_WORD_BYTES));
    }

    @Test
    void bytesThatAreNotTextYieldTheirAsciiRuns() {
        byte[] bytes = {0, 1, 'a', 'b', (byte) 0xff, 'H', 'e', 'l', 'l', 'o', (byte) 0x80, 'x'};
        assertThat(words(bytes, true)).containsExactly("hello");
    }

    @Test
    @Timeout(20)
    void anyBytesComeToAnEndAndWordsNeverHoldSeparators() {
        Random random = new Random(22);
        for (int i = 0; i < 500; i++) {
            byte[] bytes = new byte[random.nextInt(10_000)];
            random.nextBytes(bytes);
            if (i % 2 == 0) {
                bytes =
                        new String(bytes, StandardCharsets.UTF_16BE)
                                .getBytes(StandardCharsets.UTF_8);
            }
            boolean binary = !Utf8.isValid(bytes, 0, bytes.length);
            for (String word : words(bytes, binary)) {
                assertThat(word).isNotEmpty().doesNotContain("\0").doesNotContain("\1");
            }
        }
    }

    @Test
    void validUtf8IsWhatJavaDecodesWithoutReplacement() {
        Random random = new Random(23);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(12)];
            for (int b = 0; b < bytes.length; b++) {
                bytes[b] = (byte) (random.nextBoolean() ? 0x80 + random.nextInt(0x80) : 'a');
            }
            boolean same =
                    java.util.Arrays.equals(
                            bytes,
                            new String(bytes, StandardCharsets.UTF_8)
                                    .getBytes(StandardCharsets.UTF_8));
            assertThat(Utf8.isValid(bytes, 0, bytes.length)).isEqualTo(same);
        }
    }

    @Test
    void aLeafIsOneWordIfCuttingItGivesItBack() {
        Random random = new Random(24);
        String[] parts = {"a", "0", "_", "-", "A", "é", " ", "deadbeef", "-1234", "123456789abc"};
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int p = random.nextInt(8); p > 0; p--) {
                text.append(parts[random.nextInt(parts.length)]);
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            List<String> words = words(text.toString());
            boolean ascii = text.chars().allMatch(c -> c < 0x80);
            assertThat(Words.isOneWord(bytes, 0, bytes.length))
                    .as(text.toString())
                    .isEqualTo(ascii && words.equals(List.of(text.toString())));
        }
    }
}
