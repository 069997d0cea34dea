"""kafka-python, the pure Python client."""
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewPartitions, NewTopic
from kafka.structs import OffsetAndMetadata

from support import BASE_TIME, BOOTSTRAP, PARTITIONS, digest, error, feature, seal, until

admin = KafkaAdminClient(bootstrap_servers=BOOTSTRAP, request_timeout_ms=15000)


def create(topic, partitions=PARTITIONS):
    admin.create_topics([NewTopic(topic, partitions, 1)])
    until(lambda: topic in admin.list_topics(), lambda: None)


def send(topic, start, end, **config):
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, acks="all", **config)
    sent = [producer.send(topic, b"value %d" % i, b"k%d" % i, [("h", b"%d" % i)], i % PARTITIONS, BASE_TIME + i)
            for i in range(start, end)]
    for future in sent:
        future.get(15)
    producer.close()


def consumer(group=None, **config):
    return KafkaConsumer(bootstrap_servers=BOOTSTRAP, group_id=group, auto_offset_reset="earliest",
                         enable_auto_commit=False, **config)


def poll(source, count):
    records = []

    def step():
        for batch in source.poll(200).values():
            records.extend((r.partition, r.offset, r.timestamp, r.key, r.value, r.headers) for r in batch)
    until(lambda: len(records) >= count, step)
    return records


def partitions(topic):
    return [TopicPartition(topic, p) for p in range(PARTITIONS)]


def assigned(topic, count):
    source = consumer()
    source.assign(partitions(topic))
    source.seek_to_beginning()
    found = poll(source, count)
    source.close()
    return digest(found)


def produce():
    create("kafka-python")
    send("kafka-python", 0, 300)
    seal()
    send("kafka-python", 300, 400)
    source = consumer()
    ends = sorted(source.end_offsets(partitions("kafka-python")).values())
    source.close()
    return f"400 acknowledged, ends {ends}"


def compression():
    create("kafka-python-compressed")
    send("kafka-python-compressed", 0, 60)
    send("kafka-python-compressed", 60, 120, compression_type="gzip")
    seal()
    return assigned("kafka-python-compressed", 120)


def offsets_by_time():
    source = consumer()
    times = dict(zip(partitions("kafka-python"), [BASE_TIME, BASE_TIME + 150, BASE_TIME * 2]))
    found = [str(o) for o in source.offsets_for_times(times).values()]
    source.close()
    return str(found)


def group():
    source = consumer("kafka-python-group")
    source.subscribe(["kafka-python"])
    first = poll(source, 400)
    source.commit()
    source.close()
    send("kafka-python", 400, 430)
    source = consumer("kafka-python-group")
    source.subscribe(["kafka-python"])
    more = poll(source, 30)
    source.commit()
    committed = sum(source.committed(p) or 0 for p in partitions("kafka-python"))
    source.close()
    return f"{digest(first)}, then {len(more)}, committed {committed}"


def rebalance():
    first, second = consumer("kafka-python-two"), consumer("kafka-python-two")
    first.subscribe(["kafka-python"])
    until(lambda: len(first.assignment()) == PARTITIONS, lambda: first.poll(100))
    first.unsubscribe()
    second.subscribe(["kafka-python"])
    until(lambda: len(second.assignment()) == PARTITIONS, lambda: second.poll(100))
    taken = len(second.assignment())
    first.close()
    second.close()
    return f"alone {PARTITIONS}, taken over {taken}"


def administration():
    create("kafka-python-managed", 2)
    admin.create_partitions({"kafka-python-managed": NewPartitions(3)})
    admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, "kafka-python-managed",
                                        {"retention.ms": "3600000"})])
    until(lambda: False, lambda: None, 0.5)
    found = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, "kafka-python-managed")])
    values = {entry[0]: entry[1] for response in found for resource in response.resources for entry in resource[4]}
    partitions_found = len(admin.describe_topics(["kafka-python-managed"])[0]["partitions"])
    admin.delete_topics(["kafka-python-managed"])
    until(lambda: "kafka-python-managed" not in admin.list_topics(), lambda: None)
    return (f"partitions {partitions_found}, retention {values.get('retention.ms')}, "
            f"deleted {'kafka-python-managed' not in admin.list_topics()}")


def groups():
    listed = "kafka-python-group" in [g[0] for g in admin.list_consumer_groups()]
    described = admin.describe_consumer_groups(["kafka-python-group"])[0]
    offsets = admin.list_consumer_group_offsets("kafka-python-group")
    deleted = admin.delete_consumer_groups(["kafka-python-group"])
    return (f"listed {listed}, {described.state}, offsets of {len(offsets)}, "
            f"deleted {deleted[0][1].__name__}")


def errors():
    return ", ".join([
        error(lambda: create("a b")),
        error(lambda: create("kafka-python")),
        error(lambda: admin.delete_topics(["none"])),
        error(too_large),
    ])


def too_large():
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, max_request_size=4000000)
    producer.send("kafka-python", b"x" * 2_000_000).get(15)


feature("produce", produce)
feature("compression", compression)
feature("consume by assign", lambda: assigned("kafka-python", 400))
feature("offsets by time", offsets_by_time)
feature("consumer group", group)
feature("rebalance", rebalance)
feature("administration", administration)
feature("group administration", groups)
feature("errors", errors)
