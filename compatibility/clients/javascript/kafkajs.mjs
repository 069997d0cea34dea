import kafkajs from 'kafkajs'
import { BASE_TIME, BOOTSTRAP, PARTITIONS, digest, error, feature, seal, sleep, until } from './support.mjs'

const { CompressionTypes, Kafka, logLevel } = kafkajs
const kafka = new Kafka({ clientId: 'kafkajs', brokers: [BOOTSTRAP], logLevel: logLevel.NOTHING, retry: { retries: 4 } })
const admin = kafka.admin()
await admin.connect()

async function create (topic, numPartitions = PARTITIONS) {
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true })
}

function messages (from, to) {
  return Array.from({ length: to - from }, (_, i) => from + i).map(i => ({
    key: 'k' + i, value: 'value ' + i, partition: i % PARTITIONS, timestamp: String(BASE_TIME + i), headers: { h: 'h' + i }
  }))
}

async function send (topic, from, to, config = {}, compression = CompressionTypes.None) {
  const producer = kafka.producer(config)
  await producer.connect()
  await producer.send({ topic, acks: -1, compression, messages: messages(from, to) })
  await producer.disconnect()
}

async function consume (topic, groupId, count, config = {}) {
  const consumer = kafka.consumer({ groupId, ...config })
  const records = []
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      records.push([partition, message.offset, message.timestamp, message.key, message.value, message.headers?.h])
    }
  })
  await until(() => records.length >= count)
  await sleep(200)
  await consumer.disconnect()
  return records
}

await feature('produce', async () => {
  await create('kafkajs')
  await send('kafkajs', 0, 300)
  await seal()
  await send('kafkajs', 300, 400, { idempotent: true, maxInFlightRequests: 1 })
  const offsets = await admin.fetchTopicOffsets('kafkajs')
  return '400 acknowledged, ends ' + offsets.map(o => o.high).sort()
})
await feature('compression', async () => {
  await create('kafkajs-compressed')
  await send('kafkajs-compressed', 0, 60)
  await send('kafkajs-compressed', 60, 120, {}, CompressionTypes.GZIP)
  await seal()
  return digest(await consume('kafkajs-compressed', 'kafkajs-compressed', 120))
})
await feature('offsets by time', async () =>
  JSON.stringify((await admin.fetchTopicOffsetsByTimestamp('kafkajs', BASE_TIME + 150)).sort((a, b) => a.partition - b.partition)))
