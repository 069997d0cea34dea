package io.annals.server;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.kafka.common.MetricName;
import org.apache.kafka.common.metrics.KafkaMetric;
import org.apache.kafka.common.metrics.MetricsReporter;
import org.apache.kafka.common.metrics.stats.CumulativeSum;
import org.apache.kafka.coordinator.group.metrics.GroupCoordinatorMetrics;

/// Shows what Kafka's group coordinator measures, under Kafka's names behind
/// `annals.group.coordinator.`. What is about groups that this server does not have (share and
/// streams groups) is left out.
///
/// The coordinator starts when it is first needed, so its metrics come and go. Values are asked
/// when somebody scrapes. Thread-safe.
final class GroupMetrics implements MetricsReporter {
    private static final String PREFIX = "annals.group.coordinator.";
    private static final List<String> NOT_SERVED = List.of("share", "streams");

    private final MeterRegistry registry;
    private final Map<MetricName, Meter> meters = new ConcurrentHashMap<>();

    GroupMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    @Override
    public void configure(Map<String, ?> settings) {
        // it has none
    }

    @Override
    public void init(List<KafkaMetric> metrics) {
        metrics.forEach(this::metricChange);
    }

    @Override
    public void metricChange(KafkaMetric metric) {
        if (isShown(metric.metricName())) {
            metricRemoval(metric);
            meters.put(metric.metricName(), meter(metric));
        }
    }

    private static boolean isShown(MetricName name) {
        return name.group().equals(GroupCoordinatorMetrics.METRICS_GROUP)
                && NOT_SERVED.stream()
                        .noneMatch(type ->
                                name.name().startsWith(type + "-")
                                        || type.equals(
                                                name.tags()
                                                        .get(
                                                                GroupCoordinatorMetrics
                                                                        .GROUP_COUNT_PROTOCOL_TAG)));
    }

    private Meter meter(KafkaMetric metric) {
        MetricName name = metric.metricName();
        String shown = PREFIX + name.name().replace('-', '.');
        Stream<Tag> tags =
                name.tags().entrySet().stream().map(tag -> Tag.of(tag.getKey(), tag.getValue()));
        return metric.isMeasurable() && metric.measurable() instanceof CumulativeSum
                ? FunctionCounter.builder(shown, metric, GroupMetrics::value)
                        .tags(tags.toList())
                        .description(name.description())
                        .register(registry)
                : Gauge.builder(shown, metric, GroupMetrics::value)
                        .tags(tags.toList())
                        .description(name.description())
                        .register(registry);
    }

    private static double value(KafkaMetric metric) {
        return metric.metricValue() instanceof Number number ? number.doubleValue() : Double.NaN;
    }

    @Override
    public void metricRemoval(KafkaMetric metric) {
        Meter shown = meters.remove(metric.metricName());
        if (shown != null) {
            registry.remove(shown);
        }
    }

    /// With the coordinator.
    @Override
    public void close() {
        meters.values().forEach(registry::remove);
        meters.clear();
    }
}
