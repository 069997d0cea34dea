package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Random;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QueryParserTest {
    private static final int FUZZ_ROUNDS = 20_000;

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '¦',
            quoteCharacter = '\u0001',
            textBlock =
                    """
                    error ¦ error
                    connection refused ¦ (and connection refused)
                    a AND b ¦ (and a b)
                    a && b || c ¦ (or (and a b) c)
                    a OR b c ¦ (or a (and b c))
                    a b OR c AND d ¦ (or (and a b) (and c d))
                    a AND (b OR c) ¦ (and a (or b c))
                    NOT a ¦ (not a)
                    a -b ¦ (and a (not b))
                    a NOT b ¦ (and a (not b))
                    NOT(a OR b) ¦ (not (or a b))
                    -(a b) ¦ (not (and a b))
                    +a +b ¦ (and a b)
                    a OR NOT b ¦ (or a (not b))
                    a - b ¦ (and a - b)
                    --verbose ¦ --verbose
                    android ORDER NOTE ¦ (and android ORDER NOTE)
                    or and not ¦ (and or and not)
                    level:ERROR ¦ level=ERROR
                    level:(ERROR OR WARN) ¦ (or level=ERROR level=WARN)
                    level:(ERROR OR host:a) b ¦ (and (or level=ERROR host=a) b)
                    -level:INFO ¦ (not level=INFO)
                    user.id:7 ¦ user.id=7
                    headers.content-type:json ¦ headers.content-type=json
                    temperature:-5 ¦ temperature=-5
                    "connection refused" ¦ "connection refused"
                    "a b"~3 ¦ "a b"~3
                    msg:"say \\"hi\\" c:\\\\d" ¦ msg="say "hi" c:\\d"
                    time* ¦ (prefix time)
                    host:web-* ¦ (prefix host=web-)
                    w?ld ¦ (wildcard w?ld)
                    w*d* ¦ (wildcard w*d*)
                    a\\*b* ¦ (prefix a*b)
                    a\\*b*c ¦ (wildcard a\\*b*c)
                    a\\* ¦ a*
                    colour~ ¦ (fuzzy colour~2)
                    name:colour~1 ¦ (fuzzy name=colour~1)
                    ~/home ¦ ~/home
                    a\\~1 ¦ a~1
                    /err(or)?/ ¦ (regexp err(or)?)
                    host:/web-[0-9]+/ ¦ (regexp host=web-[0-9]+)
                    (/a/ OR /b\\/c/) ¦ (or (regexp a) (regexp b/c))
                    /a\\d/ ¦ (regexp a\\d)
                    path:/var/log ¦ path=/var/log
                    /var/log/ ¦ /var/log/
                    // ¦ //
                    GET /index.html ¦ (and GET /index.html)
                    http://x/y?z=1 ¦ http://x/y?z=1
                    url:http://x/y?z* ¦ (prefix url=http://x/y?z)
                    url:http://x/?a*b ¦ (wildcard url=http://x/\\?a*b)
                    std::string ¦ std::string
                    12:30:45 ¦ 12:30:45
                    at:12:30:45 ¦ at=12:30:45
                    C\\:\\\\x ¦ C:\\x
                    close(fd) ¦ close(fd)
                    (close() OR x) ¦ (or close() x)
                    status:[400 TO 499] ¦ status=[400 TO 499]
                    status:[400 TO 500} ¦ status=[400 TO 500}
                    status:{400 TO *] ¦ status={400 TO *]
                    name:["a b" TO c] ¦ name=[a b TO c]
                    t:[2026-01-01T00:00:00Z TO *} ¦ t=[2026-01-01T00:00:00Z TO *]
                    status:>=400 ¦ status=[400 TO *]
                    status:>400 ¦ status={400 TO *]
                    status:<=-4.5 ¦ status=[* TO -4.5]
                    status:<4 b ¦ (and status=[* TO 4} b)
                    name:<"x y" ¦ name=[* TO x y}
                    status>=400 ¦ status=[400 TO *]
                    a->b ¦ a->b
                    status\\>=400 ¦ status>=400
                    List<String> ¦ List<String>
                    field:* ¦ (exists field)
                    * ¦ *
                    \\* ¦ *
                    -field:* ¦ (not (exists field))
                    my\\ field:x ¦ my field=x
                    \\1st:x ¦ 1st=x
                    tag:a:b ¦ tag=a:b
                    grüße:世界 ¦ grüße=世界
                    """)
    void parses(String query, String expected) throws RefusedException {
        assertThat(QueryParser.parse(query, QueryLimits.DEFAULT)).hasToString(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "\t\n"})
    void aBlankQueryMatchesEverything(String query) throws RefusedException {
        assertThat(QueryParser.parse(query, QueryLimits.DEFAULT))
                .isEqualTo(new QueryNode.MatchAll());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '¦',
            quoteCharacter = '\u0001',
            textBlock =
                    """
                    a AND ¦ 5 ¦ expected a term, a phrase, a group or field:value
                    AND a ¦ 0 ¦ before this operator
                    a OR OR b ¦ 5 ¦ before this operator
                    NOT ¦ 3 ¦ expected a term
                    (a ¦ 0 ¦ '(' is never closed
                    a) ¦ 1 ¦ ')' without '('
                    () ¦ 1 ¦ expected a term
                    "a ¦ 0 ¦ '"' is never closed
                    "a"~x ¦ 4 ¦ expected a number
                    level: ERROR ¦ 6 ¦ right after 'level:' (no space)
                    level: ¦ 6 ¦ right after 'level:'
                    a:[1 2] ¦ 5 ¦ expected TO
                    a:[1 TO 2 ¦ 9 ¦ expected ']' or '}'
                    a:[ TO 2] ¦ 7 ¦ expected TO
                    a:[1 TO ] ¦ 8 ¦ expected a value or *
                    [1 TO 2] ¦ 0 ¦ a range needs a field
                    {"a":1} ¦ 0 ¦ a range needs a field
                    a:>= ¦ 4 ¦ right after the comparison
                    a~3 ¦ 1 ¦ 0 to 2 edits
                    """)
    void refuses(String query, int position, String message) {
        assertThatThrownBy(() -> QueryParser.parse(query, QueryLimits.DEFAULT))
                .hasMessageContaining(message)
                .asInstanceOf(InstanceOfAssertFactories.type(RefusedException.class))
                .satisfies(e -> assertThat(e.position()).hasValue(position))
                .satisfies(e -> assertThat(e.parameter()).hasValue("q"));
    }

    @Test
    void everyBoundIsAnErrorThatNamesIt() {
        assertRefused("a".repeat(10_000), "8192");
        assertRefused("a ".repeat(300), "256 clauses");
        assertRefused("(".repeat(40) + "a" + ")".repeat(40), "32 levels");
        assertRefused("NOT ".repeat(40) + "a", "32 levels");
        assertRefused("a?".repeat(200), "at most 256");
        assertRefused("/" + "a".repeat(300) + "/", "at most 256");
    }

    private static void assertRefused(String query, String message) {
        assertThatThrownBy(() -> QueryParser.parse(query, QueryLimits.DEFAULT))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining(message);
    }

    @Test
    void anyStringParsesOrIsRefusedInBoundedTime() {
        long seed = Long.getLong("annals.seed", 20260101);
        Random random = new Random(seed);
        Assertions.assertTimeoutPreemptively(
                Duration.ofSeconds(30),
                () -> {
                    for (int i = 0; i < FUZZ_ROUNDS; i++) {
                        String query = randomQuery(random);
                        try {
                            QueryParser.parse(query, QueryLimits.DEFAULT);
                        } catch (RefusedException e) {
                            assertThat(e.getMessage()).isNotBlank();
                        } catch (RuntimeException | Error e) {
                            throw new AssertionError(
                                    "seed %d, query: %s".formatted(seed, query), e);
                        }
                    }
                });
    }

    /// Mostly pieces of the language glued together at random, some of it arbitrary characters.
    static String randomQuery(Random random) {
        String[] pieces = {
            "a",
            "level",
            ":",
            " ",
            "(",
            ")",
            "\"",
            "~",
            "*",
            "?",
            "/",
            "[",
            "]",
            "{",
            "}",
            " TO ",
            ">",
            "<",
            "=",
            "AND",
            " OR ",
            "NOT ",
            "-",
            "+",
            "\\",
            "1",
            "2026-01-01",
            "é",
            "\uD83D",
            "&&",
            "||",
            "://",
            "::",
            "\n"
        };
        StringBuilder query = new StringBuilder();
        int length = random.nextInt(random.nextInt(20) == 0 ? 3_000 : 40);
        for (int i = 0; i < length; i++) {
            if (random.nextInt(12) == 0) {
                query.append((char) random.nextInt(0x10000));
            } else {
                query.append(pieces[random.nextInt(pieces.length)]);
            }
        }
        return query.toString();
    }
}
