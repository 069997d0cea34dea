package io.annals.compatibility.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;

/// The page, the record and the catalogue say the same.
class CompatibilityTableTest {
    @Test
    void the_page_shows_what_the_record_holds() throws IOException {
        assertThat(Files.readString(CompatibilityTable.PAGE))
                .describedAs("bin/annals-compat table writes the page anew")
                .isEqualTo(CompatibilityTable.page(Record.read()));
    }

    @Test
    void the_record_holds_no_scenario_or_feature_that_is_not_in_the_catalogue() throws IOException {
        Set<String> known = new HashSet<>();
        for (Scenario scenario : Catalogue.ALL) {
            scenario.features().forEach(feature -> known.add(scenario.name() + "/" + feature));
        }
        JsonNode record = new ObjectMapper().readTree(Record.FILE.toFile());
        for (var scenario : record.properties()) {
            for (var feature : scenario.getValue().properties()) {
                assertThat(known).contains(scenario.getKey() + "/" + feature.getKey());
            }
        }
    }

    @Test
    void what_is_not_the_same_has_a_reason() throws IOException {
        assertThat(unexplained(Record.read())).isEmpty();
    }

    @Test
    void a_difference_nobody_has_explained_is_found() throws IOException {
        Record record = Record.read();
        record.put("kcat", "kafka", Map.of("produce", "300 records"));
        record.put("kcat", "annals", Map.of("produce", "299 records"));
        assertThat(unexplained(record)).containsExactly("kcat/produce");
        assertThat(CompatibilityTable.of(record))
                .contains("| produce | different | Kafka: `300 records`; Annals: `299 records` |");
    }

    @Test
    void no_reason_is_kept_for_what_is_the_same() throws IOException {
        Record record = Record.read();
        Set<String> others = new HashSet<>();
        forEachRow(
                record,
                (name, row) -> {
                    if (!row.verdict().equals("same")) {
                        others.add(name);
                    }
                });
        assertThat(others).containsAll(Reasons.BY_FEATURE.keySet());
    }

    private static List<String> unexplained(Record record) {
        List<String> names = new ArrayList<>();
        forEachRow(
                record,
                (name, row) -> {
                    if (!row.explained()) {
                        names.add(name);
                    }
                });
        return names;
    }

    private static void forEachRow(
            Record record, BiConsumer<String, CompatibilityTable.Row> action) {
        for (Scenario scenario : Catalogue.ALL) {
            for (String feature : scenario.features()) {
                action.accept(
                        scenario.name() + "/" + feature,
                        CompatibilityTable.row(record, scenario.name(), feature));
            }
        }
    }
}
