package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.annals.protocol.HostAndPort;
import io.annals.protocol.Listener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SettingsLoaderTest {
    @TempDir Path folder;

    @Test
    void defaultsAreValid() throws Exception {
        Settings settings = new SettingsLoader().load();

        assertThat(FrontDoorSettings.listeners(settings))
                .containsExactly(
                        new Listener(
                                "PLAINTEXT", new HostAndPort("127.0.0.1", 9092), Optional.empty()));
        assertThat(TopicDefaults.of(settings)).containsEntry("annals.fsync", "always");
    }

    @Test
    void theHotTierCannotKeepWhatTheTopicDoesNot() throws Exception {
        SettingsLoader loader =
                new SettingsLoader()
                        .flag("log.retention.ms", "1000", "--set")
                        .flag("log.local.retention.ms", "1001", "--set")
                        .flag("log.retention.bytes", "1000", "--set")
                        .flag("log.local.retention.bytes", "-1", "--set");
        assertThatThrownBy(loader::load)
                .isInstanceOf(InvalidSettingsException.class)
                .hasMessageContaining("log.local.retention.ms = 1001")
                .hasMessageContaining("log.local.retention.bytes = -1");
        Settings valid =
                new SettingsLoader()
                        .flag("log.retention.ms", "1000", "--set")
                        .flag("log.local.retention.ms", "1000", "--set")
                        .flag("log.local.retention.bytes", "-1", "--set")
                        .load();
        assertThat(TopicDefaults.of(valid)).containsEntry("local.retention.ms", "1000");
    }

    @Test
    void flagsWinOverTheEnvironmentAndThatOverTheFile() throws Exception {
        Path file = file("annals.http.port=1\nannals.wal.shards=1\nannals.wal.fsync=batch\n");

        Settings settings =
                new SettingsLoader()
                        .file(file)
                        .environment(
                                Map.of(
                                        "ANNALS_HTTP_PORT",
                                        "2",
                                        "ANNALS_WAL_SHARDS",
                                        "2",
                                        "HOME",
                                        "x"))
                        .flag("annals.http.port", "3", "--http-port")
                        .load();

        assertThat(FrontDoorSettings.httpListener(settings).port()).isEqualTo(3);
        assertThat(HotTierSettings.of(settings, folder).shards()).isEqualTo(2);
        assertThat(TopicDefaults.of(settings)).containsEntry("annals.fsync", "batch");
    }

    @Test
    void theKafkaPortFlagReplacesOnlyThePortOfTheListener() throws Exception {
        Settings settings =
                new SettingsLoader()
                        .flag("listeners", "PLAINTEXT://[::1]:9092", "--set")
                        .kafkaPort(0)
                        .load();

        assertThat(FrontDoorSettings.listeners(settings).getFirst().bind())
                .isEqualTo(new HostAndPort("::1", 0));
    }

    @Test
    void aPortBeyondTheLastOneIsRefused() {
        assertThat(problems(new SettingsLoader().kafkaPort(70_000)))
                .containsExactly("invalid port 70000 (from --kafka-port); allowed: 0 to 65535");
    }

    @Test
    void aWildcardListenerNeedsAnAddressToTellClients() throws Exception {
        SettingsLoader wildcard =
                new SettingsLoader().flag("listeners", "PLAINTEXT://0.0.0.0:9092", "--set");

        assertThat(problems(wildcard)).singleElement().asString().contains("advertised.listeners");
        Settings settings =
                new SettingsLoader()
                        .flag("listeners", "PLAINTEXT://0.0.0.0:9092", "--set")
                        .flag("advertised.listeners", "PLAINTEXT://log.example:9092", "--set")
                        .load();
        assertThat(FrontDoorSettings.listeners(settings).getFirst().advertised())
                .contains(new HostAndPort("log.example", 9092));
    }

    @Test
    void severalListenersHaveNamesThatFitTogether() throws Exception {
        String two = "INSIDE://127.0.0.1:0, outside://:9094";
        SettingsLoader loader =
                new SettingsLoader()
                        .flag("listeners", two, "--set")
                        .flag("advertised.listeners", "OUTSIDE://log.example:19094", "--set")
                        .flag(
                                "listener.security.protocol.map",
                                "INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT",
                                "--set");
        assertThat(FrontDoorSettings.listeners(loader.load()))
                .containsExactly(
                        new Listener("INSIDE", new HostAndPort("127.0.0.1", 0), Optional.empty()),
                        new Listener(
                                "OUTSIDE",
                                new HostAndPort("", 9094),
                                Optional.of(new HostAndPort("log.example", 19_094))));

        assertThat(
                        problems(
                                new SettingsLoader()
                                        .flag("listeners", two, "--set")
                                        .flag("advertised.listeners", "OTHER://a:1", "--set")))
                .containsExactly(
                        "listener INSIDE is not in listener.security.protocol.map",
                        "listener OUTSIDE is not in listener.security.protocol.map",
                        "advertised.listeners names OTHER, which is not in listeners",
                        "clients cannot connect to OUTSIDE://:9094; set advertised.listeners to an"
                                + " address of this machine");
        assertThat(
                        problems(
                                new SettingsLoader()
                                        .flag(
                                                "listener.security.protocol.map",
                                                "PLAINTEXT:SSL",
                                                "--set")))
                .singleElement()
                .asString()
                .endsWith("allowed: NAME:PLAINTEXT, several separated by commas");
    }

    @Test
    void anInvalidValueIsNamedWithItsOriginAndWhatIsAllowed() {
        assertThat(
                        problems(
                                new SettingsLoader()
                                        .flag("annals.http.port", "70000", "--http-port")
                                        .environment(Map.of("ANNALS_WAL_FSYNC", "sometimes"))))
                .containsExactlyInAnyOrder(
                        "invalid setting annals.http.port = 70000 (from --http-port);"
                                + " allowed: a whole number, 0 to 65535",
                        "invalid setting annals.wal.fsync = sometimes (from environment variable"
                                + " ANNALS_WAL_FSYNC); allowed: always, batch, periodic");
    }

    @Test
    void anUnknownNameIsRefusedWithTheNearestKnownOne() throws Exception {
        assertThat(problems(new SettingsLoader().file(file("num.partitons=3"))))
                .singleElement()
                .asString()
                .startsWith("unknown setting num.partitons (from ")
                .endsWith("; did you mean num.partitions?");
        assertThat(problems(new SettingsLoader().environment(Map.of("ANNALS_WAL_SHARD", "1"))))
                .containsExactly(
                        "unknown environment variable ANNALS_WAL_SHARD; did you mean ANNALS_WAL_SHARDS?");
    }

    @Test
    void variablesOfTheLauncherAndTheTestsAreNotSettings() throws Exception {
        new SettingsLoader()
                .environment(Map.of("ANNALS_HEAP", "3g", "ANNALS_TEST_MINIO", "1"))
                .load();
    }

    @Test
    void aFileThatCannotBeReadIsNamed() {
        assertThatThrownBy(() -> new SettingsLoader().file(folder.resolve("nowhere")))
                .isInstanceOf(StartException.class)
                .hasMessageContaining("nowhere");
    }

    @Test
    void everySettingHasItsOwnEnvironmentVariable() {
        Set<String> variables = new HashSet<>();

        for (String name : SettingDefinitions.all().names()) {
            assertThat(variables.add(SettingDefinitions.environmentVariable(name))).isTrue();
        }
    }

    @Test
    void theReferenceIsWhatTheCodeGenerates() throws IOException {
        Path reference = Path.of("..", "docs", "configuration.md");

        assertThat(Files.readString(reference))
                .describedAs("stale; run: bin/annals settings --markdown > docs/configuration.md")
                .isEqualTo(SettingsReference.markdown());
    }

    private static List<String> problems(SettingsLoader loader) {
        InvalidSettingsException e =
                catchThrowableOfType(InvalidSettingsException.class, loader::load);
        assertThat(e).isNotNull();
        return e.problems();
    }

    private Path file(String content) throws IOException {
        return Files.writeString(folder.resolve("annals.properties"), content);
    }
}
