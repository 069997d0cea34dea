package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a script that starts Annals relies on: one line on stdout, exit codes, messages.
class LauncherIT {
    @TempDir Path folder;

    @Test
    void stdoutIsOneLineWithBothAddressesAndSigtermEndsItWithZero() throws Exception {
        try (AnnalsProcess server = AnnalsProcess.start(folder)) {
            assertThat(server.kafkaPort()).isPositive();
            assertThat(server.httpPort()).isPositive().isNotEqualTo(server.kafkaPort());

            AnnalsProcess.Finished end = server.terminate();

            assertThat(end.exitCode()).describedAs(end.stderr()).isZero();
            assertThat(end.stdout()).isEqualTo(server.readyLine() + "\n");
        }
    }

    @Test
    void aBusyPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = Integer.toString(taken.getLocalPort());

            AnnalsProcess.Finished kafka = server("--kafka-port", port, "--http-port", "0");
            AnnalsProcess.Finished http = server("--kafka-port", "0", "--http-port", port);

            assertThat(kafka.exitCode()).describedAs(kafka.stderr()).isEqualTo(6);
            assertThat(kafka.stderr()).contains("127.0.0.1:" + port);
            assertThat(kafka.stdout()).isEmpty();
            assertThat(http.exitCode()).describedAs(http.stderr()).isEqualTo(6);
            assertThat(http.stderr()).contains("127.0.0.1:" + port);
        }
    }

    @Test
    void aSecondServerOnTheSameDataDirectoryIsRefusedAndTheFirstIsNotDisturbed() throws Exception {
        try (AnnalsProcess first = AnnalsProcess.start(folder)) {
            AnnalsProcess.Finished second = server("--kafka-port", "0", "--http-port", "0");

            assertThat(second.exitCode()).isEqualTo(7);
            assertThat(second.stderr())
                    .contains(folder.toString())
                    .contains("process " + first.pid());
            assertThat(first.isAlive()).isTrue();
        }
    }

    @Test
    void aDataDirectoryThatCannotBeOneIsNamed() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");

        AnnalsProcess.Finished end =
                AnnalsProcess.run("server", "--data-dir", file.toString(), "--kafka-port", "0");

        assertThat(end.exitCode()).isEqualTo(8);
        assertThat(end.stderr()).contains(file.toString());
    }

    @Test
    void aBadSettingIsNamedWithItsValueAndWhatIsAllowed() throws Exception {
        AnnalsProcess.Finished flag = server("--set", "annals.wal.fsync=never");
        AnnalsProcess.Finished variable =
                AnnalsProcess.run(Map.of("ANNALS_NUM_PARTITIONS", "0"), "server");

        assertThat(flag.exitCode()).isEqualTo(4);
        assertThat(flag.stderr())
                .contains("annals.wal.fsync = never")
                .contains("always, batch, periodic");
        assertThat(variable.exitCode()).isEqualTo(4);
        assertThat(variable.stderr())
                .contains("num.partitions = 0")
                .contains("ANNALS_NUM_PARTITIONS")
                .contains("1 to 10000");
    }

    @Test
    void anUnknownSettingIsRefusedWithTheNearestKnownOne() throws Exception {
        Path config = Files.writeString(folder.resolve("c.properties"), "message.max.byte=1\n");

        AnnalsProcess.Finished end = server("--config", config.toString());

        assertThat(end.exitCode()).isEqualTo(4);
        assertThat(end.stderr()).contains("did you mean message.max.bytes?");
    }

    @Test
    void aSettingsFileThatIsNotThereIsNamed() throws Exception {
        AnnalsProcess.Finished end = server("--config", folder.resolve("nowhere").toString());

        assertThat(end.exitCode()).isEqualTo(5);
        assertThat(end.stderr()).contains("nowhere");
    }

    @Test
    void logsAreJsonLinesWhenToldSo() throws Exception {
        try (AnnalsProcess server = AnnalsProcess.start(folder, "annals.log.format=json")) {
            assertThat(server.stderr().lines().filter(line -> line.startsWith("{")))
                    .isNotEmpty()
                    .allSatisfy(line -> assertThat(new ObjectMapper().readTree(line)).isNotNull());
        }
    }

    @Test
    void unknownFlagsAndCommandsAreUsageErrors() throws Exception {
        assertThat(server("--prot", "1").exitCode()).isEqualTo(2);
        assertThat(AnnalsProcess.run("serve").exitCode()).isEqualTo(2);
    }

    @Test
    void aCommandWithoutAServerSaysWhereItLooked() throws Exception {
        AnnalsProcess.Finished end =
                AnnalsProcess.run("search", "logs", "error", "--server", "http://127.0.0.1:1");

        assertThat(end.exitCode()).isEqualTo(10);
        assertThat(end.stderr()).contains("http://127.0.0.1:1");
        assertThat(end.stdout()).isEmpty();
    }

    private AnnalsProcess.Finished server(String... flags) throws Exception {
        String[] arguments = new String[flags.length + 3];
        arguments[0] = "server";
        arguments[1] = "--data-dir";
        arguments[2] = folder.toString();
        System.arraycopy(flags, 0, arguments, 3, flags.length);
        return AnnalsProcess.run(arguments);
    }
}
