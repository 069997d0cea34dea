package io.annals.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/// Pins the formats to the worked examples in `docs/formats/registry.md`.
class RegistryFormatTest {
    private static final Path DOCUMENT = Path.of("../docs/formats/registry.md");
    private static final Uuid TOPIC_ID = Uuid.fromString("F8-DYPYhRE2nDKGMKl1R0g");

    static final TopicMetadata TOPIC =
            new TopicMetadata(
                    TOPIC_ID,
                    "orders",
                    2,
                    Map.of("retention.ms", "-1", "annals.fsync", "always"),
                    List.of(0L, 120L),
                    1_700_000_000_000L,
                    false);

    private static final RecordSegment SEGMENT =
            new RecordSegment(
                    "5f2b9c0e7d1a4f3388c6e0d4b7a91c25",
                    TOPIC_ID,
                    new ArchiveObject(
                            ObjectKeys.recordSegment(TOPIC_ID, "5f2b9c0e7d1a4f3388c6e0d4b7a91c25"),
                            48_213,
                            46_100,
                            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
                    List.of(
                            new PartitionRange(
                                    1,
                                    120,
                                    320,
                                    200,
                                    81_920,
                                    1_700_000_000_100L,
                                    1_700_000_004_900L,
                                    1_700_000_000_150L,
                                    1_700_000_004_950L)),
                    List.of("0-00000000000000000017"));

    private static final IndexSplit SPLIT =
            new IndexSplit(
                    "c1a7e2",
                    TOPIC_ID,
                    new ArchiveObject(
                            ObjectKeys.split(TOPIC_ID, "c1a7e2"),
                            20_480,
                            9_000,
                            "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"),
                    List.of(SEGMENT.id()),
                    SEGMENT.ranges(),
                    200);

    static final Delta DELTA =
            new Delta(
                    7,
                    1_700_000_005_000L,
                    "mZ2vS7T6TYKnAbcdefghiQ",
                    3,
                    RegistryChange.ofArchived(List.of(SEGMENT), List.of(SPLIT)));

    private static final OwnerClaim CLAIM =
            new OwnerClaim(
                    3,
                    "nWq2vS7T6TYKnAbcdefghi",
                    "h0kXc1PvQvO8Y2l5JfXh3w",
                    "log-1",
                    4711,
                    1_700_000_000_000L,
                    30_000);

    private static final OwnerRenewal RENEWAL = new OwnerRenewal(3, 17, 1_700_000_170_000L, false);

    static final Checkpoint CHECKPOINT =
            new Checkpoint(7, 1_700_000_005_000L, List.of(TOPIC), List.of(SEGMENT), List.of(SPLIT));

    @Test
    void theExamplesInTheDocumentAreWhatIsWrittenAndRead() throws Exception {
        Map<String, byte[]> examples = examples();

        String topicKey = ObjectKeys.topic(TOPIC_ID, 2);
        String deltaKey = ObjectKeys.delta(7);
        assertThat(examples).containsKeys(topicKey, deltaKey);
        assertThat(RegistryFormat.topic(TOPIC)).asString().isEqualTo(example(examples, topicKey));
        assertThat(RegistryFormat.delta(DELTA)).asString().isEqualTo(example(examples, deltaKey));
        assertThat(RegistryFormat.topic(topicKey, RegistryFormat.topic(TOPIC))).isEqualTo(TOPIC);
        assertThat(RegistryFormat.delta(deltaKey, RegistryFormat.delta(DELTA))).isEqualTo(DELTA);
    }

    @Test
    void theOwnerInTheDocumentIsWhatIsWrittenAndRead() throws Exception {
        Map<String, byte[]> examples = examples();

        String ownerKey = ObjectKeys.owner(3);
        String renewalKey = ObjectKeys.renewal(3, 17);
        assertThat(examples).containsKeys(ownerKey, renewalKey);
        assertThat(RegistryFormat.owner(CLAIM)).asString().isEqualTo(example(examples, ownerKey));
        assertThat(RegistryFormat.renewal(RENEWAL))
                .asString()
                .isEqualTo(example(examples, renewalKey));
        assertThat(RegistryFormat.owner(ownerKey, RegistryFormat.owner(CLAIM))).isEqualTo(CLAIM);
        assertThat(RegistryFormat.renewal(renewalKey, RegistryFormat.renewal(RENEWAL)))
                .isEqualTo(RENEWAL);
    }

    @Test
    void theCheckpointInTheDocumentIsWhatIsWrittenAndRead() throws Exception {
        FaultyRegistryStore written = new FaultyRegistryStore();
        new CheckpointWriter(written, LocalPages.NONE, null).write(Generation.of(CHECKPOINT));
        Map<String, byte[]> examples = examples();
        examples.keySet().removeIf(key -> !key.contains("checkpoints") && !key.contains("pages"));

        assertThat(examples.keySet()).containsExactlyElementsOf(written.list(""));
        for (String key : written.list("")) {
            assertThat(HexFormat.of().formatHex(written.read(key).orElseThrow()))
                    .as(key)
                    .isEqualTo(HexFormat.of().formatHex(examples.get(key)));
        }
        FaultyRegistryStore read = new FaultyRegistryStore();
        examples.forEach(read::overwrite);
        assertThat(new History(read, LocalPages.NONE).newest().generation().checkpoint())
                .isEqualTo(CHECKPOINT);
    }

    @Test
    void aCheckpointOfVersionTwoIsRead() throws Exception {
        byte[] bytes =
                Files.readAllBytes(Path.of("src/test/resources/golden/checkpoint-version-2.json"));
        FaultyRegistryStore store = new FaultyRegistryStore();
        store.overwrite(ObjectKeys.checkpoint(7), bytes);

        assertThat(RegistryFormat.checkpoint("k", bytes)).isEqualTo(CHECKPOINT);
        assertThat(new History(store, LocalPages.NONE).newest().generation().checkpoint())
                .isEqualTo(CHECKPOINT);
    }

    @Test
    void anyChangedByteIsNoticed() {
        byte[] bytes = RegistryFormat.delta(DELTA);
        for (int at = 0; at < bytes.length - 1; at++) {
            byte[] damaged = bytes.clone();
            damaged[at] ^= 1;
            assertThatThrownBy(() -> RegistryFormat.delta("k", damaged))
                    .as("byte %d", at)
                    .isInstanceOfAny(
                            CorruptRegistryException.class,
                            UnsupportedRegistryVersionException.class)
                    .hasMessageStartingWith("k ");
        }
    }

    @Test
    void anyShorterOrLongerObjectIsNoticed() {
        byte[] bytes = RegistryFormat.topic(TOPIC);
        for (int length = 0; length < bytes.length - 1; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> RegistryFormat.topic("k", cut))
                    .as("length %d", length)
                    .isInstanceOf(CorruptRegistryException.class);
        }
        assertThatThrownBy(() ->
                        RegistryFormat.topic(
                                "k", (text(bytes) + "{}").getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(CorruptRegistryException.class);
    }

    @Test
    void aNewerVersionIsToldFromDamage() {
        byte[] newer =
                text(RegistryFormat.topic(TOPIC))
                        .replace("\"version\":2", "\"version\":3")
                        .getBytes(StandardCharsets.UTF_8);

        assertThatThrownBy(() -> RegistryFormat.topic("topics/x", newer))
                .isInstanceOf(UnsupportedRegistryVersionException.class)
                .hasMessage(
                        "topics/x has format version 3, this program knows versions up to 2:"
                                + " use a newer one");
    }

    @Test
    void whatVersionsOneAndTwoWroteIsRead() throws Exception {
        byte[] second =
                Files.readAllBytes(Path.of("src/test/resources/golden/delta-version-2.json"));
        byte[] first =
                text(second)
                        .replace("\"version\":2", "\"version\":1")
                        .getBytes(StandardCharsets.UTF_8);
        Delta expected =
                new Delta(
                        DELTA.generation(),
                        DELTA.committedAtMs(),
                        DELTA.writer(),
                        0,
                        DELTA.change());

        assertThat(RegistryFormat.delta("k", second)).isEqualTo(expected);
        assertThat(RegistryFormat.delta("k", first)).isEqualTo(expected);
    }

    @Test
    void aCompactedSegmentSaysSo() {
        Delta delta =
                new Delta(
                        7,
                        1,
                        "w",
                        1,
                        RegistryChange.ofArchived(List.of(segment(1_700_000_000_000L)), List.of()));

        assertThat(RegistryFormat.delta("k", RegistryFormat.delta(delta))).isEqualTo(delta);
        assertThat(text(RegistryFormat.delta(delta))).contains("\"compactedToMs\":1700000000000");
    }

    private static RecordSegment segment(long compactedToMs) {
        Uuid topic = new Uuid(1, 2);
        return new RecordSegment(
                "a",
                topic,
                new ArchiveObject(ObjectKeys.recordSegment(topic, "a"), 10, 5, "00"),
                List.of(new PartitionRange(0, 0, 10, 10, 100, 1, 2, 3, 4)),
                List.of("0-1"),
                compactedToMs);
    }

    @Test
    void oneFormatIsNotTakenForAnother() {
        assertThatThrownBy(() -> RegistryFormat.delta("k", RegistryFormat.topic(TOPIC)))
                .isInstanceOf(CorruptRegistryException.class)
                .hasMessage(
                        "k is corrupt: expected format annals-registry-delta, found annals-topic");
    }

    @Test
    void keysAreOrderedAsTheirNumbers() {
        assertThat(ObjectKeys.delta(9)).isLessThan(ObjectKeys.delta(10));
        assertThat(ObjectKeys.delta(Long.MAX_VALUE))
                .isEqualTo("registry/deltas/09223372036854775807.json");
        assertThat(ObjectKeys.number(ObjectKeys.checkpoint(17))).hasValue(17);
        assertThat(ObjectKeys.number(ObjectKeys.topic(TOPIC_ID, 3))).hasValue(3);
        assertThat(ObjectKeys.number("registry/deltas/17.json")).isEmpty();
        assertThat(ObjectKeys.number("registry/deltas/0000000000000000001x.json")).isEmpty();
        assertThat(ObjectKeys.number("registry/deltas/99999999999999999999.json")).isEmpty();
    }

    /// The code blocks of the document that stand under a key: JSON, or bytes in hex.
    private static Map<String, byte[]> examples() throws Exception {
        Map<String, byte[]> examples = new TreeMap<>();
        String key = "";
        String language = "";
        StringBuilder block = new StringBuilder();
        for (String line : Files.readAllLines(DOCUMENT)) {
            if (line.startsWith("`") && line.matches(".*\\.(json|page)`:")) {
                key = line.substring(1, line.length() - 2);
            } else if (line.equals("```json") || line.equals("```hex")) {
                language = line.substring(3);
            } else if (line.equals("```") && !language.isEmpty()) {
                examples.put(
                        key,
                        language.equals("json")
                                ? (block + "\n").getBytes(StandardCharsets.UTF_8)
                                : HexFormat.of().parseHex(block));
                language = "";
                block.setLength(0);
            } else if (!language.isEmpty()) {
                block.append(line);
            }
        }
        return examples;
    }

    private static String example(Map<String, byte[]> examples, String key) {
        return text(examples.getOrDefault(key, new byte[0]));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
