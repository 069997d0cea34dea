"""confluent-kafka for Python, which is librdkafka."""
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition, OFFSET_BEGINNING
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

from support import BASE_TIME, BOOTSTRAP, PARTITIONS, digest, error, feature, seal, until

admin = AdminClient({"bootstrap.servers": BOOTSTRAP})


def create(topic, partitions=PARTITIONS):
    for future in admin.create_topics([NewTopic(topic, partitions, 1)]).values():
        future.result(15)
    until(lambda: len(admin.list_topics(topic, 5).topics[topic].partitions) == partitions, lambda: None)


def send(topic, start, end, **config):
    failed = []
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "acks": "all", "message.timeout.ms": 15000,
                         **{k.replace("_", "."): v for k, v in config.items()}})
    for i in range(start, end):
        producer.produce(topic, f"value {i}", f"k{i}", i % PARTITIONS, timestamp=BASE_TIME + i,
                         headers={"h": str(i)}, on_delivery=lambda e, _: e and failed.append(e))
    producer.flush(20)
    if failed:
        raise KafkaException(failed[0])


def consumer(group, **config):
    return Consumer({"bootstrap.servers": BOOTSTRAP, "group.id": group, "auto.offset.reset": "earliest",
                     "enable.auto.commit": False, **{k.replace("_", "."): v for k, v in config.items()}})


def poll(source, count):
    records = []

    def step():
        message = source.poll(0.2)
        if message is None:
            return
        if message.error():
            raise KafkaException(message.error())
        records.append((message.partition(), message.offset(), message.timestamp(), message.key(),
                        message.value(), message.headers()))
    until(lambda: len(records) >= count, step)
    return records


def assigned(topic, count, **config):
    source = consumer("confluent-assigned", **config)
    source.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in range(PARTITIONS)])
    found = poll(source, count)
    source.close()
    return digest(found)


def produce():
    create("confluent")
    send("confluent", 0, 300)
    seal()
    send("confluent", 300, 400, enable_idempotence=True)
    source = consumer("none")
    marks = [source.get_watermark_offsets(TopicPartition("confluent", p), 10) for p in range(PARTITIONS)]
    source.close()
    return f"400 acknowledged, watermarks {marks}"


def compression():
    create("confluent-compressed")
    for i, codec in enumerate(["none", "gzip", "snappy", "lz4", "zstd"]):
        send("confluent-compressed", i * 60, i * 60 + 60, compression_type=codec)
        if codec == "snappy":
            seal()
    return assigned("confluent-compressed", 300)


def offsets_by_time():
    source = consumer("none")
    times = [TopicPartition("confluent", p, t) for p, t in
             enumerate([BASE_TIME, BASE_TIME + 150, BASE_TIME * 2])]
    found = [p.offset for p in source.offsets_for_times(times, 10)]
    source.close()
    return str(found)


def group():
    source = consumer("confluent-group")
    source.subscribe(["confluent"])
    first = poll(source, 400)
    source.commit(asynchronous=False)
    source.close()
    send("confluent", 400, 430)
    source = consumer("confluent-group")
    source.subscribe(["confluent"])
    more = poll(source, 30)
    source.commit(asynchronous=False)
    committed = [p.offset for p in source.committed([TopicPartition("confluent", p) for p in range(3)], 10)]
    source.close()
    return f"{digest(first)}, then {len(more)}, committed {sum(committed)}"


def rebalance(name, **config):
    first, second = consumer(name, **config), consumer(name, **config)
    first.subscribe(["confluent"])
    until(lambda: len(first.assignment()) == PARTITIONS, lambda: first.poll(0.1))
    second.subscribe(["confluent"])

    def both():
        first.poll(0.1)
        second.poll(0.1)
    until(lambda: first.assignment() and second.assignment()
          and len(first.assignment()) + len(second.assignment()) == PARTITIONS, both)
    shared = sorted([len(first.assignment()), len(second.assignment())])
    second.close()
    until(lambda: len(first.assignment()) == PARTITIONS, lambda: first.poll(0.1))
    again = len(first.assignment())
    first.close()
    return f"alone {PARTITIONS}, shared {shared}, alone again {again}"


