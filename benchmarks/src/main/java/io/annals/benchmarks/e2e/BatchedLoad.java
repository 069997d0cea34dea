package io.annals.benchmarks.e2e;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
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

    /// What all of them did.
    ///
    /// @param seconds from when the last of them had warmed up to the end of the last
    record Outcome(List<Share> shares, double seconds) {}

    /// Runs `producers` of them at once; together they write [#records], after a third as many that
    /// do not count.
    Outcome run(int producers, Supplier<byte[]> payloads) throws Exception {
        List<byte[]> group = new ArrayList<>();
        for (int i = 0; i < groupRecords; i++) {
            group.add(payloads.get());
        }
        int groups = (int) (records / producers / groupRecords);
        AtomicLong begun = new AtomicLong();
        CyclicBarrier warm = new CyclicBarrier(producers, () -> begun.set(System.nanoTime()));
        List<Callable<Share>> shares = new ArrayList<>();
        for (int i = 0; i < producers; i++) {
            String name = topic + "-" + i;
            shares.add(() -> share(name, groups, group, warm));
        }
        List<Share> done = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(producers)) {
            for (Future<Share> share : threads.invokeAll(shares)) {
                done.add(share.get());
            }
        }
        return new Outcome(done, (System.nanoTime() - begun.get()) / 1e9);
    }

    private Share share(String name, int groups, List<byte[]> group, CyclicBarrier warm)
            throws Exception {
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
            for (int i = 0; i < groups / 3; i++) {
                write(producer, group);
            }
            producer.flush();
            warm.await();
            for (int i = 0; i < groups; i++) {
                long begun = System.nanoTime();
                bytes += write(producer, group);
                latenciesNanos[i] = System.nanoTime() - begun;
            }
        }
        return new Share((long) groups * group.size(), bytes, latenciesNanos);
    }

    /// @return bytes of the values
    private long write(KafkaProducer<byte[], byte[]> producer, List<byte[]> group) {
        if (mode == Mode.TRANSACTION) {
            producer.beginTransaction();
        }
        long bytes = 0;
        for (byte[] payload : group) {
            producer.send(new ProducerRecord<>(topic, payload));
            bytes += payload.length;
        }
        switch (mode) {
            case TRANSACTION -> producer.commitTransaction();
            case FLUSH -> producer.flush();
            case PIPELINE -> {}
        }
        return bytes;
    }
}
