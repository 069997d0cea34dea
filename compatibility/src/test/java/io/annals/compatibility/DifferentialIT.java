package io.annals.compatibility;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.compatibility.differential.Differential;
import java.io.IOException;
import java.nio.file.Path;
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
            assertThat(differential.requests()).isGreaterThan(3_000);
        }
    }
}
