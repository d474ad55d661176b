import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { HistoryQuery, Store } from '../../src/hub/ports.ts'
import { rebuildMessages } from '../../src/store/sqlite/rebuildMessages.ts'
import { assertHistories } from '../support/assertHistories.ts'
import { garden, numbered, owned } from './support/scene.ts'
import { inMemory, onDisk, type World } from './support/world.ts'

const people = ['p1', 'p2', 'p3'].map((id, n) => ({ id, name: `Name${n}` }))
const rooms = ['lobby', 'garden', 'nowhere']
const ids = numbered(12).map((n) => `id-${n}`)
const keys = ['k1', 'k2', 'k3', 'k4']
const sessions = people.map(({ id }) => `session-${id}`)

const time = fc.nat(120)
const stale = fc.record({ inactiveBefore: time, neverWroteBefore: time })
const person = fc.constantFrom(...people)
const userId = person.map(({ id }) => id)
const room = fc.constantFrom(...rooms)
const session = fc.constantFrom(...sessions)
const someKeys = fc.uniqueArray(fc.constantFrom(...keys), { minLength: 1, maxLength: 2 })

const mentions = fc.array(
  userId.map((user) => ({ user, at: 0, length: 6 })),
  { minLength: 1, maxLength: 3 },
)

const message = fc.record(
  {
    kind: fc.constant('message' as const),
    room,
    id: fc.constantFrom(...ids),
    at: time,
    user: person,
    nonce: fc.constantFrom('nonce-01', 'nonce-02', 'nonce-03', 'nonce-04'),
    text: fc.constantFrom('a', 'b @name1', '@Name2, é', 'long '.repeat(900)),
    replyTo: fc.constantFrom(...ids),
    mentions,
  },
  { requiredKeys: ['kind', 'room', 'id', 'at', 'user', 'nonce', 'text'] },
)

// The hub gives each event an id of its own; only ids of messages are looked up.
const topicFields = { room, id: fc.uuid(), at: time, user: person }
const changeFields = {
  ...topicFields,
  nonce: fc.string({ minLength: 8, maxLength: 8, unit: fc.constantFrom('a', 'b') }),
  target: fc.constantFrom(...ids),
}
const text = fc.constantFrom('e', '@Name1', 'f @name2')
const on = fc.boolean()
const change = fc.oneof(
  fc.record({ ...changeFields, kind: fc.constant('edit' as const), text }),
  fc.record({ ...changeFields, kind: fc.constant('edit' as const), text, mentions }),
  fc.record({ ...changeFields, kind: fc.constant('delete' as const) }),
  fc.record({ ...changeFields, kind: fc.constant('react' as const), emoji: fc.constantFrom('👍', '🎉'), on }),
  fc.record({ ...changeFields, kind: fc.constant('pin' as const), on }),
  fc.record({ ...topicFields, kind: fc.constant('topic' as const), text }),
)

interface Action {
  name: string
  run(world: World): Promise<unknown>
}

/** A call of the store, named so that a counterexample can be read. */
function action<T>(
  name: string,
  values: fc.Arbitrary<T>,
  run: (store: Store, value: T) => Promise<unknown>,
): fc.Arbitrary<Action> {
  return values.map((value) => ({
    name: `${name} ${JSON.stringify(value)}`,
    run: ({ store }) => run(store, value),
  }))
}

