package io.annals.indexer;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NumberCodeTest {

    private static byte @Nullable [] code(String number) {
        byte[] bytes = number.getBytes(StandardCharsets.ISO_8859_1);
        return NumberCode.number(bytes, 0, bytes.length);
    }

    @Test
    void theOrderOfCodesIsTheOrderOfNumbers() {
        Random random = new Random(11);
        List<String> numbers = new ArrayList<>(List.of("0", "-0", "-1", "1", "0.1", "1e300"));
        for (int i = 0; i < 1500; i++) {
            numbers.add("" + random.nextInt(-1000, 1000));
            numbers.add("" + random.nextLong());
            numbers.add("" + (Long.MAX_VALUE - random.nextInt(5000)));
            numbers.add("" + (Long.MIN_VALUE + random.nextInt(5000)));
            numbers.add("%d.%d".formatted(random.nextInt(100), random.nextInt(1000)));
            numbers.add("%de%d".formatted(random.nextInt(-9, 9), random.nextInt(-300, 300)));
        }
        for (int i = 0; i < 20_000; i++) {
            String a = numbers.get(random.nextInt(numbers.size()));
            String b = numbers.get(random.nextInt(numbers.size()));
            assertThat(Integer.signum(Arrays.compareUnsigned(code(a), code(b))))
                    .as(a + " and " + b)
                    .isEqualTo(expected(a, b));
        }
    }

    /// Integers compare exactly, all else as doubles.
    private static int expected(String a, String b) {
        boolean integers = a.matches("-?[0-9]+") && b.matches("-?[0-9]+");
        return integers
                ? new BigDecimal(a).compareTo(new BigDecimal(b))
                : Integer.signum(
                        Double.compare(Double.parseDouble(a) + 0.0, Double.parseDouble(b) + 0.0));
    }

    @Test
    void waysToWriteANumberGiveOneCode() {
        assertThat(code("500")).isEqualTo(code("5e2")).isEqualTo(code("500.0"));
        assertThat(code("0")).isEqualTo(code("-0")).isEqualTo(code("0.0"));
        assertThat(code("12.5")).isEqualTo(code("1.25E+1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "-", "01", "1.", ".5", "1e", "+1", "0x1", "1 ", "NaN", "1e5.2", "--1"})
    void whatJsonDoesNotCallANumberIsNone(String text) {
        assertThat(code(text)).isNull();
    }

    @Test
    void theOrderOfCodesIsTheOrderOfInstants() {
        Random random = new Random(12);
        for (int i = 0; i < 5000; i++) {
            Instant a =
                    Instant.ofEpochSecond(random.nextLong(-4, 4), random.nextInt(1_000_000_000));
            Instant b = Instant.ofEpochSecond(random.nextLong(-4, 4), random.nextInt(3) * 256L);
            assertThat(
                            Integer.signum(
                                    Arrays.compareUnsigned(
                                            NumberCode.instant(a), NumberCode.instant(b))))
                    .isEqualTo(Integer.signum(a.compareTo(b)));
        }
    }
}
