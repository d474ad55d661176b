import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mentionsIn, namePlaces } from '../../src/hub/messages/mentionedNames.ts'
import { LIMITS } from '../../src/shared/limits.ts'
import { foldedName } from '../../src/shared/mentions.ts'
import { databaseIn } from '../../src/store/sqlite/dataDirectory.ts'
import { median } from '../support/aMeasure.ts'
import { draft, open } from './support/scene.ts'
import { aTemporaryDir } from './support/world.ts'

/** The first of them only warm the code up. */
const ROUNDS = 500
const WARM_UP = 200
/** Of a long text, which takes a hundred times as long. */
const LONG_ROUNDS = 40

const FIRST = ['Ada', 'Bob', 'Cy', 'Dora', 'Emil', 'Finn', 'Gita', 'Hana', 'Ivo', 'Jun']
const ALL = FIRST.map((name) => `@${name}`).join(' ')
const REST = 'shall we meet at nine in the garden today? I will bring the cake'
/**
 * A text, its mentions, and how many times the cheapest query of the store it may cost at most. That query takes 2 µs where
 * nothing else runs, so a message with a mention takes at most 20 µs there. Measured: 0.3, 5.5, 10, 28, 100, 110 and 1,000 times.
 */
const TEXTS: readonly [text: string, mentions: number, times: number][] = [
  [REST, 0, 1],
  [`hi @Ada, ${REST}`, 1, 10],
  [`@Ada, @Person 303 and @Bob, ${REST}`, 3, 20],
  [ALL, 10, 55],
  [`${ALL} `.repeat(5), 50, 250],
  ['@a '.repeat(LIMITS.text / 3), 0, 400],
  ['@田中さん鍵を見'.repeat(LIMITS.text / 8), 0, 2_500],
]

test('[G26] in a room of 1,000 people a mention costs no more than a few of the cheapest queries, and the longest text is bounded', async () => {
  const dir = aTemporaryDir()
  await (await open(dir)).close()
  addPeople(dir, 1_000)
  const store = await open(dir)
  await store.commit([draft('hi')])
  const resolve = async (text: string) => {
    const places = namePlaces(text)
    if (places.length === 0) return []
    const names = new Set(places.flatMap(({ ends }) => ends.map(({ name }) => name)))
    return mentionsIn(text, places, await store.named('lobby', [...names]))
  }
  const took = async (count: number, run: () => unknown) => {
    const began = performance.now()
    for (let n = 0; n < count; n += 1) await run()
    return (performance.now() - began) / count
  }
  const anchors: number[] = []
  const costs = TEXTS.map((): number[] => [])
  // All in each round, so that what else the machine does slows them alike.
  for (let round = 0; round < ROUNDS; round += 1) {
    anchors[round] = await took(5, () => store.idAt('lobby', 1))
    for (const [n, [text]] of TEXTS.entries()) {
      const isLong = text.length > 1_000
      if (isLong && round < ROUNDS - LONG_ROUNDS) continue
      costs[n]?.push(await took(isLong ? 1 : 5, () => resolve(text)))
    }
    // Reads of one turn of the loop share a transaction.
    await new Promise(setImmediate)
  }
  const mentions = await Promise.all(TEXTS.map(async ([text]) => (await resolve(text)).length))
  await store.close()
  expect(mentions).toEqual(TEXTS.map(([, count]) => count))
  const times = costs.map((all) => median(all.slice(-ROUNDS + WARM_UP)) / median(anchors.slice(WARM_UP)))
  expect(times.filter((found, n) => found > (TEXTS[n]?.[2] ?? 0))).toEqual([])
}, 60_000)

/** Adds members of the lobby, as many as no test could sign in. */
function addPeople(dir: string, count: number): void {
  using db = new Database(databaseIn(dir), { readwrite: true })
  const user = db.query('INSERT INTO users (id, name, folded, at, seen) VALUES (?, ?, ?, 1, 1)')
  const member = db.query(
    "INSERT INTO members (user_id, room, role, read_seq, at) VALUES (?, 'lobby', 'guest', 0, 1)",
  )
  db.transaction(() => {
    for (let n = 0; n < count; n += 1) {
      const name = FIRST[n] ?? (n % 3 === 0 ? `Person ${n}` : `guest${n}`)
      user.run(`u${n}`, name, foldedName(name))
      member.run(`u${n}`)
    }
  })()
}
