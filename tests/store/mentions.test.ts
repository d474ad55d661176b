import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import type { User } from '../../src/shared/model.ts'
import { migrate, MIGRATIONS } from '../../src/store/sqlite/migrations.ts'
import { openInMemory } from '../../src/store/sqlite/sqliteStore.ts'
import {
  ada,
  bob,
  draft,
  edit,
  garden,
  guest,
  mentionOf,
  NEVER,
  owned,
  remove,
  resultsOf,
} from './support/scene.ts'
import { describeStores } from './support/world.ts'

const cy = { id: '0c', name: 'Cy' }
const toBob = [mentionOf(bob)]
/** The people of each name. */
const idsOf = (people: ReadonlyMap<string, readonly User[]>) =>
  Object.fromEntries([...people].map(([name, alike]) => [name, alike.map(({ id }) => id).join()]))

describeStores((store, world) => {
  const mentionsOf = async (user = bob.id) => (await store.unread('lobby', user, 0)).mentions
  const messages = async () => (await store.history('lobby', { at: 'end', limit: 9 }))?.messages
  const named = async (room: string, ...names: string[]) => idsOf(await store.named(room, names))

  test('[K82] mentions are stored with a message or an edit, and are in events, first pages and history', async () => {
    const said = draft('@Bob hi', { id: '01', mentions: toBob })
    const changed = edit('01', '@Bob, @Cy', { mentions: [...toBob, mentionOf(cy, 6)] })
    const [outcome] = await store.commit([said])
    expect(outcome).toMatchObject({ result: 'stored', event: { text: '@Bob hi', mentions: toBob } })
    expect(await messages()).toMatchObject([{ mentions: toBob }])
    await store.commit([changed, draft('nobody')])
    await world.restart()
    const events = await store.events('lobby', 0, 9)
    expect(events).toMatchObject([
      { mentions: toBob },
      { mentions: changed.kind === 'edit' && changed.mentions },
      {},
    ])
    expect(events[2]).not.toHaveProperty('mentions')
    expect((await store.newest('lobby', 9))?.messages).toEqual((await messages())!)
  })

  test('[K83] mentions are no part of the content: the same nonce with other mentions is a duplicate', async () => {
    const said = draft('@Bob hi', { id: '01', mentions: toBob })
    const changed = edit('01', '@Cy', { mentions: [mentionOf(cy)] })
    await store.commit([said, changed])
    const again = [
      { ...said, mentions: [] },
      draft('@Bob hi', { nonce: said.nonce }),
      edit('01', '@Cy', { nonce: changed.nonce }),
    ]
    expect(await resultsOf(store.commit(again))).toEqual(['duplicate', 'duplicate', 'duplicate'])
    expect(await mentionsOf()).toBe(0)
  })

  test('[K84] a message counts for the first ten people it mentions, each once, and not for its author', async () => {
    const people = Array.from({ length: 11 }, (_, n) => ({ id: `u${n}`, name: 'x' }))
    const all = [ada, ada, ...people].map((user, n) => mentionOf(user, 3 * n))
    await store.commit([draft('@x '.repeat(13), { mentions: all })])
    expect(await Promise.all([ada, ...people].map(({ id }) => mentionsOf(id)))).toEqual([
      0,
      ...Array(9).fill(1),
      0,
      0,
    ])
  })

  test('[K85] an edit takes a mention back and adds none to the counts; whom it adds is quiet in history', async () => {
    await store.commit([draft('@Bob', { id: '01', mentions: toBob }), draft('hello', { id: '02' })])
    await store.commit([edit('02', '@Bob too', { mentions: toBob })])
    expect(await mentionsOf()).toBe(1)
    expect(await messages()).toMatchObject([
      { mentions: toBob },
      { mentions: [{ ...mentionOf(bob), quiet: true }] },
    ])
    await store.commit([edit('01', '@Bob', { mentions: toBob }), edit('02', 'hello')])
    expect([await mentionsOf(), (await messages())?.[1]]).toEqual([
      1,
      expect.not.objectContaining({ mentions: [] }),
    ])
    await store.commit([edit('01', 'never mind')])
    expect([await mentionsOf(), await store.unread('lobby', bob.id, 0)]).toEqual([
      0,
      { unread: 2, mentions: 0, head: 6 },
    ])
    await store.commit([edit('01', '@Bob again', { mentions: toBob })])
    expect(await mentionsOf()).toBe(0)
  })

  test('[K86] a deleted or purged message mentions nobody', async () => {
    await store.commit(['01', '02'].map((id) => draft('@Bob', { id, at: 10, mentions: toBob })))
    await store.commit([edit('01', '@Bob!', { mentions: toBob })])
    expect(await mentionsOf()).toBe(2)
    await store.commit([remove('01')])
    expect(await mentionsOf()).toBe(1)
    await store.purge(20, 9)
    expect(await mentionsOf()).toBe(0)
    expect(JSON.stringify([await store.events('lobby', 0, 9), await messages()])).not.toContain('mentions')
  })

  test('[M81] people can be mentioned by their name of today, in any case, where they are members or have written', async () => {
    await store.addRoom(garden, 1)
    await store.addGuest(guest('Ännä Lee', { id: 'a', room: 'lobby' }), NEVER)
    await store.addGuest(guest('Bob', { id: 'b', room: 'garden' }), NEVER)
    expect(await named('lobby', 'ännä lee', 'bob', 'nobody')).toEqual({ 'ännä lee': 'a' })
    expect(await named('nowhere', 'ännä lee', 'bob')).toEqual({})
    await store.commit([draft('hi', { user: { id: 'b', name: 'Bob' } })])
    await store.removeMember('garden', 'b')
    expect([await named('lobby', 'bob'), await named('garden', 'bob')]).toEqual([{ bob: 'b' }, {}])
    await store.rename('b', 'Bobby', owned('bobby'), 1_000, 2_000, NEVER)
    expect(await named('lobby', 'bob', 'bobby')).toEqual({ bobby: 'b' })
    await store.endSession('session-bob')
    expect(await named('lobby', 'bob', 'bobby')).toEqual({})
  })
})

test('[M81, M85] of two people with one name a member comes first; whoever wrote before an update can be mentioned after it', async () => {
  const db = new Database(':memory:', { strict: true })
  migrate(db, MIGRATIONS.slice(0, 4))
  db.run(`
    INSERT INTO users (id, name, at, seen) VALUES ('a1', 'ANN', 1, 9), ('a2', 'Ann', 1, 1), ('b', 'İrem', 1, 1);
    INSERT INTO members (user_id, room, role, read_seq, at) VALUES ('a2', 'lobby', 'guest', 0, 1);
    INSERT INTO events (room, seq, id, kind, user_id, name, nonce, at, data) VALUES
      ('lobby', 1, '01', 'message', 'a1', 'Ann', 'nonce-01', 1, '{"text":"@Irem"}'),
      ('lobby', 2, '02', 'message', 'b', 'İrem', 'nonce-02', 1, NULL)`)
  const store = openInMemory(db)
  expect(idsOf(await store.named('lobby', ['ann', 'irem']))).toEqual({ ann: 'a2,a1', irem: 'b' })
})
