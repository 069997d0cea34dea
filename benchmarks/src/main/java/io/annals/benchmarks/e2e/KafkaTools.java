package io.annals.benchmarks.e2e;

import io.annals.compatibility.peer.Jars;
import io.annals.compatibility.peer.Processes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Kafka's own performance tools as the load: one client, a fixed number of records, no warming up.
/// Their processor time is not known.
final class KafkaTools {
    private static final Pattern PRODUCED =
            Pattern.compile(
                    "(\\d+) records sent, ([\\d.]+) records/sec .* (\\d+) ms 50th, .* (\\d+) ms 99th.*");
    private static final double MIB = 1 << 20;

    private KafkaTools() {}

    static Load produce(String bootstrap, String topic, long records, int size, List<String> client)
            throws IOException, InterruptedException {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "--topic",
                                topic,
                                "--num-records",
                                "" + records,
                                "--record-size",
                                "" + size,
                                "--throughput",
                                "-1",
                                "--command-property",
                                "bootstrap.servers=" + bootstrap,
                                "acks=all"));
        arguments.addAll(client);
        return produced(tool("ProducerPerformance", arguments), size);
    }

    static Load consume(String bootstrap, String topic, long records)
            throws IOException, InterruptedException {
        return consumed(
                tool(
                        "ConsumerPerformance",
                        List.of(
                                "--bootstrap-server",
                                bootstrap,
                                "--topic",
                                topic,
                                "--num-records",
                                "" + records,
                                "--timeout",
                                "60000",
                                "--hide-header")));
    }

    /// From the last line of `ProducerPerformance`.
    static Load produced(String line, int size) {
        Matcher fields = PRODUCED.matcher(line);
        if (!fields.matches()) {
            throw new IllegalStateException("ProducerPerformance says: " + line);
        }
        long records = Long.parseLong(fields.group(1));
        double perSecond = Double.parseDouble(fields.group(2));
        return new Load(
                records,
                records * size,
                records / perSecond,
                Double.parseDouble(fields.group(3)),
                Double.parseDouble(fields.group(4)),
                0,
                perSecond * size);
    }

    /// From the last line of `ConsumerPerformance`: start, end, MB, MB/s, records, records/s,
    /// rebalance ms, fetch ms, fetch MB/s, fetch records/s. Joining the group is left out.
    static Load consumed(String line) {
        String[] fields = line.split(", ");
        if (fields.length != 10) {
            throw new IllegalStateException("ConsumerPerformance says: " + line);
        }
        return new Load(
                Long.parseLong(fields[4]),
                (long) (Double.parseDouble(fields[2]) * MIB),
                Double.parseDouble(fields[7]) / 1e3,
                0,
                0,
                0,
                Double.parseDouble(fields[8]) * MIB);
    }

    private static String tool(String tool, List<String> arguments)
            throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                Processes.java(),
                                "-Xms512m",
                                "-Xmx512m",
                                "-XX:+UseG1GC",
                                "-Dpeer.loglevel=ERROR",
                                "-Dlog4j2.configurationFile="
                                        + Jars.CLIENTS.resolve("log4j2.properties"),
                                "-cp",
                                Jars.of("kafka-tools"),
                                "org.apache.kafka.tools." + tool));
        command.addAll(arguments);
        return LoadGenerator.lastLine(command);
    }
}
