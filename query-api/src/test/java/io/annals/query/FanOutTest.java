package io.annals.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.annals.archive.ReadDeadline;
import io.annals.query.FanOut.Outcome;
import java.io.IOException;
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

    @Test
    void what_fails_because_the_time_is_over_is_out_of_time_and_not_unreadable() {
        try (FanOut fanOut = new FanOut(2)) {
            FanOut.Work<Integer, Integer> read =
                    ms -> {
                        Thread.sleep(ms);
                        throw new IOException("ended");
                    };

            assertThat(fanOut.run(List.of(0), read, Deadline.after(Duration.ofSeconds(20))))
                    .singleElement()
                    .isInstanceOf(Outcome.Failed.class);
            assertThat(fanOut.run(List.of(60), read, Deadline.after(Duration.ofMillis(50))))
                    .singleElement()
                    .isInstanceOf(Outcome.TimedOut.class);
        }
    }
}
