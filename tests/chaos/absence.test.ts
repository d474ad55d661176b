import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eventually } from '../support/eventually.ts'
import { Line } from './network/line.ts'
import { load } from './load.ts'
import { guest } from './serverProcess.ts'
import { world, type Talker, type World } from './world.ts'

/** events that somebody may have missed (`protocol.md` §5) */
const RESUME = 1_000
const PATIENCE = 60_000

let there: World
beforeAll(async () => {
  there = await world({ seed: 1, rooms: ['lobby'], minimal: 1, product: 1 })
}, PATIENCE)
afterAll(() => there.close())

/** So many events while nobody of the world is there. */
async function missed(count: number, name: string): Promise<void> {
  const line = new Line(there.server.port, await guest(there.server.port, name), ['lobby'], (frame) => {
    if (frame.type === 'ack') acks += 1
  })
  let acks = 0
  await line.live()
  for (let at = 0; at < count; at += 1) {
    if (at - acks >= 50) await eventually('room for more', () => at - acks < 50, 10_000)
    line.say({
      type: 'send',
      nonce: `${name.replaceAll(' ', '-')}-${at}`,
      room: 'lobby',
      text: `${name} ${at}`,
    })
  }
  await eventually('all of them', () => acks === count, 20_000)
  line.end()
}

const back = () => eventually('everybody back', () => there.people.every(({ calm }) => calm), 20_000)
const resets = (person: Talker) => person.witness.resets.map(({ reason }) => reason)
const texts = (person: Talker) => person.witness.rooms.get('lobby')?.map(({ text }) => text) ?? []

test(
  '[C91] who has missed 1,000 events gets them all without a word; one more, and they are told',
  async () => {
    for (const person of there.people) person.hold(true)
    await missed(RESUME, 'as many as may be')
    for (const person of there.people) person.hold(false)
    await back()
    expect(there.people.map(resets)).toEqual([[], []])
    expect(await there.verdict({ operations: [] })).toEqual([])

    for (const person of there.people) person.hold(true)
    await missed(RESUME + 1, 'one too many')
    for (const person of there.people) person.hold(false)
    await back()
    expect(there.people.map(resets)).toEqual([['tooOld'], ['tooOld']])
    expect(there.people.map((person) => texts(person).at(-1))).toEqual(
      there.people.map(() => `one too many ${RESUME}`),
    )
    expect(await there.verdict({ operations: [] })).toEqual([])
  },
  PATIENCE,
)

test(
  '[C92] what was edited and deleted meanwhile is so for who comes back',
  async () => {
    const acked: string[] = []
    const author = new Line(
      there.server.port,
      await guest(there.server.port, 'author'),
      ['lobby'],
      (frame) => {
        if (frame.type === 'ack') acked.push(frame.id)
      },
    )
    await author.live()
    const says = (nonce: string, text: string) => author.say({ type: 'send', nonce, room: 'lobby', text })
    says('author-edits', 'to be edited')
    says('author-deletes', 'to be deleted')
    await eventually('both messages', () => acked.length === 2)
    const product = there.people.at(-1)
    await eventually('both on screen', () => product && texts(product).includes('to be deleted'))

    product?.hold(true)
    const [edited = '', deleted = ''] = acked
    author.say({ type: 'edit', nonce: 'author-edit-1', room: 'lobby', target: edited, text: 'edited' })
    author.say({ type: 'delete', nonce: 'author-delete-1', room: 'lobby', target: deleted })
    await eventually('both changes', () => acked.length === 4)
    product?.hold(false)
    await eventually('the changes', () => product && texts(product).includes('edited'), 20_000)
    expect(product && texts(product).slice(-2)).toEqual(['edited', null])
    author.end()
  },
  PATIENCE,
)

test(
  '[C93] whose position retention has passed is told, and begins where text begins',
  async () => {
    const product = there.people.at(-1)
    product?.hold(true)
    const before = product ? resets(product).length : 0
    const { operations } = await load({
      port: there.server.port,
      cookies: [await guest(there.server.port, 'goes on')],
      room: 'lobby',
      perSecond: 100,
      end: Date.now() + 300,
      name: 'kept',
    })
    await there.server.term()
    const db = new Database(join(there.dir, 'hubbub.db'))
    db.run('UPDATE rooms SET floor = seq - 1')
    db.close()
    await there.server.start()
    product?.hold(false)
    await eventually('back', () => product?.connected, 20_000)
    expect(product && resets(product).slice(before)).toEqual(['tooOld'])
    expect(product && texts(product)).toEqual(operations.slice(-2).map(({ id }) => id))
  },
  PATIENCE,
)
