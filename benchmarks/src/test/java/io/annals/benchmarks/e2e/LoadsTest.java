package io.annals.benchmarks.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class LoadsTest {
    @Test
    void whatConcernsTheLoadIsTakenAndTheRestIsTheClients() {
        LoadSettings settings =
                LoadSettings.parse(
                        List.of("threads=16", "seconds=2.5", "payload=json", "linger.ms=5"));

        assertThat(settings.threads()).isEqualTo(16);
        assertThat(settings.seconds()).isEqualTo(2.5);
        assertThat(settings.payload()).isEqualTo("json");
        assertThat(settings.records()).isEqualTo(Long.MAX_VALUE);
        assertThat(settings.client()).isEqualTo(Map.of("linger.ms", "5"));
    }

    @Test
    void aLoadIsReadFromTheLineItPrints() {
        Load load = new Load(1000, 100_000, 1.25, 2.5, 40.125, 3.5, 99_000);

        assertThat(Load.parse(load.line())).isEqualTo(load);
    }

    @Test
    void kafkasProducerPerformanceIsUnderstood() {
        Load load =
                KafkaTools.produced(
                        "300000 records sent, 75000.0 records/sec (71.53 MB/sec), 300.10 ms avg"
                                + " latency, 412.00 ms max latency, 301 ms 50th, 390 ms 95th,"
                                + " 395 ms 99th, 399 ms 99.9th.",
                        1000);

        assertThat(load.records()).isEqualTo(300_000);
        assertThat(load.bytes()).isEqualTo(300_000_000);
        assertThat(load.seconds()).isEqualTo(4);
        assertThat(load.megabytesPerSecond()).isEqualTo(75);
        assertThat(load.p50Ms()).isEqualTo(301);
        assertThat(load.p99Ms()).isEqualTo(395);
    }

    @Test
    void kafkasConsumerPerformanceIsUnderstood() {
        Load load =
                KafkaTools.consumed(
                        "2026-01-01 00:00:00:000, 2026-01-01 00:00:02:000, 100.0, 50.0, 104857,"
                                + " 52428.5, 1000, 1000, 100.0, 104857.0");

        assertThat(load.records()).isEqualTo(104_857);
        assertThat(load.seconds()).isEqualTo(1);
        assertThat(load.megabytesPerSecond()).isCloseTo(104.8576, Offset.offset(1e-9));
    }

    @Test
    void aToolThatSaysSomethingElseIsQuoted() {
        assertThatThrownBy(() -> KafkaTools.produced("Exception in thread main", 1))
                .hasMessageContaining("Exception in thread main");
    }

    @Test
    void aLatencyQuantileIsTheValueAtItsRank() {
        Latencies latencies = new Latencies();
        for (int i = 100; i > 0; i--) {
            latencies.add(i * 1_000_000L);
        }

        assertThat(latencies.ms(0.5)).isEqualTo(51);
        assertThat(latencies.ms(0.99)).isEqualTo(100);
        assertThat(new Latencies().ms(0.5)).isZero();
    }
}