await feature('consumer group', async () => {
  const first = await consume('kafkajs', 'kafkajs-group', 400)
  await send('kafkajs', 400, 430)
  const more = await consume('kafkajs', 'kafkajs-group', 30)
  const [committed] = await admin.fetchOffsets({ groupId: 'kafkajs-group', topics: ['kafkajs'] })
  return `${digest(first)}, then ${more.length}, committed ${committed.partitions.reduce((sum, p) => sum + Number(p.offset), 0)}`
})
await feature('rebalance', async () => {
  const sizes = new Map()
  const start = async name => {
    // A fetch shorter than the rebalance: kafkajs rejoins between two fetches only.
    const consumer = kafka.consumer({ groupId: 'kafkajs-two', rebalanceTimeout: 20000, maxWaitTimeInMs: 500, heartbeatInterval: 500 })
    consumer.on(consumer.events.GROUP_JOIN, e => sizes.set(name, (e.payload.memberAssignment.kafkajs ?? []).length))
    await consumer.connect()
    await consumer.subscribe({ topics: ['kafkajs'] })
    await consumer.run({ eachMessage: async () => {} })
    return consumer
  }
  const first = await start('first')
  await until(() => sizes.get('first') === PARTITIONS)
  const second = await start('second')
  await until(() => sizes.get('first') + sizes.get('second') === PARTITIONS && sizes.get('second') > 0)
  const shared = [...sizes.values()].sort()
  await second.disconnect()
  await until(() => sizes.get('first') === PARTITIONS)
  await first.disconnect()
  return `alone ${PARTITIONS}, shared ${shared}, alone again ${sizes.get('first')}`
})
await feature('transactions', async () => {
  await create('kafkajs-tx')
  const producer = kafka.producer({ transactionalId: 'kafkajs', idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  for (let round = 0; round < 4; round++) {
    const transaction = await producer.transaction()
    await transaction.send({ topic: 'kafkajs-tx', messages: messages(round * 30, round * 30 + 30) })
    await (round % 2 === 0 ? transaction.commit() : transaction.abort())
    if (round === 1) await seal()
  }
  await producer.disconnect()
  const committed = await consume('kafkajs-tx', 'kafkajs-committed', 60)
  const all = await consume('kafkajs-tx', 'kafkajs-all', 120, { readUncommitted: true })
  return `committed ${digest(committed)}, all ${digest(all)}`
})
await feature('offsets in transactions', async () => {
  const producer = kafka.producer({ transactionalId: 'kafkajs-offsets', idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.sendOffsets({
    consumerGroupId: 'kafkajs-offsets', topics: [{ topic: 'kafkajs', partitions: [{ partition: 0, offset: '7' }] }]
  })
  await transaction.commit()
  await producer.disconnect()
  const [committed] = await admin.fetchOffsets({ groupId: 'kafkajs-offsets', topics: ['kafkajs'] })
  return 'committed ' + committed.partitions.find(p => p.partition === 0).offset
})
await feature('administration', async () => {
  await create('kafkajs-managed', 2)
  await admin.createPartitions({ topicPartitions: [{ topic: 'kafkajs-managed', count: 3 }] })
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ type: 2, name: 'kafkajs-managed', configEntries: [{ name: 'retention.ms', value: '3600000' }] }]
  })
  await sleep(500)
  const config = await admin.describeConfigs({
    includeSynonyms: false, resources: [{ type: 2, name: 'kafkajs-managed', configNames: ['retention.ms'] }]
  })
  const metadata = await admin.fetchTopicMetadata({ topics: ['kafkajs-managed'] })
  await send('kafkajs-managed', 0, 30)
  await admin.deleteTopicRecords({ topic: 'kafkajs-managed', partitions: [{ partition: 0, offset: '5' }] })
  const low = (await admin.fetchTopicOffsets('kafkajs-managed')).find(p => p.partition === 0).low
  await admin.deleteTopics({ topics: ['kafkajs-managed'] })
  await until(async () => !(await admin.listTopics()).includes('kafkajs-managed'))
  return `partitions ${metadata.topics[0].partitions.length}, retention ${config.resources[0].configEntries[0].configValue}, ` +
    `low ${low}, deleted ${!(await admin.listTopics()).includes('kafkajs-managed')}`
})
await feature('group administration', async () => {
  const listed = (await admin.listGroups()).groups.some(g => g.groupId === 'kafkajs-group')
  const { groups: [described] } = await admin.describeGroups(['kafkajs-group'])
  await admin.setOffsets({ groupId: 'kafkajs-group', topic: 'kafkajs', partitions: [{ partition: 0, offset: '3' }] })
  const [offsets] = await admin.fetchOffsets({ groupId: 'kafkajs-group', topics: ['kafkajs'] })
  const [deleted] = await admin.deleteGroups(['kafkajs-group'])
  return `listed ${listed}, ${described.state}, set to ${offsets.partitions.find(p => p.partition === 0).offset}, deleted ${deleted.errorCode}`
})
await feature('errors', async () => [
  await error(() => create('a b')),
  await error(() => create('kafkajs').then(made => made)),
  await error(() => admin.deleteTopics({ topics: ['none'] })),
  await error(() => admin.fetchTopicOffsets('none-at-all')),
  await error(async () => {
    const producer = kafka.producer({ retry: { retries: 0 } })
    await producer.connect()
    await producer.send({ topic: 'kafkajs', messages: [{ value: 'x'.repeat(2_000_000) }] }).finally(() => producer.disconnect())
  })
].join(', '))
process.exit(0)
