import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import { load } from './load.ts'
import { Line } from './network/line.ts'
import { guest } from './serverProcess.ts'
import { isCalm, startWorld, type Participant, type World } from './world.ts'

/** Events that a client may miss and still get (`docs/protocol.md` §5). */
const RESUME = 1_000
setDefaultTimeout(60_000)

let world: World
let product: Participant
beforeAll(async () => {
  world = await startWorld({ seed: 1, minimal: 1, product: 1 })
  product = world.people[1]!
})
afterAll(() => world.close())

const resets = ({ witness }: Participant) => witness.resets.map(({ reason }) => reason)
const texts = ({ witness }: Participant) => witness.rooms.get('lobby')?.map(({ text }) => text) ?? []

/** A person in the lobby; `acked` holds the ids of the events that were acknowledged. */
async function anAuthor(name: string) {
  const { port } = world.server
  const acked: string[] = []
  const line = new Line(port, await guest(port, name), ['lobby'], (frame) => {
    if (frame.type === 'ack') acked.push(frame.id)
  })
  await line.live()
  const send = (text: string) =>
    line.say({ type: 'send', nonce: text.replaceAll(' ', '-'), room: 'lobby', text })
  return { line, acked, send }
}

/** Sends this many events while all people are disconnected. */
async function miss(count: number, name: string): Promise<void> {
  for (const person of world.people) person.hold(true)
  const { line, acked, send } = await anAuthor(name)
  for (let sent = 0; sent < count; sent += 1) {
    if (sent - acked.length >= 50) await eventually('acks', () => sent - acked.length < 50, 10_000)
    send(`${name} ${sent}`)
  }
  await eventually('all acks', () => acked.length === count, 20_000)
  line.end()
  for (const person of world.people) person.hold(false)
  await eventually('all clients are back', () => world.people.every(isCalm), 20_000)
}

test('[C91] a client that missed 1,000 events gets them all; one that missed more gets a reset', async () => {
  await miss(RESUME, 'just enough')
  expect(world.people.map(resets)).toEqual([[], []])
  expect(world.verdict({ operations: [] })).toEqual([])

  await miss(RESUME + 1, 'one too many')
  expect(world.people.map(resets)).toEqual([['tooOld'], ['tooOld']])
  for (const person of world.people) expect(texts(person).at(-1)).toBe(`one too many ${RESUME}`)
  expect(world.verdict({ operations: [] })).toEqual([])
})

test('[C92] a client that comes back shows what was edited and deleted meanwhile', async () => {
  const { line, acked, send } = await anAuthor('author')
  send('to be edited')
  send('to be deleted')
  await eventually('both messages', () => texts(product).includes('to be deleted'))

  product.hold(true)
  const [edited = '', deleted = ''] = acked
  line.say({ type: 'edit', nonce: 'author-edit-1', room: 'lobby', target: edited, text: 'edited' })
  line.say({ type: 'delete', nonce: 'author-delete-1', room: 'lobby', target: deleted })
  await eventually('both changes', () => acked.length === 4)
  product.hold(false)
  await eventually('the changes', () => texts(product).includes('edited'), 20_000)
  expect(texts(product).slice(-2)).toEqual(['edited', null])
  line.end()
})

test('[C93] a client whose position retention has deleted gets a reset, and begins with the first text', async () => {
  product.hold(true)
  const before = resets(product).length
  const { port } = world.server
  const cookies = [await guest(port, 'goes on')]
  const { operations } = await load({ port, cookies, perSecond: 100, lasts: 300, name: 'kept' })
  await world.server.term()
  const db = new Database(join(world.dir, 'hubbub.db'))
  db.run('UPDATE rooms SET floor = seq - 1')
  db.close()
  await world.server.start()
  product.hold(false)
  await eventually('back', () => product.connected, 20_000)
  expect(resets(product).slice(before)).toEqual(['tooOld'])
  expect(texts(product)).toEqual(operations.slice(-2).map(({ id }) => id))
})
