import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.*;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.*;

/// What the stock Java clients do, whatever their version: run as a source file with the jars of one
/// version on the class path, and so a single long file. Prints `feature: outcome` for each feature. Arguments: `new-protocol`
/// if these clients speak the consumer protocol of KIP-848.
@SuppressWarnings({"deprecation", "removal"})
public class JavaClient {
    static final String BOOTSTRAP = System.getenv("BOOTSTRAP");
    static final String SEAL_URL = System.getenv().getOrDefault("SEAL_URL", "");
    static final String PREFIX = System.getenv().getOrDefault("PREFIX", "");
    static final int PARTITIONS = 3;
    static final int BUSY = 429;
    static final Duration PATIENCE = Duration.ofSeconds(20);
    static Admin admin;

    interface Feature {
        String outcome() throws Exception;
    }

    interface Action {
        void run() throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        admin = Admin.create(config("default.api.timeout.ms", "15000", "request.timeout.ms", "10000"));
        feature("produce", JavaClient::produce);
        feature("compression", JavaClient::compression);
        feature("consume by assign", () -> consumeAssigned(PREFIX + "produced"));
        feature("offsets by time", JavaClient::offsetsByTime);
        feature("consumer group", () -> group("classic", Map.of()));
        feature("rebalance", () -> rebalance(Map.of()));
        feature("cooperative rebalance", () -> rebalance(Map.of("partition.assignment.strategy",
                "org.apache.kafka.clients.consumer.CooperativeStickyAssignor")));
        feature("static member", JavaClient::staticMember);
        if (arguments.length > 0 && arguments[0].equals("new-protocol")) {
            feature("consumer protocol", () -> group("kip848", Map.of("group.protocol", "consumer")));
            feature("consumer protocol rebalance", () -> rebalance(Map.of("group.protocol", "consumer")));
        }
        feature("transactions", JavaClient::transactions);
        feature("offsets in transactions", JavaClient::offsetsInTransactions);
        feature("fencing", JavaClient::fencing);
        feature("administration", JavaClient::administration);
        feature("group administration", JavaClient::groupAdministration);
        feature("errors", JavaClient::errors);
        System.out.flush();
        Runtime.getRuntime().halt(0);
    }

    static void feature(String name, Feature feature) {
        String outcome;
        try {
            outcome = feature.outcome();
        } catch (Throwable e) {
            outcome = "failed: " + cause(e);
        }
        System.out.println(name + ": " + outcome.replace('\n', ' '));
        System.out.flush();
    }

    static String cause(Throwable e) {
        while ((e instanceof ExecutionException || e instanceof CompletionException) && e.getCause() != null) {
            e = e.getCause();
        }
        return e.getClass().getSimpleName() + (e instanceof KafkaException ? "" : " " + e.getMessage());
    }

