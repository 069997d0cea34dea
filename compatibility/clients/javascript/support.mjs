// What the JavaScript scripts share: features are printed as `feature: outcome`.
import { createHash } from 'node:crypto'

export const BOOTSTRAP = process.env.BOOTSTRAP
export const PARTITIONS = 3
export const BASE_TIME = 1_700_000_000_000
const SEAL_URL = process.env.SEAL_URL ?? ''

export async function feature (name, outcome) {
  let said
  try {
    said = await within(60_000, outcome())
  } catch (e) {
    said = 'failed: ' + cause(e)
  }
  console.log(`${name}: ${said}`.replaceAll('\n', ' '))
}

export function cause (e) {
  let at = e
  while (at.cause || at.errors?.length) {
    at = at.errors?.[0] ?? at.cause
  }
  return at.type ?? at.apiId ?? at.code ?? at.name
}

export async function error (action) {
  try {
    await action()
    return 'none'
  } catch (e) {
    return cause(e)
  }
}

function within (ms, promise) {
  return Promise.race([promise, sleep(ms).then(() => { throw new Error('still waiting after ' + ms + ' ms') })])
}

export const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

export async function until (done, ms = 20_000) {
  const deadline = Date.now() + ms
  while (!(await done()) && Date.now() < deadline) {
    await sleep(100)
  }
}

// Annals moves what is hot into its archive; Kafka has nothing of the kind here.
export async function seal () {
  if (SEAL_URL !== '') {
    const answer = await fetch(SEAL_URL, { method: 'POST' })
    if (!answer.ok) throw new Error('seal answered ' + answer.status)
  }
}

export function digest (records) {
  const sha = createHash('sha256')
  records.map(r => r.join(' ')).sort().forEach(r => sha.update(r))
  return `${records.length} records, digest ${sha.digest('hex').slice(0, 8)}`
}
