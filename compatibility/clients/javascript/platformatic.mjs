import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { BASE_TIME, BOOTSTRAP, PARTITIONS, digest, error, feature, seal, sleep, until } from './support.mjs'

const common = { clientId: 'platformatic', bootstrapBrokers: [BOOTSTRAP], retries: 4, retryDelay: 200 }
const admin = new Admin(common)

async function create (topic, partitions = PARTITIONS) {
  await admin.createTopics({ topics: [topic], partitions, replicas: 1 })
  await sleep(500)
}

async function send (topic, from, to, more = {}) {
  const producer = new Producer({ ...common, serializers: stringSerializers, ...more })
  const messages = []
  for (let i = from; i < to; i++) {
    messages.push({ topic, key: 'k' + i, value: 'value ' + i, partition: i % PARTITIONS, timestamp: BigInt(BASE_TIME + i), headers: { h: 'h' + i } })
  }
  await producer.send({ messages, acks: -1 })
  await producer.close()
}

async function consume (topic, groupId, count, more = {}) {
  const consumer = new Consumer({ ...common, groupId, deserializers: stringDeserializers, ...more })
  const records = []
  const stream = await consumer.consume({
    topics: [topic], mode: 'committed', fallbackMode: 'earliest', autocommit: false, maxWaitTime: 500, ...more.consume
  })
  stream.on('data', m => records.push([m.partition, m.offset, m.timestamp, m.key, m.value, m.headers.get('h')]))
  stream.on('error', () => {})
  await until(() => records.length >= count)
  const next = new Map()
  for (const [partition, offset] of records) {
    if (!(next.get(partition) > offset)) next.set(partition, offset)
  }
  if (next.size > 0) {
    await consumer.commit({ offsets: [...next].map(([partition, offset]) => ({ topic, partition, offset: offset + 1n, leaderEpoch: 0 })) })
  }
  await consumer.close(true)
  return records
}

await feature('produce', async () => {
  await create('platformatic')
  await send('platformatic', 0, 300)
  await seal()
  await send('platformatic', 300, 400, { idempotent: true })
  return '400 acknowledged'
})
await feature('compression', async () => {
  await create('platformatic-compressed')
  let at = 0
  for (const compression of ['none', 'gzip']) {
    await send('platformatic-compressed', at, at + 60, { compression })
    at += 60
  }
  await seal()
  return digest(await consume('platformatic-compressed', 'platformatic-compressed', 120))
})
await feature('consumer group', async () => {
  const first = await consume('platformatic', 'platformatic-group', 400)
  await send('platformatic', 400, 430)
  const more = await consume('platformatic', 'platformatic-group', 30)
  return `${digest(first)}, then ${more.length}`
})
await feature('consumer protocol', async () => {
  const first = await consume('platformatic', 'platformatic-new', 400, { groupProtocol: 'consumer' })
  return digest(first.slice(0, 400)).replace(/,.*/, '')
})
await feature('administration', async () => {
  await create('platformatic-managed', 2)
  await admin.createPartitions({ topics: [{ name: 'platformatic-managed', count: 3 }] })
  await sleep(500)
  const metadata = await admin.metadata({ topics: ['platformatic-managed'] })
  const partitions = metadata.topics.get('platformatic-managed').partitionsCount
  await admin.deleteTopics({ topics: ['platformatic-managed'] })
  await until(async () => !(await admin.listTopics()).includes('platformatic-managed'))
  return `partitions ${partitions}, deleted ${!(await admin.listTopics()).includes('platformatic-managed')}`
})
await feature('group administration', async () => {
  const listed = (await admin.listGroups()).has('platformatic-group')
  const described = (await admin.describeGroups({ groups: ['platformatic-group'] })).get('platformatic-group')
  await admin.deleteGroups({ groups: ['platformatic-group'] })
  return `listed ${listed}, ${described.state}, deleted ${!(await admin.listGroups()).has('platformatic-group')}`
})
await feature('errors', async () => [
  await error(() => admin.createTopics({ topics: ['a b'], partitions: 1, replicas: 1 })),
  await error(() => admin.createTopics({ topics: ['platformatic'], partitions: 1, replicas: 1 })),
  await error(() => admin.deleteTopics({ topics: ['none'] }))
].join(', '))
process.exit(0)
