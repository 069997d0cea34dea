package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.ReadDeadline;
import io.annals.query.FanOut.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FanOutTest {
    @Test
    void what_it_runs_reads_until_the_deadline_and_no_longer() {
        try (FanOut fanOut = new FanOut(2)) {
            List<Outcome<Optional<Duration>>> outcomes =
                    fanOut.run(
                            List.of(1, 2, 3),
                            _ -> ReadDeadline.left(),
                            Deadline.after(Duration.ofSeconds(5)));

            assertThat(outcomes)
                    .hasSize(3)
                    .allSatisfy(outcome ->
                            assertThat(((Outcome.Done<Optional<Duration>>) outcome).result())
                                    .hasValueSatisfying(left ->
                                            assertThat(left)
                                                    .isPositive()
                                                    .isLessThanOrEqualTo(Duration.ofSeconds(5))));
        }
        assertThat(ReadDeadline.left()).isEmpty();
    }
}
