import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { HistoryQuery, Store } from '../../src/hub/ports.ts'
import { assertHistories } from '../support/assertHistories.ts'
import { numbered } from './support/scene.ts'
import { worlds, type World } from './support/world.ts'

type Deed = (world: World) => unknown

const people = ['p1', 'p2', 'p3'].map((id, n) => ({ id, name: `Name${n}` }))
const rooms = ['lobby', 'garden', 'nowhere']
const ids = numbered(12).map((n) => `id-${n}`)
const keys = ['k1', 'k2', 'k3', 'k4']
const hashes = people.map(({ id }) => `session-${id}`)
const stale = fc.record({ inactiveBefore: fc.nat(120), neverWroteBefore: fc.nat(120) })
const time = fc.nat(120)
const seq = fc.nat(15)
const person = fc.constantFrom(...people)
const room = fc.constantFrom(...rooms)
const someKeys = fc.uniqueArray(fc.constantFrom(...keys), { minLength: 1, maxLength: 2 })

const draft = fc.record(
  {
    kind: fc.constant('message' as const),
    room,
    id: fc.constantFrom(...ids),
    at: time,
    user: person,
    nonce: fc.constantFrom('nonce-01', 'nonce-02', 'nonce-03', 'nonce-04'),
    text: fc.constantFrom('a', 'b @name1', '@Name2, é', 'long '.repeat(900)),
    replyTo: fc.constantFrom(...ids),
  },
  { requiredKeys: ['kind', 'room', 'id', 'at', 'user', 'nonce', 'text'] },
)

const target = fc.constantFrom(...ids)
// The hub gives out each id once; only those of messages are looked up.
const changing = { room, id: fc.uuid(), at: time, user: person }
const named = {
  ...changing,
  target,
  nonce: fc.string({ minLength: 8, maxLength: 8, unit: fc.constantFrom('a', 'b') }),
}
const change = fc.oneof(
  fc.record({
    ...named,
    kind: fc.constant('edit' as const),
    text: fc.constantFrom('e', '@Name1', 'f @name2'),
  }),
  fc.record({ ...named, kind: fc.constant('delete' as const) }),
  fc.record({
    ...named,
    kind: fc.constant('react' as const),
    emoji: fc.constantFrom('👍', '🎉'),
    on: fc.boolean(),
  }),
  fc.record({ ...named, kind: fc.constant('pin' as const), on: fc.boolean() }),
  fc.record({ ...changing, kind: fc.constant('topic' as const), text: fc.constantFrom('', 't', '@Name1') }),
)

/** A thing done to a store, named so that a counterexample can be read. */
function deed<T>(name: string, values: fc.Arbitrary<T>, act: (world: World, value: T) => unknown) {
  return values.map((value) => ({
    name: `${name} ${JSON.stringify(value)}`,
    act: ((world) => act(world, value)) as Deed,
  }))
}

const common = <T>(...of: Parameters<typeof deed<T>>) => ({ weight: 3, arbitrary: deed(...of) })

const deeds = fc.oneof(
  {
    weight: 12,
    arbitrary: deed('commit', fc.array(fc.oneof(draft, change), { maxLength: 5 }), ({ store }, drafts) =>
      store.commit(drafts),
    ),
  },
  common('addRoom', person, ({ store }, { id }) =>
    store.addRoom({ room: 'garden', name: 'G', topic: id, kind: 'public' }, 1, id),
  ),
  common('addMember', fc.tuple(room, person, time), ({ store }, [slug, { id }, at]) =>
    store.addMember(slug, id, 'guest', at),
  ),
  common('removeMember', fc.tuple(room, person), ({ store }, [slug, { id }]) => store.removeMember(slug, id)),
  common(
    'saveReads',
    fc.array(fc.record({ room, user: person.map(({ id }) => id), seq })),
    ({ store }, reads) => store.saveReads(reads),
  ),
  common(
    'addGuest',
    fc.tuple(person, someKeys, time, stale, fc.option(room, { nil: undefined })),
    async ({ store }, [{ id, name }, some, at, old, place]) => {
      // The hub gives out each id and each session once; so does this history.
      if ((await store.session(`session-${id}`)) !== null) return 'is there'
      const guest = { id, name, keys: some, session: `session-${id}`, at }
      return store.addGuest(place === undefined ? guest : { ...guest, room: place }, old)
    },
  ),
  common(
    'rename',
    fc.tuple(person, someKeys, time, time, stale),
    ({ store }, [{ id }, some, at, until, old]) =>
      store.rename(id, `New ${some.join()}`, some, at, until, old),
  ),
  common('touch', fc.tuple(fc.constantFrom(...hashes), time), ({ store }, [hash, at]) =>
    store.touch(hash, at),
  ),
  common('endSession', fc.constantFrom(...hashes), ({ store }, hash) => store.endSession(hash)),
  common('forget', stale, ({ store }, old) => store.forget(old)),
  common('purge', fc.tuple(time, fc.nat(6)), ({ store }, [before, limit]) => store.purge(before, limit)),
  common('erase', fc.tuple(fc.constantFrom('lobby'), seq), (world, [slug, which]) =>
    world.erase(slug, which),
  ),
  { weight: 1, arbitrary: deed('restart', fc.constant(null), (world) => world.restart()) },
)

/** What one can see of a store, all of it. */
async function seen(store: Store): Promise<unknown> {
  const queries: HistoryQuery[] = [
    { at: 'end', limit: 3 },
    { at: 'before', seq: 4, limit: 2 },
    { at: 'after', seq: 2, limit: 3 },
    { at: 'around', seq: 5, limit: 3 },
    { at: 'ids', ids, limit: 50 },
    { at: 'pinned', limit: 2 },
  ]
  const ofRooms = rooms.map(async (slug) => ({
    events: await store.events(slug, 0, 100),
    id: await store.idAt(slug, 2),
    newest: await Promise.all([0, 2, 50].map((limit) => store.newest(slug, limit))),
    mine: await Promise.all(people.map(({ id }) => store.mine(id, ids))),
    pages: await Promise.all(queries.map((query) => store.history(slug, query, people[0]?.id))),
    unread: await Promise.all(people.map((user) => store.unread(slug, user, 1))),
  }))
  return {
    rooms: await store.roomsAfter('', 100),
    ofRooms: await Promise.all(ofRooms),
    members: await Promise.all(people.map(({ id }) => store.memberships(id))),
    sessions: await Promise.all(hashes.map((hash) => store.session(hash))),
    names: await Promise.all(
      keys.map((key) =>
        store.nameTaken([key], 60, { inactiveBefore: 40, neverWroteBefore: 50 }, people[0]?.id),
      ),
    ),
  }
}

/** What a deed answers; of a refusal only that it was one. */
async function done(act: Deed, world: World): Promise<unknown> {
  try {
    return await act(world)
  } catch {
    return 'refused'
  }
}

test('[K33] a history of anything at all leaves both stores alike', async () => {
  const history = fc.array(deeds, { minLength: 10, maxLength: 60, size: 'max' })
  await assertHistories(
    fc.asyncProperty(history, async (acts) => {
      const [memory, sqlite] = await Promise.all([worlds.memory?.(), worlds.sqlite?.()])
      if (!memory || !sqlite) throw new TypeError('a store is missing')
      try {
        for (const { act } of acts) expect(await done(act, sqlite)).toEqual(await done(act, memory))
        expect(await seen(sqlite.store)).toEqual(await seen(memory.store))
      } finally {
        await sqlite.end()
      }
    }),
    { numRuns: 40, interruptAfterTimeLimit: 100_000 },
  )
}, 120_000)