def transactions():
    create("confluent-tx")
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": "confluent"})
    producer.init_transactions(15)
    for r in range(4):
        producer.begin_transaction()
        for i in range(30):
            producer.produce("confluent-tx", f"round {r} {i}", "k", i % PARTITIONS, timestamp=BASE_TIME + i)
        if r % 2 == 0:
            producer.commit_transaction(15)
        else:
            producer.flush(10)
            producer.abort_transaction(15)
        if r == 1:
            seal()
    return (f"committed {assigned('confluent-tx', 60, isolation_level='read_committed')}, "
            f"all {assigned('confluent-tx', 120, isolation_level='read_uncommitted')}")


def offsets_in_transactions():
    create("confluent-copied")
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "transactional.id": "confluent-copier"})
    producer.init_transactions(15)
    source = consumer("confluent-copier")
    source.subscribe(["confluent-compressed"])
    records = poll(source, 300)
    producer.begin_transaction()
    for record in records:
        producer.produce("confluent-copied", record[4], record[3], record[0])
    producer.send_offsets_to_transaction(source.position(source.assignment()), source.consumer_group_metadata())
    producer.commit_transaction(15)
    committed = sum(p.offset for p in source.committed(source.assignment(), 10))
    source.close()
    return f"copied {len(records)}, committed offsets sum to {committed}"


def administration():
    create("confluent-managed", 2)
    for future in admin.create_partitions([NewPartitions("confluent-managed", 3)]).values():
        future.result(10)
    until(lambda: len(admin.list_topics("confluent-managed", 5).topics["confluent-managed"].partitions) == 3,
          lambda: None)
    resource = ConfigResource(ConfigResource.Type.TOPIC, "confluent-managed")
    for future in admin.alter_configs([ConfigResource(ConfigResource.Type.TOPIC, "confluent-managed",
                                                      set_config={"retention.ms": "3600000"})]).values():
        future.result(10)

    def retention():
        return list(admin.describe_configs([resource]).values())[0].result(10)["retention.ms"].value
    until(lambda: retention() == "3600000", lambda: None, 5)
    partitions = len(admin.list_topics("confluent-managed", 5).topics["confluent-managed"].partitions)
    found = retention()
    for future in admin.delete_topics(["confluent-managed"]).values():
        future.result(10)
    until(lambda: "confluent-managed" not in admin.list_topics(timeout=5).topics, lambda: None)
    return (f"partitions {partitions}, retention {found}, "
            f"deleted {'confluent-managed' not in admin.list_topics(timeout=5).topics}")


def groups():
    known = {g.id: g for g in admin.list_groups(timeout=10)}
    found = known.get("confluent-group")
    return "not listed" if found is None else f"listed, {found.state}, {found.protocol_type}"


def errors():
    return ", ".join([
        error(lambda: create("a b")),
        error(lambda: create("confluent")),
        error(lambda: [f.result(10) for f in admin.delete_topics(["none"]).values()]),
        error(too_large),
    ])


def too_large():
    failed = []
    producer = Producer({"bootstrap.servers": BOOTSTRAP, "message.max.bytes": 4000000})
    producer.produce("confluent", "x" * 2_000_000, on_delivery=lambda e, _: e and failed.append(e))
    producer.flush(20)
    if failed:
        raise KafkaException(failed[0])


feature("produce", produce)
feature("compression", compression)
feature("consume by assign", lambda: assigned("confluent", 400))
feature("offsets by time", offsets_by_time)
feature("consumer group", group)
feature("rebalance", lambda: rebalance("confluent-two"))
feature("cooperative rebalance", lambda: rebalance("confluent-cooperative",
                                                   partition_assignment_strategy="cooperative-sticky"))
feature("transactions", transactions)
feature("offsets in transactions", offsets_in_transactions)
feature("administration", administration)
feature("group administration", groups)
feature("errors", errors)
