package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What `docs/search.md` shows is what the parser takes.
class SearchDocumentationTest {
    private static final Path PAGE = Path.of("../docs/search.md");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    static Stream<String> examples() throws IOException {
        String page = Files.readString(PAGE);
        int start = page.indexOf("```query\n") + "```query\n".length();
        return page.substring(start, page.indexOf("```", start)).lines();
    }

    static Stream<String> tableExamples() throws IOException {
        List<String> rows =
                Files.readAllLines(PAGE).stream()
                        .dropWhile(line -> !line.startsWith("| you write"))
                        .skip(2)
                        .takeWhile(line -> line.startsWith("|"))
                        .toList();
        return rows.stream()
                .map(row -> row.replace("\\|", "\u0000").split("\\|")[1].replace("\u0000", "|"))
                .flatMap(cell -> CODE.matcher(cell).results().map(code -> code.group(1)));
    }

    @ParameterizedTest
    @MethodSource({"examples", "tableExamples"})
    void everyExampleParses(String query) throws RefusedException {
        assertThat(QueryParser.parse(query, QueryLimits.DEFAULT)).isNotNull();
    }

    @Test
    void theBoundsAreTheOnesInForce() throws IOException {
        String page = Files.readString(PAGE);
        Matcher bounds =
                Pattern.compile(
                                "at most (\\d+) characters, (\\d+) clauses, (\\d+) levels of nesting;"
                                        + " a wildcard or regular expression at most\\s+(\\d+)")
                        .matcher(page);
        assertThat(bounds.find()).isTrue();
        QueryLimits limits = QueryLimits.DEFAULT;
        assertThat(List.of(bounds.group(1), bounds.group(2), bounds.group(3), bounds.group(4)))
                .containsExactly(
                        String.valueOf(limits.maxLength()),
                        String.valueOf(limits.maxClauses()),
                        String.valueOf(limits.maxDepth()),
                        String.valueOf(limits.maxPatternLength()));
    }
}
