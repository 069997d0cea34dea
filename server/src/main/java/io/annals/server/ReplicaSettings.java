package io.annals.server;

import java.time.Duration;

/// Settings of a server that reads an archive which another one writes.
final class ReplicaSettings {
    private static final String REPLICA = "annals.replica";
    private static final String POLL_MS = "annals.replica.poll.ms";

    private ReplicaSettings() {}

    static void define(SettingDefinitions definitions) {
        definitions.section("Read replica");
        definitions.flag(
                REPLICA,
                false,
                "Serve an archive that another server writes, for reading only: nothing is ever"
                        + " written to it. Needs an own data directory, and the archive by"
                        + " `annals.archive.dir` or in a bucket.");
        definitions.number(
                POLL_MS,
                1_000,
                10,
                3_600_000,
                "A read replica looks this often for what the other server archived.");
    }

    static boolean isReplica(Settings settings) {
        return settings.isOn(REPLICA);
    }

    static Duration poll(Settings settings) {
        return settings.millis(POLL_MS);
    }
}
