package io.annals.compatibility.clients;

import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The table in `docs/compatibility.md`, made from the record: each client and feature, and whether
/// Annals does the same as Apache Kafka.
public final class CompatibilityTable {
    static final Path PAGE = Processes.ROOT.resolve("docs/compatibility.md");
    private static final String BEGIN = "<!-- generated: clients and features -->\n";
    private static final String END = "<!-- end -->\n";

    private CompatibilityTable() {}

    /// How one feature of one client fares.
    ///
    /// @param verdict `same`, `different`, `not tried`
    /// @param reason why it is not the same, as [Reasons] has it; empty if nobody has written one,
    ///   which is a defect
    /// @param outcomes what each server did, where they differ
    record Row(String verdict, String reason, String outcomes) {
        boolean explained() {
            return verdict.equals("same") || !reason.isEmpty();
        }
    }

    static Row row(Record record, String scenario, String feature) {
        String kafka = record.outcome(scenario, feature, "kafka");
        String annals = record.outcome(scenario, feature, "annals");
        if (!kafka.isEmpty() && kafka.equals(annals)) {
            return new Row("same", "", "");
        }
        String reason = Reasons.of(scenario, feature);
        return kafka.isEmpty() || annals.isEmpty()
                ? new Row("not tried", reason, "")
                : new Row("different", reason, how(kafka, annals));
    }

    private static String how(String kafka, String annals) {
        return "Kafka: `%s`; Annals: `%s`".formatted(shown(kafka), shown(annals));
    }

    private static String shown(String outcome) {
        String plain = outcome.replace("|", "/").replace("`", "'");
        return plain.length() > 160 ? plain.substring(0, 160) + "..." : plain;
    }

    /// Markdown, from the first row's heading to the last row.
    static String of(Record record) {
        StringBuilder table = new StringBuilder("| client | feature | | |\n|---|---|---|---|\n");
        for (Scenario scenario : Catalogue.ALL) {
            for (String feature : scenario.features()) {
                Row row = row(record, scenario.name(), feature);
                table.append(
                        "| %s | %s | %s | %s |%n"
                                .formatted(
                                        scenario.client(),
                                        feature,
                                        row.verdict(),
                                        (row.reason() + " " + row.outcomes()).strip()));
            }
        }
        return table.toString();
    }

    /// The page with its table as the record has it.
    static String page(Record record) throws IOException {
        String page = Files.readString(PAGE);
        int from = page.indexOf(BEGIN) + BEGIN.length();
        return page.substring(0, from) + of(record) + page.substring(page.indexOf(END, from));
    }

    public static void write(Record record) throws IOException {
        Files.writeString(PAGE, page(record));
    }
}
