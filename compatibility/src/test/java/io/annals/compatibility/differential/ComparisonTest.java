package io.annals.compatibility.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.protocol.ApiKeys;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static List<String> compare(String kafka, String annals) throws IOException {
        return Comparison.of("d", List.of(exchange(kafka)), List.of(exchange(annals))).stream()
                .map(d -> d.place().path() + " " + d.kafka() + " " + d.annals())
                .toList();
    }

    private static Exchange exchange(String answer) throws IOException {
        return new Exchange(ApiKeys.METADATA, (short) 1, "request", JSON.readTree(answer));
    }

    @Test
    void equal_answers_have_no_difference() throws IOException {
        assertThat(
                        compare(
                                "{\"a\":[{\"name\":\"x\",\"b\":1}]}",
                                "{\"a\":[{\"name\":\"x\",\"b\":1}]}"))
                .isEmpty();
    }

    @Test
    void a_field_that_differs_is_named_by_its_path() throws IOException {
        assertThat(compare("{\"a\":{\"b\":1}}", "{\"a\":{\"b\":2}}")).containsExactly("/a/b 1 2");
        assertThat(compare("{\"a\":1}", "{}")).containsExactly("/a 1 absent");
    }

    @Test
    void elements_meet_by_their_names_whatever_their_order() throws IOException {
        String xy = "[{\"name\":\"x\",\"b\":1},{\"name\":\"y\",\"b\":2}]";
        String yx = "[{\"name\":\"y\",\"b\":3},{\"name\":\"x\",\"b\":1}]";
        assertThat(compare(xy, yx)).containsExactly("[]/b 2 3");
    }

    @Test
    void an_element_that_only_one_has_is_absent_from_the_other() throws IOException {
        assertThat(compare("[{\"name\":\"x\"}]", "[]"))
                .containsExactly("[] {\"name\":\"x\"} absent");
        assertThat(compare("[1]", "[1,1]")).containsExactly("[] absent 1");
    }

    @Test
    void what_follows_from_another_error_is_not_reported() throws IOException {
        assertThat(compare("{\"error_code\":0,\"offset\":7}", "{\"error_code\":3,\"offset\":-1}"))
                .containsExactly("/error_code 0 3");
    }

    @Test
    void a_closed_connection_is_no_answer() throws IOException {
        assertThat(compare("{\"a\":1}", "\"closed\"")).containsExactly(" {\"a\":1} \"closed\"");
    }

    @Test
    void transcripts_of_different_length_are_refused() throws IOException {
        List<Exchange> one = List.of(exchange("1"));
        assertThatThrownBy(() -> Comparison.of("d", one, List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("went two ways");
    }
}
