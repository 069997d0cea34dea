package io.annals.compatibility.clients;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
    void what_differs_has_a_reason() throws IOException {
        Record record = Record.read();
        List<String> unexplained = new ArrayList<>();
        for (Scenario scenario : Catalogue.ALL) {
            for (String feature : scenario.features()) {
                var row = CompatibilityTable.row(record, scenario.name(), feature);
                if (row.verdict().equals("different") && row.reason().isEmpty()) {
                    unexplained.add(scenario.name() + "/" + feature);
                }
            }
        }
        assertThat(unexplained).isEmpty();
    }

    @Test
    void every_feature_was_tried_against_both() throws IOException {
        Record record = Record.read();
        for (Scenario scenario : Catalogue.ALL) {
            for (String feature : scenario.features()) {
                assertThat(CompatibilityTable.row(record, scenario.name(), feature).verdict())
                        .describedAs("%s/%s", scenario.name(), feature)
                        .isNotEqualTo("not tried");
            }
        }
    }
}
