package io.annals.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Groups whose members come and go while somebody produces: no group is stuck, and each gets every
/// record. Small here; docs/performance.md has the command for what the targets ask for.
@Timeout(1_800)
class GroupStressIT {
    private static final Logger logger = LoggerFactory.getLogger(GroupStressIT.class);
    private static final int GROUPS = Integer.getInteger("annals.stress.groups", 5);
    private static final int MEMBERS = Integer.getInteger("annals.stress.members", 4);
    private static final int SECONDS = Integer.getInteger("annals.stress.seconds", 6);
    private static final int STAY_SECONDS = Integer.getInteger("annals.stress.stay", 3);
    private static final long SEED = Long.getLong("annals.stress.seed", 4_711);
    private static final int PARTITIONS = 10;

    /// Less than stock clients have: a member that is lost holds its group up for so long.
    private static final int SESSION_MS = Integer.getInteger("annals.stress.session", 10_000);

    /// Of a server that runs already, an Apache Kafka for example; none by default.
    private static final Optional<String> RUNNING =
            Optional.ofNullable(System.getProperty("annals.stress.bootstrap"));

    private static final int RECORDS_PER_SECOND = 1_000;
    private static final String TOPIC = "stress";

    @TempDir private Path folder;
    private final int records = SECONDS * RECORDS_PER_SECOND;
    private final AtomicInteger joins = new AtomicInteger();

    /// What the members of one group have seen together.
    private final class Group {
        private final BitSet[] seen = new BitSet[PARTITIONS];
        private int left = records;

        Group() {
            for (int i = 0; i < PARTITIONS; i++) {
                seen[i] = new BitSet();
            }
        }

        synchronized void see(ConsumerRecord<byte[], byte[]> record) {
            BitSet offsets = seen[record.partition()];
            if (!offsets.get(Math.toIntExact(record.offset()))) {
                offsets.set(Math.toIntExact(record.offset()));
                left--;
            }
        }

        synchronized int left() {
            return left;
        }
    }

    @BeforeAll
    static void showFigures() {
        StderrLogging.use("info", false);
    }

    @Test
    void everyGroupGetsEveryRecordWhileItsMembersComeAndGo() throws Exception {
        logger.info("seed {}: rerun with -Dannals.stress.seed={}", SEED, SEED);
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        List<Group> groups = new ArrayList<>();
        try (@Nullable AnnalsProcess server = RUNNING.isPresent() ? null : start()) {
            String bootstrap = server == null ? RUNNING.orElseThrow() : server.kafka();
            long startNanos = System.nanoTime();
            try (Admin admin = KafkaClients.admin(bootstrap)) {
                admin.createTopics(List.of(new NewTopic(TOPIC, PARTITIONS, (short) 1))).all().get();
            }
            CountDownLatch ended = new CountDownLatch(GROUPS * MEMBERS);
            for (int g = 0; g < GROUPS; g++) {
                Group group = new Group();
                groups.add(group);
                for (int m = 0; m < MEMBERS; m++) {
                    Member member = new Member(bootstrap, g, m, group);
                    Thread.ofPlatform()
                            .name("member-" + g + "-" + m)
                            .start(() -> {
                                try {
                                    member.run();
                                } catch (Throwable thrown) { // shown by the test's own thread
                                    failures.add(thrown);
                                } finally {
                                    ended.countDown();
                                }
                            });
                }
            }
            produce(bootstrap);
            while (!ended.await(10, TimeUnit.SECONDS)) {
                tellProgress(groups);
            }
            logger.info(
                    "{} members joined {} times, {} s",
                    GROUPS * MEMBERS,
                    joins.get(),
                    Duration.ofNanos(System.nanoTime() - startNanos).toSeconds());
            assertThat(failures)
                    .describedAs(server == null ? bootstrap : server.stderr())
                    .isEmpty();
        }
        assertThat(groups).allSatisfy(group -> assertThat(group.left()).isZero());
        assertThat(joins.get()).isGreaterThan(GROUPS * MEMBERS);
    }

    private AnnalsProcess start() throws IOException {
        return AnnalsProcess.start(
                folder,
                "group.initial.rebalance.delay.ms=0",
                "group.consumer.min.session.timeout.ms=" + SESSION_MS,
                "group.consumer.session.timeout.ms=" + SESSION_MS);
    }

    private void tellProgress(List<Group> groups) {
        logger.info(
                "{} groups are not at the end, {} records are not delivered, joined {} times",
                groups.stream().filter(group -> group.left() > 0).count(),
                groups.stream().mapToLong(Group::left).sum(),
                joins.get());
    }

    private void produce(String bootstrap) throws InterruptedException {
        try (KafkaProducer<byte[], byte[]> producer = KafkaClients.producer(bootstrap, Map.of())) {
            for (int i = 0; i < records; i++) {
                producer.send(new ProducerRecord<>(TOPIC, i % PARTITIONS, null, new byte[10]));
                if (i % 100 == 0) {
                    Thread.sleep(100_000 / RECORDS_PER_SECOND);
                }
            }
        }
    }

    /// Joins, reads and commits for a while, leaves, and joins again, until its group has all.
    private final class Member {
        private static final Duration STAY = Duration.ofSeconds(STAY_SECONDS);
        private static final Duration BETWEEN_COMMITS = Duration.ofMillis(500);

        private final String bootstrap;
        private final int index;
        private final Group group;
        private final Random random;

        Member(String bootstrap, int groupIndex, int memberIndex, Group group) {
            this.bootstrap = bootstrap;
            this.index = groupIndex;
            this.group = group;
            this.random = new Random(SEED + groupIndex * 1_000L + memberIndex);
        }

        void run() {
            while (group.left() > 0) {
                long stayNanos = STAY.toNanos() + random.nextLong(STAY.toNanos());
                long leaveAt = System.nanoTime() + stayNanos;
                try (KafkaConsumer<byte[], byte[]> consumer = consumer()) {
                    consumer.subscribe(List.of(TOPIC));
                    joins.incrementAndGet();
                    long commitAt = System.nanoTime();
                    while (group.left() > 0 && System.nanoTime() < leaveAt) {
                        consumer.poll(Duration.ofMillis(200)).forEach(group::see);
                        if (System.nanoTime() >= commitAt) {
                            commit(consumer);
                            commitAt = System.nanoTime() + BETWEEN_COMMITS.toNanos();
                        }
                    }
                    commit(consumer);
                }
            }
        }

        private KafkaConsumer<byte[], byte[]> consumer() {
            String protocol = index % 3 == 0 ? "consumer" : "classic";
            Map<String, Object> assignor =
                    index % 3 == 1
                            ? assignor(CooperativeStickyAssignor.class)
                            : index % 3 == 2 ? assignor(RangeAssignor.class) : Map.of();
            return GroupsIT.member(bootstrap, protocol, "group-" + index, assignor);
        }

        private static Map<String, Object> assignor(Class<?> assignor) {
            return Map.of(
                    ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                    assignor.getName(),
                    ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
                    500,
                    ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
                    SESSION_MS);
        }

        private void commit(KafkaConsumer<byte[], byte[]> consumer) {
            try {
                consumer.commitSync(Duration.ofSeconds(30));
            } catch (KafkaException rebalanced) {
                logger.debug("not committed: {}", rebalanced.toString());
            }
        }
    }
}
