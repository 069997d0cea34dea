package io.annals.compatibility;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.compatibility.differential.Differential;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The same bytes to a real Apache Kafka and to Annals, with few requests of each kind.
/// `bin/annals-compat differential` does the same for as long as one likes.
class DifferentialIT {
    private static final long SEED = 1;

    @TempDir private Path directory;

    @Test
    void both_servers_answer_the_same_but_for_what_is_declared()
            throws IOException, InterruptedException {
        try (Sides sides = Sides.start(directory.resolve("servers"))) {
            Differential differential =
                    new Differential(sides).handWritten().malformed(SEED).limits(false);
            assertThat(differential.report()).isEmpty();
            assertThat(differential.neverAsked()).isEmpty();
            assertThat(differential.requests()).isGreaterThan(4_000);
            assertThat(differential.errorsByApi()).satisfies(DifferentialIT::reachesWhatItIsAbout);
        }
    }

    /// Two servers are also alike when every request fails early.
    private static void reachesWhatItIsAbout(Map<ApiKeys, Set<Errors>> errors) {
        assertThat(errors.get(ApiKeys.JOIN_GROUP))
                .contains(Errors.NONE, Errors.FENCED_INSTANCE_ID, Errors.MEMBER_ID_REQUIRED);
        assertThat(errors.get(ApiKeys.SYNC_GROUP))
                .contains(Errors.NONE, Errors.ILLEGAL_GENERATION, Errors.FENCED_INSTANCE_ID);
        assertThat(errors.get(ApiKeys.HEARTBEAT))
                .contains(Errors.NONE, Errors.ILLEGAL_GENERATION, Errors.FENCED_INSTANCE_ID);
        assertThat(errors.get(ApiKeys.LEAVE_GROUP))
                .contains(Errors.NONE, Errors.UNKNOWN_MEMBER_ID, Errors.FENCED_INSTANCE_ID);
        assertThat(errors.get(ApiKeys.CONSUMER_GROUP_HEARTBEAT))
                .contains(
                        Errors.NONE,
                        Errors.UNRELEASED_INSTANCE_ID,
                        Errors.FENCED_INSTANCE_ID,
                        Errors.FENCED_MEMBER_EPOCH);
        assertThat(errors.get(ApiKeys.OFFSET_FETCH))
                .contains(Errors.NONE, Errors.UNSTABLE_OFFSET_COMMIT, Errors.STALE_MEMBER_EPOCH);
        assertThat(errors.get(ApiKeys.TXN_OFFSET_COMMIT))
                .contains(
                        Errors.NONE,
                        Errors.ILLEGAL_GENERATION,
                        Errors.UNKNOWN_MEMBER_ID,
                        Errors.FENCED_INSTANCE_ID,
                        Errors.INVALID_PRODUCER_EPOCH,
                        Errors.INVALID_TXN_STATE);
    }
}