const commit = action('commit', fc.array(fc.oneof(message, change), { maxLength: 5 }), (store, drafts) =>
  store.commit(drafts),
)
const otherCalls = [
  action('addRoom', userId, (store, id) => store.addRoom({ ...garden, topic: id }, 1, id)),
  action('addMember', fc.tuple(room, userId, time), (store, [slug, id, at]) =>
    store.addMember(slug, id, 'guest', at),
  ),
  action('removeMember', fc.tuple(room, userId), (store, [slug, id]) => store.removeMember(slug, id)),
  action('saveReads', fc.array(fc.record({ room, user: userId, seq: fc.nat(15) })), (store, reads) =>
    store.saveReads(reads),
  ),
  action(
    'addGuest',
    fc.tuple(person, someKeys, time, stale, room),
    async (store, [{ id, name }, some, at, before, slug]) => {
      // The hub gives each person an id and a session of their own.
      if ((await store.session(`session-${id}`)) !== null) return 'exists'
      return store.addGuest(
        { id, name, keys: owned(...some), session: `session-${id}`, at, room: slug },
        before,
      )
    },
  ),
  action('rename', fc.tuple(userId, someKeys, time, time, stale), (store, [id, some, at, until, before]) =>
    store.rename(id, `New ${some.join()}`, owned(...some), at, until, before),
  ),
  action('touch', fc.tuple(session, time), (store, [hash, at]) => store.touch(hash, at)),
  action('endSession', session, (store, hash) => store.endSession(hash)),
  action('forget', stale, (store, before) => store.forget(before)),
  action('purge', fc.tuple(time, fc.nat(6)), (store, [before, limit]) => store.purge(before, limit)),
]
const restart = fc.constant<Action>({ name: 'restart', run: (world) => world.restart() })
const history = fc.array(
  fc.oneof({ weight: 15, arbitrary: commit }, ...otherCalls.map((arbitrary) => ({ weight: 3, arbitrary })), {
    weight: 1,
    arbitrary: restart,
  }),
  { minLength: 10, maxLength: 60, size: 'max' },
)

const QUERIES: readonly HistoryQuery[] = [
  { at: 'end', limit: 3 },
  { at: 'before', seq: 4, limit: 2 },
  { at: 'after', seq: 2, limit: 3 },
  { at: 'around', seq: 5, limit: 3 },
  { at: 'ids', ids, limit: 50 },
  { at: 'pinned', limit: 2 },
]

/** Everything that a store answers. */
function answersOf(store: Store): Promise<unknown[]> {
  const stale = { inactiveBefore: 40, neverWroteBefore: 50 }
  return Promise.all([
    store.roomsAfter('', 100),
    ...rooms.flatMap((slug) => [
      store.events(slug, 0, 100),
      store.idAt(slug, 2),
      ...[0, 2, 50].map((limit) => store.newest(slug, limit)),
      ...people.flatMap((user) => [store.mine(user.id, ids), store.unread(slug, user.id, 1)]),
      ...QUERIES.map((query) => store.history(slug, query, people[0]?.id)),
    ]),
    ...rooms.map((slug) => store.named(slug, ['name0', 'name1', 'new k1', 'new k1,k2'])),
    ...people.flatMap(({ id }) => [store.memberships(id), store.eventsOf(id, null, 100)]),
    ...sessions.map((hash) => store.session(hash)),
    ...keys.map((key) => store.nameTaken(owned(key), 60, stale, people[0]?.id)),
  ])
}

const FROM_LOG = ['messages', 'reactions', 'reaction_kinds', 'mentions', 'authors']

/** Checks that the tables which follow from the log hold what the log says. */
function expectTablesToFollowFrom(db: Database): void {
  const contents = () => FROM_LOG.map((table) => db.query(`SELECT * FROM ${table}`).all())
  const before = contents()
  for (const table of FROM_LOG) db.run(`DELETE FROM ${table}`)
  rebuildMessages(db, rooms)
  expect(contents()).toEqual(before)
}

test('[K33, K47, S70] any history leaves a store on disk and one in memory alike; its log gives the same tables, and has no digest of deleted content', async () => {
  await assertHistories(
    fc.asyncProperty(history, async (actions) => {
      const db = new Database(':memory:', { strict: true })
      const [disk, memory] = [await onDisk(), await inMemory(db)]
      const answer = (action: Action, world: World) => action.run(world).catch(() => 'refused')
      try {
        for (const action of actions) expect(await answer(action, disk)).toEqual(await answer(action, memory))
        expect(await answersOf(disk.store)).toEqual(await answersOf(memory.store))
        const withDigest = 'SELECT * FROM events WHERE data IS NULL AND length(digest) > 0'
        expect(db.query(withDigest).all()).toEqual([])
        expectTablesToFollowFrom(db)
      } finally {
        await disk.end()
        await memory.end()
      }
    }),
    { numRuns: 40 },
  )
}, 60_000)
