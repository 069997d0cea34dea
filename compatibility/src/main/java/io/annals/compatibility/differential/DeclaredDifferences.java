package io.annals.compatibility.differential;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// What may differ between the two servers, each with its reason. Everything else is a defect.
final class DeclaredDifferences {
    private static final String ANY = ".*";
    private static final String TEXTS = "\"[^\"].* \\| \"[^\"].*";
    private static final String NUMBERS = "\\d+ \\| \\d+";

    /// Times of the servers, which are not those of the records that the dialogues send.
    private static final String OF_MARKERS = "(?!1700000000)\\d{13}";

    private static final String OF_BOTH = "CREATE_TOPICS|DESCRIBE_CONFIGS";

    /// What may differ, in the words of `docs/compatibility.md`.
    static final List<Declared> ALL =
            List.of(
                    // drawn, measured or configured by each server
                    declare(
                            ANY,
                            "/throttle_time_ms",
                            NUMBERS,
                            "how long a server asks to wait depends on its load"),
                    declare(
                            "METADATA|DESCRIBE_CLUSTER|FIND_COORDINATOR",
                            "(/brokers\\[\\d+]|/coordinators\\[.*])?/port",
                            NUMBERS,
                            "each server listens on a port of its own"),
                    declare(
                            "METADATA|DESCRIBE_CLUSTER",
                            "/cluster_id",
                            TEXTS,
                            "each cluster has an id of its own"),
                    declare(
                            ANY,
                            ".*/(topic_id|member_id)",
                            "\".{22}\" \\| \".{22}\"",
                            "ids of topics and of members are drawn at random"),
                    declare(
                            "FETCH",
                            "/session_id",
                            "[1-9]\\d* \\| [1-9]\\d*",
                            "ids of fetch sessions are drawn at random"),
                    declare(
                            ANY,
                            ".*/producer_id",
                            NUMBERS,
                            "each server counts the ids of producers that it gave out"),
                    declare(
                            "DESCRIBE_TRANSACTIONS",
                            ".*/transaction_start_time_ms",
                            "\\d{13} \\| \\d{13}",
                            "the time at which it happened"),
                    declare(
                            "DESCRIBE_PRODUCERS",
                            ".*/last_timestamp",
                            OF_MARKERS + " \\| " + OF_MARKERS,
                            "a marker has the time at which it was written"),
                    declare(
                            "DESCRIBE_LOG_DIRS",
                            ".*/(partition_size|usable_bytes)",
                            NUMBERS,
                            "disk space, as each server takes it"),
                    declare(
                            "FETCH",
                            ".*/partitions\\[\\d+]/records\\[.*]/crc",
                            NUMBERS,
                            "a batch names its producer's id, and a marker its time"),
                    declare(
                                    "DESCRIBE_CONFIGS|INCREMENTAL_ALTER_CONFIGS",
                                    "/results\\[.*]/configs\\[.*]",
                                    ".*absent.*",
                                    "each server has loggers of its own")
                            .when("resource_?[tT]ype=8"),
                    declare(
                            "PRODUCE",
                            ".*/log_append_time_ms",
                            "\\d{13} \\| -1",
                            "of a repeated batch Kafka tells the newest timestamp, though it is not the"
                                    + " time of the append"),
                    declare(
                                    "PRODUCE",
                                    ".*/log_append_time_ms",
                                    "\\d{13} \\| \\d{13}",
                                    "the time of the append, by each server's clock")
                            .when("name='" + TopicSettingsDialogue.LOG_APPEND_TIME + "'"),
                    declare(
                            ANY,
                            ".*/(error_message|batch_index_error_message)",
                            TEXTS,
                            "free text; the code is what clients act on"),
                    declare(
                            ANY,
                            ".*/error_message",
                            "null \\| \"[^\"].*",
                            "Annals says what is wrong where Kafka leaves clients with the code"),
                    // what Annals has and Kafka has not, and the other way round
                    declare(
                            "API_VERSIONS",
                            "/api_keys\\[(17|29|30|31|36|38|39|40|41|48|49|50|51|76|77|78|79|80|81"
                                    + "|83|84|85|86|87|88|89|90|91|92|93|94)]",
                            "\\{.*} \\| absent",
                            "not served, for the reasons in docs/kafka-protocol.md"),
                    declare(
                            "API_VERSIONS",
                            "/(supported|finalized)_features\\[(metadata.version|kraft.version"
                                    + "|share.version|streams.version"
                                    + "|eligible.leader.replicas.version)]",
                            "\\{.*} \\| absent",
                            "a feature that Annals does not have"),
                    declare(
                            "API_VERSIONS",
                            "/supported_features",
                            "\\[\\{\"name\":\"metadata.version\"[^}]*}] \\| absent",
                            "a feature that Annals does not have"),
                    declare(
                            "API_VERSIONS",
                            "/finalized_features_epoch",
                            NUMBERS,
                            "the offset of Kafka's last change of a feature; ours never change"),
                    declare(
                            OF_BOTH,
                            ".*/configs\\[annals\\..*]",
                            "absent \\| \\{.*",
                            "a setting of Annals"),
                    declare(
                            OF_BOTH,
                            ".*/configs\\[retention\\.ms]/(value|synonyms\\[log\\.retention\\.ms])",
                            "(\"604800000\"|absent) \\| (\"-1\"|\\{.*)",
                            "an archive keeps records until told otherwise"),
                    declare(
                            OF_BOTH,
                            ".*/configs\\[min\\.insync\\.replicas]/config_source",
                            "3 \\| 5",
                            "Kafka writes this default down when eligible leader replicas are on"),
                    declare(
                            "DESCRIBE_CONFIGS",
                            ".*/configs\\[(cleanup\\.policy|compression\\.type|delete\\.retention\\.ms"
                                    + "|m(ax|in)\\.compaction\\.lag\\.ms|max\\.message\\.bytes"
                                    + "|message\\.timestamp\\.(type|(before|after)\\.max\\.ms)"
                                    + "|min\\.cleanable\\.dirty\\.ratio|retention\\.(ms|bytes))]"
                                    + "/documentation",
                            TEXTS,
                            "what the setting does here is described in our words"),
                    declare(
                                    "CREATE_TOPICS|INCREMENTAL_ALTER_CONFIGS|ALTER_CONFIGS",
                                    ".*/error_code",
                                    "0 \\| 40",
                                    "batches are kept as their producers compressed them: another"
                                            + " compression.type would be an empty promise")
                            .when("compression\\.type"),
                    declare(
                                    "LIST_OFFSETS",
                                    ".*/(offset|leader_epoch)",
                                    "-1 \\| \\d+",
                                    "there is always a second tier that records wait for")
                            .when("timestamp=-6"),
                    declare(
                                    "LIST_OFFSETS",
                                    "/topics\\[gone]/.*",
                                    "\\d+ \\| -1",
                                    "Kafka tells of the latest record after it was deleted, too")
                            .when("timestamp=-3"),
                    declare(
                            "DESCRIBE_LOG_DIRS",
                            "/results\\[<archive>]",
                            "absent \\| \\{.*",
                            "the archive is a log directory, too"),
                    declare(
                            "METADATA|LIST_CONFIG_RESOURCES|DESCRIBE_LOG_DIRS|ELECT_LEADERS",
                            ".*\\[__annals_settings( \\d)?]",
                            "absent \\| \\{.*",
                            "settings of groups are in a topic; Kafka has a log for metadata"),
                    declare(
                            "METADATA",
                            "/topics\\[.*]/error_code",
                            "3 \\| 0",
                            "a topic that is made on first use is there at once"),
                    declare(
                            "PRODUCE",
                            ".*/error_code",
                            "0 \\| 32",
                            "a producer may not claim LogAppendTime: it would be stored as a lie"),
                    declare(
                                    "ADD_PARTITIONS_TO_TXN",
                                    "",
                                    "\"silent\" \\| \\{.*",
                                    "Kafka never answers a request without transactions")
                            .when("transactions=\\[],"),
                    declare(
                                    "PRODUCE",
                                    "",
                                    "\"silent\" \\| \\{.*",
                                    "Kafka never answers a partition without records")
                            .when("records=null"),
                    declare(
                            "ALTER_CONFIGS",
                            "",
                            "\"silent\" \\| \\{.*",
                            "Kafka never answers a resource that is named twice"),
                    declare(
                            "TXN_OFFSET_COMMIT",
                            "/topics\\[.*]",
                            "\\{.*\"partitions\":\\[]} \\| absent",
                            "of a topic without partitions there is nothing to tell"),
                    declare(
                            "PRODUCE",
                            ".*/error_code",
                            "-1 \\| (76|87)",
                            "Kafka trips over records that are not what their header says"),
                    declare(
                                    "FETCH",
                                    ".*/error_code",
                                    "-1 \\| 0",
                                    "Kafka trips over a negative bound; here it is as good as none")
                            .when("[mM]ax_?[bB]ytes=-"),
                    declare(
                                    "FETCH",
                                    "/error_code",
                                    "-1 \\| 0",
                                    "Kafka trips over the id of a session that was never opened")
                            .when("session_id=(-|2147483647)"),
                    declare(
                            "FETCH",
                            ".*/current_leader",
                            "\\{.*} \\| absent",
                            "a broker that follows is not told the leader: there is only one"),
                    declare(
                            "FETCH",
                            ".*/aborted_transactions\\[.*]",
                            "\\{.*} \\| absent",
                            "Kafka may list transactions that were aborted in what follows, too"),
                    declare(
                            "PRODUCE",
                            ".* ?#1](/.*)?",
                            "absent \\| .*",
                            "Kafka keeps one of several batches for a partition, and is silent"),
                    declare(
                                    "PRODUCE",
                                    ".*/base_offset",
                                    NUMBERS,
                                    "Kafka keeps one of several batches for a partition, and is silent")
                            .when("name='unanswered'"),
                    declare(
                            "LIST_OFFSETS|DELETE_RECORDS|ALTER_REPLICA_LOG_DIRS",
                            ".* #1]",
                            "absent \\| \\{.*",
                            "who asks twice is answered twice"),
                    declare(
                                    "METADATA",
                                    "/error_code",
                                    "-1 \\| 42",
                                    "Kafka trips over a topic without name and id")
                            .when("name=null"),
                    declare(
                                    "INCREMENTAL_ALTER_CONFIGS",
                                    ".*/error_code",
                                    "-1 \\| 42",
                                    "Kafka trips over an unknown operation")
                            .when("config_?[oO]peration="),
                    declare(
                                    "WRITE_TXN_MARKERS",
                                    ".*/error_code",
                                    "(0|-1) \\| 42",
                                    "a marker of no producer ends no transaction")
                            .when("producer_(id|epoch)=-"));

    private DeclaredDifferences() {}

    private static Declared declare(String apis, String place, String values, String reason) {
        return new Declared(apis, place, values, ANY, reason);
    }

    static Optional<Declared> of(Difference difference) {
        return ALL.stream().filter(declared -> declared.covers(difference)).findFirst();
    }

    /// Patterns that all have to match.
    ///
    /// @param place of a [Difference.Place], exact
    /// @param values Kafka's and ours
    /// @param request occurs somewhere in it
    record Declared(String apis, String place, String values, String request, String reason) {

        Declared when(String pattern) {
            return new Declared(apis, place, values, pattern, reason);
        }

        boolean covers(Difference difference) {
            return Pattern.matches(apis, difference.exchange().api().name())
                    && Pattern.matches(place, difference.place().exact())
                    && Pattern.matches(values, difference.kafka() + " | " + difference.annals())
                    && Pattern.compile(request).matcher(difference.exchange().request()).find();
        }
    }
}