    static Map<String, Object> config(String... pairs) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", BOOTSTRAP);
        for (int i = 0; i < pairs.length; i += 2) {
            config.put(pairs[i], pairs[i + 1]);
        }
        return config;
    }

    static KafkaProducer<String, String> producer(String... pairs) {
        Map<String, Object> config = config(pairs);
        config.putIfAbsent("acks", "all");
        config.putIfAbsent("max.block.ms", "15000");
        config.putIfAbsent("delivery.timeout.ms", "15000");
        config.putIfAbsent("request.timeout.ms", "10000");
        return new KafkaProducer<>(config, new StringSerializer(), new StringSerializer());
    }

    static KafkaConsumer<String, String> consumer(Map<String, ?> more) {
        Map<String, Object> config = config("auto.offset.reset", "earliest", "enable.auto.commit", "false",
                "default.api.timeout.ms", "15000");
        config.putAll(more);
        return new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
    }

    static void create(String topic, int partitions) throws Exception {
        admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
        for (int i = 0; i < 50 && !admin.listTopics().names().get().contains(topic); i++) {
            Thread.sleep(100);
        }
    }

    /// Annals moves what is hot into its archive; Kafka has nothing of the kind here.
    static void seal() throws Exception {
        while (!SEAL_URL.isEmpty()) {
            HttpURLConnection post = (HttpURLConnection) new URL(SEAL_URL).openConnection();
            post.setRequestMethod("POST");
            post.setDoOutput(true);
            post.getOutputStream().close();
            if (post.getResponseCode() == 200) {
                return;
            }
            if (post.getResponseCode() != BUSY) {
                throw new IllegalStateException("seal answered " + post.getResponseCode());
            }
            Thread.sleep(200); // another client seals
        }
    }

    static void send(String topic, int from, int to, String... producerConfig) throws Exception {
        try (KafkaProducer<String, String> producer = producer(producerConfig)) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int i = from; i < to; i++) {
                sent.add(producer.send(new ProducerRecord<>(topic, i % PARTITIONS, 1_700_000_000_000L + i, "k" + i,
                        "value " + i, List.of(new RecordHeader("h", ("h" + i).getBytes(StandardCharsets.UTF_8))))));
            }
            for (Future<RecordMetadata> each : sent) {
                each.get();
            }
        }
    }

    static String produce() throws Exception {
        create(PREFIX + "produced", PARTITIONS);
        send(PREFIX + "produced", 0, 300);
        seal();
        send(PREFIX + "produced", 300, 400, "enable.idempotence", "false");
        return "400 acknowledged, " + ends(PREFIX + "produced");
    }

    static String ends(String topic) {
        try (KafkaConsumer<String, String> consumer = consumer(Map.of())) {
            List<TopicPartition> all = partitions(topic);
            return "offsets " + new TreeMap<>(byNumber(consumer.beginningOffsets(all))) + " to "
                    + new TreeMap<>(byNumber(consumer.endOffsets(all)));
        }
    }

    static Map<Integer, Long> byNumber(Map<TopicPartition, Long> offsets) {
        return offsets.entrySet().stream().collect(Collectors.toMap(e -> e.getKey().partition(), Map.Entry::getValue));
    }

    static List<TopicPartition> partitions(String topic) {
        return IntStream.range(0, PARTITIONS).mapToObj(p -> new TopicPartition(topic, p)).collect(Collectors.toList());
    }

    static String compression() throws Exception {
        create(PREFIX + "compressed", PARTITIONS);
        int at = 0;
        for (String codec : List.of("none", "gzip", "snappy", "lz4", "zstd")) {
            send(PREFIX + "compressed", at, at + 60, "compression.type", codec);
            at += 60;
            if (codec.equals("snappy")) {
                seal();
            }
        }
        return consumeAssigned(PREFIX + "compressed");
    }

    static String consumeAssigned(String topic) throws Exception {
        try (KafkaConsumer<String, String> consumer = consumer(Map.of())) {
            consumer.assign(partitions(topic));
            consumer.seekToBeginning(partitions(topic));
            long end = consumer.endOffsets(partitions(topic)).values().stream().mapToLong(l -> l).sum();
            return digest(poll(consumer, (int) end));
        }
    }

    static List<ConsumerRecord<String, String>> poll(KafkaConsumer<String, String> consumer, int count) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (records.size() < count && System.nanoTime() < deadline) {
            consumer.poll(Duration.ofMillis(200)).forEach(records::add);
        }
        return records;
    }

    /// Count and a digest of everything a record has, in offset order.
    static String digest(List<ConsumerRecord<String, String>> records) throws Exception {
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        records.stream()
                .sorted(Comparator.comparing((ConsumerRecord<String, String> r) -> r.partition())
                        .thenComparing(r -> r.offset()))
                .forEach(r -> sha.update((r.partition() + " " + r.offset() + " " + r.timestamp() + " "
                        + r.timestampType() + " " + r.key() + " " + r.value() + " " + r.headers() + "\n")
                        .getBytes(StandardCharsets.UTF_8)));
        return records.size() + " records, digest " + String.format("%08x", new java.math.BigInteger(1, sha.digest()))
                .substring(0, 8);
    }

    static String offsetsByTime() {
        try (KafkaConsumer<String, String> consumer = consumer(Map.of())) {
            Map<TopicPartition, Long> times = new HashMap<>();
            times.put(new TopicPartition(PREFIX + "produced", 0), 1_700_000_000_000L);
            times.put(new TopicPartition(PREFIX + "produced", 1), 1_700_000_000_150L);
            times.put(new TopicPartition(PREFIX + "produced", 2), 1_800_000_000_000L);
            return new TreeMap<>(consumer.offsetsForTimes(times).entrySet().stream().collect(Collectors.toMap(
                    e -> e.getKey().partition(), e -> String.valueOf(e.getValue())))).toString();
        }
    }

    static int groupRecords = 400;

    static String group(String name, Map<String, String> config) throws Exception {
        Map<String, String> grouped = new HashMap<>(config);
        grouped.put("group.id", PREFIX + "java-" + name);
        String first;
        try (KafkaConsumer<String, String> consumer = consumer(grouped)) {
            consumer.subscribe(List.of(PREFIX + "produced"));
            first = digest(poll(consumer, groupRecords));
            consumer.commitSync();
        }
        int from = groupRecords;
        groupRecords += 30;
        send(PREFIX + "produced", from, groupRecords);
        try (KafkaConsumer<String, String> consumer = consumer(grouped)) {
            consumer.subscribe(List.of(PREFIX + "produced"));
            int more = poll(consumer, 30).size();
            consumer.commitSync();
            boolean stable = consumer.groupMetadata().generationId() > 0;
            return first + ", then " + more + ", in a generation: " + stable
                    + ", committed " + committed(consumer);
        }
    }

    static String committed(KafkaConsumer<String, String> consumer) {
        return new TreeMap<>(consumer.committed(new HashSet<>(partitions(PREFIX + "produced"))).entrySet().stream()
                .collect(Collectors.toMap(e -> e.getKey().partition(),
                        e -> e.getValue() == null ? -1L : e.getValue().offset()))).keySet().toString();
    }

    static int groups;

    static String rebalance(Map<String, String> config) throws Exception {
        Map<String, String> grouped = new HashMap<>(config);
        grouped.put("group.id", PREFIX + "java-rebalance-" + groups++);
        try (KafkaConsumer<String, String> first = consumer(grouped);
                KafkaConsumer<String, String> second = consumer(grouped)) {
            first.subscribe(List.of(PREFIX + "compressed"));
            until(() -> first.assignment().size() == PARTITIONS, first);
            second.subscribe(List.of(PREFIX + "compressed"));
            until(() -> first.assignment().size() + second.assignment().size() == PARTITIONS
                    && !first.assignment().isEmpty() && !second.assignment().isEmpty(), first, second);
            String shared = Stream.of(first, second).map(c -> c.assignment().size()).sorted().collect(Collectors.toList())
                    .toString();
            second.close();
            until(() -> first.assignment().size() == PARTITIONS, first);
            return "alone " + PARTITIONS + ", shared " + shared + ", alone again " + first.assignment().size();
        }
    }

    @SafeVarargs
    static List<ConsumerRecord<String, String>> until(
            java.util.function.BooleanSupplier done, KafkaConsumer<String, String>... consumers) {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!done.getAsBoolean() && System.nanoTime() < deadline) {
            for (KafkaConsumer<String, String> consumer : consumers) {
                consumer.poll(Duration.ofMillis(100)).forEach(records::add);
            }
        }
        return records;
    }

    static String staticMember() throws Exception {
        Map<String, String> config = Map.of("group.id", PREFIX + "java-static", "group.instance.id", "one",
                "session.timeout.ms", "10000");
        int before;
        try (KafkaConsumer<String, String> consumer = consumer(config)) {
            consumer.subscribe(List.of(PREFIX + "compressed"));
            until(() -> !consumer.assignment().isEmpty(), consumer);
            before = consumer.groupMetadata().generationId();
        }
        try (KafkaConsumer<String, String> consumer = consumer(config)) {
            consumer.subscribe(List.of(PREFIX + "compressed"));
            until(() -> !consumer.assignment().isEmpty(), consumer);
            return "assigned " + consumer.assignment().size() + ", same generation after a restart: "
                    + (before == consumer.groupMetadata().generationId());
        }
    }

    static String transactions() throws Exception {
        create(PREFIX + "transactional", PARTITIONS);
        try (KafkaProducer<String, String> producer = producer("transactional.id", PREFIX + "java-tx")) {
            producer.initTransactions();
            for (int round = 0; round < 4; round++) {
                producer.beginTransaction();
                for (int i = 0; i < 30; i++) {
                    producer.send(new ProducerRecord<>(PREFIX + "transactional", i % PARTITIONS, 1_700_000_000_000L + i, "k",
                            "round " + round + " " + i));
                }
                if (round % 2 == 0) {
                    producer.commitTransaction();
                } else {
                    producer.flush();
                    producer.abortTransaction();
                }
                if (round == 1) {
                    seal();
                }
            }
            producer.beginTransaction();
            producer.send(new ProducerRecord<>(PREFIX + "transactional", 0, "k", "open")).get();
            String open = "committed " + read("read_committed", 60) + ", all " + read("read_uncommitted", 121);
            producer.abortTransaction();
            return open;
        }
    }

    static int read(String isolation, int count) {
        try (KafkaConsumer<String, String> consumer = consumer(Map.of("isolation.level", isolation))) {
            consumer.assign(partitions(PREFIX + "transactional"));
            consumer.seekToBeginning(partitions(PREFIX + "transactional"));
            int found = poll(consumer, count).size();
            for (int i = 0; i < 5; i++) {
                found += consumer.poll(Duration.ofMillis(100)).count();
            }
            return found;
        }
    }

    static String offsetsInTransactions() throws Exception {
        create(PREFIX + "copied", PARTITIONS);
        Map<String, String> config = Map.of("group.id", PREFIX + "java-copier", "isolation.level", "read_committed");
        try (KafkaProducer<String, String> producer = producer("transactional.id", PREFIX + "java-copier");
                KafkaConsumer<String, String> consumer = consumer(config)) {
            producer.initTransactions();
            consumer.subscribe(List.of(PREFIX + "compressed"));
            int copied = 0;
            long deadline = System.nanoTime() + 3 * PATIENCE.toNanos();
            while (copied < 300 && System.nanoTime() < deadline) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(200));
                if (records.isEmpty()) {
                    continue;
                }
                producer.beginTransaction();
                Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
                for (ConsumerRecord<String, String> record : records) {
                    producer.send(new ProducerRecord<>(PREFIX + "copied", record.partition(), record.key(), record.value()));
                    offsets.put(new TopicPartition(record.topic(), record.partition()),
                            new OffsetAndMetadata(record.offset() + 1));
                }
                producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata());
                producer.commitTransaction();
                copied += records.count();
            }
            long committed = consumer.committed(new HashSet<>(partitions(PREFIX + "compressed"))).values().stream()
                    .filter(Objects::nonNull).mapToLong(OffsetAndMetadata::offset).sum();
            return "copied " + copied + ", committed offsets sum to " + committed;
        }
    }

    static String fencing() throws Exception {
        try (KafkaProducer<String, String> old = producer("transactional.id", PREFIX + "java-fenced");
                KafkaProducer<String, String> young = producer("transactional.id", PREFIX + "java-fenced")) {
            old.initTransactions();
            old.beginTransaction();
            old.send(new ProducerRecord<>(PREFIX + "transactional", 1, "k", "old")).get();
            young.initTransactions();
            String outcome;
            try {
                old.commitTransaction();
                outcome = "not fenced";
            } catch (Exception e) {
                outcome = cause(e);
            }
            young.beginTransaction();
            young.send(new ProducerRecord<>(PREFIX + "transactional", 1, "k", "young")).get();
            young.commitTransaction();
            return outcome;
        }
    }

    static String administration() throws Exception {
        StringBuilder said = new StringBuilder();
        create(PREFIX + "managed", 2);
        send(PREFIX + "managed", 0, 2);
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, PREFIX + "managed");
        admin.incrementalAlterConfigs(Map.of(topic, List.of(
                new AlterConfigOp(new ConfigEntry("retention.ms", "3600000"), AlterConfigOp.OpType.SET)))).all().get();
        Thread.sleep(300);
        said.append("retention ").append(admin.describeConfigs(List.of(topic)).all().get().get(topic)
                .get("retention.ms").value());
        admin.createPartitions(Map.of(PREFIX + "managed", NewPartitions.increaseTo(PARTITIONS))).all().get();
        Thread.sleep(300);
        try (KafkaConsumer<String, String> consumer = consumer(Map.of())) {
            said.append(", partitions ").append(consumer.partitionsFor(PREFIX + "managed").size());
        }
        send(PREFIX + "managed", 2, 62);
        said.append(", low watermark ").append(admin.deleteRecords(Map.of(new TopicPartition(PREFIX + "managed", 0),
                RecordsToDelete.beforeOffset(5))).lowWatermarks().get(new TopicPartition(PREFIX + "managed", 0)).get()
                .lowWatermark());
        said.append(", ").append(ends(PREFIX + "managed"));
        said.append(", nodes ").append(admin.describeCluster().nodes().get().size());
        admin.deleteTopics(List.of(PREFIX + "managed")).all().get();
        for (int i = 0; i < 50 && admin.listTopics().names().get().contains(PREFIX + "managed"); i++) {
            Thread.sleep(100);
        }
        return said + ", deleted " + !admin.listTopics().names().get().contains(PREFIX + "managed");
    }

    static String groupAdministration() throws Exception {
        boolean listed = admin.listConsumerGroups().all().get().stream().anyMatch(g -> g.groupId().equals(PREFIX + "java-classic"));
        String state = admin.describeConsumerGroups(List.of(PREFIX + "java-classic")).all().get().get(PREFIX + "java-classic").state()
                .toString();
        TopicPartition partition = new TopicPartition(PREFIX + "produced", 0);
        admin.alterConsumerGroupOffsets(PREFIX + "java-classic", Map.of(partition, new OffsetAndMetadata(7))).all().get();
        long altered = admin.listConsumerGroupOffsets(PREFIX + "java-classic").partitionsToOffsetAndMetadata().get()
                .get(partition).offset();
        admin.deleteConsumerGroupOffsets(PREFIX + "java-classic", Set.of(partition)).all().get();
        int left = admin.listConsumerGroupOffsets(PREFIX + "java-classic").partitionsToOffsetAndMetadata().get().size();
        admin.deleteConsumerGroups(List.of(PREFIX + "java-classic")).all().get();
        boolean gone = admin.listConsumerGroups().all().get().stream().noneMatch(g -> g.groupId().equals(PREFIX + "java-classic"));
        return "listed " + listed + ", " + state + ", altered to " + altered + ", " + left + " left, deleted " + gone;
    }

    static String errors() throws Exception {
        List<String> said = new ArrayList<>();
        said.add(error(() -> admin.createTopics(List.of(new NewTopic("a b", 1, (short) 1))).all().get()));
        said.add(error(() -> admin.createTopics(List.of(new NewTopic(PREFIX + "produced", 1, (short) 1))).all().get()));
        said.add(error(() -> admin.createTopics(List.of(new NewTopic("two", 1, (short) 2))).all().get()));
        said.add(error(() -> admin.deleteTopics(List.of("none")).all().get()));
        said.add(error(() -> admin.createPartitions(Map.of(PREFIX + "produced", NewPartitions.increaseTo(1))).all().get()));
        try (KafkaProducer<String, String> producer = producer("max.request.size", "4000000")) {
            said.add(error(() -> producer.send(new ProducerRecord<>(PREFIX + "produced", 0, "k", "x".repeat(2_000_000))).get()));
        }
        try (KafkaConsumer<String, String> consumer = consumer(Map.of("auto.offset.reset", "none"))) {
            consumer.assign(partitions(PREFIX + "produced"));
            consumer.seek(new TopicPartition(PREFIX + "produced", 0), 1_000_000);
            said.add(error(() -> until(() -> false, consumer)));
        }
        try (KafkaConsumer<String, String> consumer = consumer(Map.of("group.id", PREFIX + "java-none", "auto.offset.reset",
                "none"))) {
            consumer.subscribe(List.of(PREFIX + "produced"));
            said.add(error(() -> until(() -> false, consumer)));
        }
        said.add(error(() -> admin.deleteConsumerGroups(List.of("no-such-group")).all().get()));
        return String.join(", ", said);
    }

    static String error(Action action) {
        try {
            action.run();
            return "none";
        } catch (Exception e) {
            return cause(e);
        }
    }
}
