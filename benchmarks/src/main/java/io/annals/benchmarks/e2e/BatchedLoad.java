package io.annals.benchmarks.e2e;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/// Producers side by side that write in groups: each group is a transaction, or is flushed, or is
/// nothing special.
///
/// @param groupRecords records per group
/// @param mode how a group ends
record BatchedLoad(String bootstrap, String topic, long records, int groupRecords, Mode mode) {

    /// How the records of a group are acknowledged.
    enum Mode {
        /// The group is a transaction.
        TRANSACTION,
        /// The producer waits for the group.
        FLUSH,
        /// The producer waits at its end only.
        PIPELINE
    }

    /// What one producer did.
    ///
    /// @param latenciesNanos from the first record of each group to its acknowledgement
    record Share(long records, long bytes, long[] latenciesNanos) {}

    /// Runs `producers` of them at once; together they write [#records].
    List<Share> run(int producers, Supplier<byte[]> payloads) throws Exception {
        List<byte[]> group = new ArrayList<>();
        for (int i = 0; i < groupRecords; i++) {
            group.add(payloads.get());
        }
        int groups = (int) (records / producers / groupRecords);
        List<Callable<Share>> shares = new ArrayList<>();
        for (int i = 0; i < producers; i++) {
            String name = topic + "-" + i;
            shares.add(() -> share(name, groups, group));
        }
        List<Share> done = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(producers)) {
            for (Future<Share> share : threads.invokeAll(shares)) {
                done.add(share.get());
            }
        }
        return done;
    }

    private Share share(String name, int groups, List<byte[]> group) {
        Map<String, Object> config =
                new HashMap<>(Map.of("bootstrap.servers", bootstrap, "acks", "all"));
        if (mode == Mode.TRANSACTION) {
            config.put("transactional.id", name);
        }
        long[] latenciesNanos = new long[groups];
        long bytes = 0;
        try (var producer =
                new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer())) {
            if (mode == Mode.TRANSACTION) {
                producer.initTransactions();
            }
            for (int i = 0; i < groups; i++) {
                long begun = System.nanoTime();
                if (mode == Mode.TRANSACTION) {
                    producer.beginTransaction();
                }
                for (byte[] payload : group) {
                    producer.send(new ProducerRecord<>(topic, payload));
                    bytes += payload.length;
                }
                switch (mode) {
                    case TRANSACTION -> producer.commitTransaction();
                    case FLUSH -> producer.flush();
                    case PIPELINE -> {}
                }
                latenciesNanos[i] = System.nanoTime() - begun;
            }
        }
        return new Share((long) groups * group.size(), bytes, latenciesNanos);
    }
}
