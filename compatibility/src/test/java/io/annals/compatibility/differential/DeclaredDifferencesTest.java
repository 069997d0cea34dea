package io.annals.compatibility.differential;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.TextNode;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.file.Files;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;

class DeclaredDifferencesTest {

    private static boolean isDeclared(
            ApiKeys api, String request, String place, String kafka, String annals) {
        return DeclaredDifferences.of(
                        new Difference(
                                "d",
                                new Exchange(api, (short) 0, request, TextNode.valueOf("")),
                                new Difference.Place("", place),
                                kafka,
                                annals))
                .isPresent();
    }

    @Test
    void the_documentation_gives_every_reason() throws IOException {
        String page = Files.readString(Processes.ROOT.resolve("docs/compatibility.md"));
        assertThat(DeclaredDifferences.ALL)
                .isNotEmpty()
                .allSatisfy(declared -> assertThat(page).contains(declared.reason()));
    }

    @Test
    void an_error_code_is_never_declared_for_every_api() {
        for (ApiKeys api : ApiKeys.values()) {
            assertThat(isDeclared(api, "", "/error_code", "0", "77")).isFalse();
        }
    }

    @Test
    void a_difference_is_declared_for_one_place_and_one_kind_of_request() {
        String offset = "/topics[t]/partitions[0]/offset";
        ApiKeys api = ApiKeys.LIST_OFFSETS;
        assertThat(isDeclared(api, "timestamp=-6", offset, "-1", "7")).isTrue();
        assertThat(isDeclared(api, "timestamp=-5", offset, "-1", "7")).isFalse();
        assertThat(isDeclared(api, "timestamp=-6", offset, "0", "7")).isFalse();
        assertThat(isDeclared(ApiKeys.FETCH, "timestamp=-6", offset, "-1", "7")).isFalse();
    }

    @Test
    void a_message_that_is_missing_here_is_not_free_text() {
        ApiKeys api = ApiKeys.CREATE_TOPICS;
        assertThat(isDeclared(api, "", "/error_message", "\"a\"", "\"b\"")).isTrue();
        assertThat(isDeclared(api, "", "/error_message", "\"a\"", "null")).isFalse();
        assertThat(isDeclared(api, "", "/error_message", "null", "\"\"")).isFalse();
    }
}
