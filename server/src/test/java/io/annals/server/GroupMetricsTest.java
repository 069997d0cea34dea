package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.yammer.metrics.core.MetricsRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;
import org.apache.kafka.common.metrics.MetricConfig;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRuntimeMetricsImpl;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;
import org.junit.jupiter.api.Test;

class GroupMetricsTest {
    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final GroupMetrics groups = new GroupMetrics(registry);

    @Test
    void everythingThatTheCoordinatorMeasuresIsShownUnderKafkasNames() {
        try (Metrics metrics = started()) {
            GroupCoordinatorMetrics coordinator = coordinator(metrics);
            coordinator.recordSensor(GroupCoordinatorMetrics.OFFSET_COMMITS_SENSOR_NAME, 3);
            coordinator.recordSensor(
                    GroupCoordinatorMetrics.CLASSIC_GROUP_COMPLETED_REBALANCES_SENSOR_NAME);
            CoordinatorRuntimeMetricsImpl runtime = runtime(metrics);
            long now = Time.SYSTEM.milliseconds();
            runtime.recordPartitionLoadSensor(now - 250, now);
            assertThat(registry.scrape())
                    .contains("annals_group_coordinator_offset_commit_count_total 3.0")
                    .contains("annals_group_coordinator_offset_commit_rate ")
                    .contains("annals_group_coordinator_group_completed_rebalance_count_total 1.0")
                    .contains("annals_group_coordinator_group_count{protocol=\"classic\"} 0.0")
                    .contains("annals_group_coordinator_consumer_group_count{state=\"Stable\"} 0.0")
                    .contains("annals_group_coordinator_partition_load_time_max 250.0")
                    .contains("annals_group_coordinator_num_partitions{state=\"active\"} 0.0");
        }
    }

    @Test
    void groupsThatAreNotServedAreNotShown() {
        try (Metrics metrics = started()) {
            coordinator(metrics);
            assertThat(registry.scrape()).doesNotContain("share").doesNotContain("streams");
        }
    }

    @Test
    void aCoordinatorThatStartsAgainIsShownInThePlaceOfTheFirst() {
        coordinator(started()).recordSensor(GroupCoordinatorMetrics.OFFSET_COMMITS_SENSOR_NAME, 3);
        try (Metrics second = started()) {
            coordinator(second).recordSensor(GroupCoordinatorMetrics.OFFSET_COMMITS_SENSOR_NAME, 5);
            assertThat(registry.scrape())
                    .contains("annals_group_coordinator_offset_commit_count_total 5.0")
                    .doesNotContain("annals_group_coordinator_offset_commit_count_total 3.0");
        }
        assertThat(registry.scrape()).doesNotContain("annals_group_coordinator");
    }

    private Metrics started() {
        return new Metrics(new MetricConfig(), List.of(groups), Time.SYSTEM);
    }

    private static GroupCoordinatorMetrics coordinator(Metrics metrics) {
        return new GroupCoordinatorMetrics(new MetricsRegistry(), metrics);
    }

    private static CoordinatorRuntimeMetricsImpl runtime(Metrics metrics) {
        return new CoordinatorRuntimeMetricsImpl(
                metrics, GroupCoordinatorMetrics.METRICS_GROUP, false);
    }
}
