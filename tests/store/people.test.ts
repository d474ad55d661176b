import { beforeEach, describe, expect, test } from 'bun:test'
import type { Store } from '../../src/hub/ports.ts'
import { ada, draft, guest, NEVER } from './support/scene.ts'
import { worlds, type World } from './support/world.ts'

describe.each(Object.entries(worlds))('%s store', (_kind, aWorld) => {
  let world: World
  let store: Store
  beforeEach(async () => {
    world = await aWorld()
    store = world.store
  })

  describe('names', () => {
    test('[K24] a name is taken when any of its keys is, and then nothing of it is', async () => {
      expect(await store.addGuest(guest('Ada', { keys: ['ada', 'ado'] }), NEVER)).toBe('added')

      expect(await store.addGuest(guest('Eve', { keys: ['eve', 'ado'] }), NEVER)).toBe('taken')

      expect(await store.session('session-eve')).toBeNull()
      expect(await store.nameTaken(['ado', 'else'], 1, NEVER)).toBe(true)
      expect(await store.nameTaken(['eve', 'else'], 1, NEVER)).toBe(false)
      expect(await store.nameTaken(['ada'], 1, NEVER, 'id-ada')).toBe(false)
      expect(await store.nameTaken(['ada'], 1, NEVER, 'id-eve')).toBe(true)
    })

    test('[K24] both keys of a name may be the same', async () => {
      expect(await store.addGuest(guest('Ada', { keys: ['ada', 'ada'] }), NEVER)).toBe('added')
      expect(await store.nameTaken(['ada'], 1, NEVER)).toBe(true)
    })

    test('[K25] after a rename the old keys stay the same person’s until their time, then anybody’s', async () => {
      await store.addGuest(guest('Ada', { keys: ['ada', 'both'] }), NEVER)

      expect(await store.rename('id-ada', 'Lady', ['lady', 'both'], 2_000, 3_000, NEVER)).toBe('renamed')

      expect((await store.session('session-ada'))?.user.name).toBe('Lady')
      expect(await store.addGuest(guest('Eve', { keys: ['ada'], at: 2_999 }), NEVER)).toBe('taken')
      expect(await store.addGuest(guest('Eve', { keys: ['both'], at: 3_000 }), NEVER)).toBe('taken')
      expect(await store.nameTaken(['ada'], 2_999, NEVER)).toBe(true)
      expect(await store.nameTaken(['ada'], 3_000, NEVER)).toBe(false)
      expect(await store.addGuest(guest('Eve', { keys: ['ada'], at: 3_000 }), NEVER)).toBe('added')
      expect((await store.session('session-ada'))?.user.name).toBe('Lady')
    })

    test('[K25] who goes back to the old name has it again for good; an older one keeps its time', async () => {
      await store.addGuest(guest('Ada'), NEVER)
      await store.rename('id-ada', 'Lady', ['lady'], 2_000, 3_000, NEVER)
      await store.rename('id-ada', 'Ada', ['ada'], 2_100, 3_100, NEVER)
      expect(await store.nameTaken(['ada'], 9_000, NEVER)).toBe(true)
      expect(await store.nameTaken(['lady'], 3_099, NEVER)).toBe(true)
      expect(await store.nameTaken(['lady'], 3_100, NEVER)).toBe(false)

      await store.rename('id-ada', 'Countess', ['countess'], 2_200, 9_000, NEVER)
      expect(await store.nameTaken(['lady'], 3_100, NEVER)).toBe(false)
    })

    test('[K25] a rename to a name somebody holds changes nothing', async () => {
      await store.addGuest(guest('Ada'), NEVER)
      await store.addGuest(guest('Bob'), NEVER)
      expect(await store.rename('id-ada', 'Bob', ['free', 'bob'], 2_000, 3_000, NEVER)).toBe('taken')
      expect((await store.session('session-ada'))?.user.name).toBe('Ada')
      expect(await store.nameTaken(['ada'], 9_000, NEVER)).toBe(true)
      expect(await store.nameTaken(['free'], 2_000, NEVER)).toBe(false)
    })

    test('[K60] nobody is renamed who does not exist', async () => {
      expect(await store.rename('nobody', 'Eve', ['eve'], 1, 2, NEVER)).toBe('nobody')
      expect(await store.nameTaken(['eve'], 1, NEVER)).toBe(false)
    })

    test('[K26] whoever was long away, or wrote nothing for a while, loses the name to who asks for it', async () => {
      await store.addGuest(guest('Ada', { at: 1_000 }), NEVER)
      await store.addGuest(guest('Bob', { at: 1_000 }), NEVER)
      await store.commit([draft('hello', { user: { id: 'id-ada', name: 'Ada' } })])

      const asked = { inactiveBefore: 500, neverWroteBefore: 1_001 }
      expect(await store.nameTaken(['ada'], 2_000, asked)).toBe(true)
      expect(await store.nameTaken(['bob'], 2_000, asked)).toBe(false)
      expect(await store.nameTaken(['bob'], 2_000, { inactiveBefore: 500, neverWroteBefore: 1_000 })).toBe(
        true,
      )
      expect(await store.addGuest(guest('Eve', { keys: ['ada'] }), asked)).toBe('taken')
      expect(await store.addGuest(guest('Eve', { keys: ['bob'] }), asked)).toBe('added')
      expect(await store.nameTaken(['ada'], 2_000, { inactiveBefore: 1_001, neverWroteBefore: 0 })).toBe(
        false,
      )
    })

    test('[K26] whose name went to somebody else is signed out, has no other name and no rooms', async () => {
      await store.addGuest(guest('Bob', { keys: ['bob', 'rob'] }), NEVER)
      await store.addGuest(guest('Ada', { at: 5_000 }), NEVER)
      await store.addMember('lobby', 'id-bob', 'guest', 1)

      expect(
        await store.rename('id-ada', 'Bob', ['bob'], 5_000, 6_000, {
          inactiveBefore: 1_001,
          neverWroteBefore: 0,
        }),
      ).toBe('renamed')

      expect(await store.session('session-bob')).toBeNull()
      expect(await store.nameTaken(['rob'], 5_000, NEVER)).toBe(false)
      expect(await store.memberships('id-bob')).toEqual([])
      expect((await store.session('session-ada'))?.user).toEqual({ id: 'id-ada', name: 'Bob', role: 'guest' })
    })

    test('[K26] an expired old name costs its former holder nothing', async () => {
      await store.addGuest(guest('Ada'), NEVER)
      await store.rename('id-ada', 'Lady', ['lady'], 1_000, 2_000, NEVER)
      const everybody = { inactiveBefore: 9_999, neverWroteBefore: 9_999 }
      await store.addGuest(guest('Eve', { keys: ['ada'], at: 5_000 }), everybody)
      expect(await store.session('session-ada')).not.toBeNull()
    })

    test('[K28] of a hundred who ask for one name at once one gets it', async () => {
      const asking = Array.from({ length: 100 }, (_, n) =>
        store.addGuest(guest('Ada', { id: `id-${n}`, session: `session-${n}` }), NEVER),
      )
      const answers = await Promise.all(asking)
      const winners = answers.flatMap((answer, n) => (answer === 'added' ? [n] : []))
      expect(winners).toHaveLength(1)
      const sessions = await Promise.all(answers.map((_, n) => store.session(`session-${n}`)))
      expect(sessions.map((session, n) => (session === null ? -1 : n)).filter((n) => n >= 0)).toEqual(winners)
    })
  })

  describe('sessions', () => {
    test('[K29] a session leads to its person, also after a restart, until it ends', async () => {
      await store.addGuest(guest('Ada'), NEVER)
      const row = { user: { id: 'id-ada', name: 'Ada', role: 'guest' }, seen: 1_000 } as const
      expect(await store.session('session-ada')).toEqual(row)
      expect(await store.session('id-ada')).toBeNull()

      await world.restart()
      expect(await world.store.session('session-ada')).toEqual(row)

      await world.store.endSession('session-ada')
      await world.store.endSession('session-ada')
      expect(await world.store.session('session-ada')).toBeNull()
    })

    test('[K29] the session that ends gives back the name, for nobody can be this person again', async () => {
      await store.addGuest(guest('Ada', { keys: ['ada', 'ado'] }), NEVER)
      await store.addMember('lobby', 'id-ada', 'guest', 1)
      await store.endSession('session-ada')
      expect(await store.nameTaken(['ada', 'ado'], 1_000, NEVER)).toBe(false)
      expect(await store.memberships('id-ada')).toEqual([])
    })

    test('[K29, S48] a session that ends while there is another leaves name, memberships and the other one', async () => {
      await store.addGuest(guest('Ada', { room: 'lobby' }), NEVER)
      await world.lend('id-ada', 'session-phone')
      await store.endSession('session-ada')
      expect((await store.session('session-phone'))?.user.name).toBe('Ada')
      expect(await store.session('session-ada')).toBeNull()
      expect(await store.memberships('id-ada')).toHaveLength(1)
      expect(await store.nameTaken(['ada'], 1_000, NEVER)).toBe(true)
      await store.endSession('session-phone')
      expect(await store.memberships('id-ada')).toEqual([])
      expect(await store.nameTaken(['ada'], 1_000, NEVER)).toBe(false)
    })

    test('[K30] a touch keeps session and name alive and never makes them older', async () => {
      await store.addGuest(guest('Ada'), NEVER)
      await store.touch('session-ada', 5_000)
      await store.touch('session-ada', 4_000)
      await store.touch('session-nobody', 6_000)
      expect((await store.session('session-ada'))?.seen).toBe(5_000)
      expect(await store.nameTaken(['ada'], 6_000, { inactiveBefore: 5_000, neverWroteBefore: 5_000 })).toBe(
        true,
      )
      expect(await store.nameTaken(['ada'], 6_000, { inactiveBefore: 5_001, neverWroteBefore: 0 })).toBe(
        false,
      )
    })

    test('[K31] forgetting ends the sessions and frees the names of those stale, and of nobody else', async () => {
      await store.addGuest(guest('Silent'), NEVER)
      await store.addGuest(guest('Writer'), NEVER)
      await store.addGuest(guest('Away', { at: 10 }), NEVER)
      for (const name of ['Writer', 'Away'])
        await store.commit([draft('hello', { user: { id: `id-${name.toLowerCase()}`, name } })])

      await store.forget({ inactiveBefore: 1_000, neverWroteBefore: 1_001 })

      const sessions = ['silent', 'writer', 'away'].map((name) => store.session(`session-${name}`))
      expect((await Promise.all(sessions)).map((session) => session?.user.name)).toEqual([
        undefined,
        'Writer',
        undefined,
      ])
      const names = ['silent', 'writer', 'away'].map((name) => store.nameTaken([name], 1_000, NEVER))
      expect(await Promise.all(names)).toEqual([false, true, false])
      expect(await store.events('lobby', 0, 10)).toHaveLength(2)
    })
  })

  describe('a person who has signed out', () => {
    test('[K60] becomes no member, makes no room and takes no name, also where the sign-out is only just before', async () => {
      await store.addGuest(guest('Ada'), NEVER)
      const den = { room: 'den', name: 'Den', topic: '', kind: 'public' } as const
      const [, joined, made, renamed] = await Promise.all([
        store.endSession('session-ada'),
        store.addMember('lobby', 'id-ada', 'guest', 1),
        store.addRoom(den, 1, 'id-ada'),
        store.rename('id-ada', 'Eve', ['eve'], 1, 2, NEVER),
      ])
      expect([joined, made, renamed]).toEqual(['nobody', 'nobody', 'nobody'])
      expect(await store.memberships('id-ada')).toEqual([])
      expect(await store.room('den')).toBeNull()
      expect(await store.nameTaken(['eve'], 1, NEVER)).toBe(false)
    })
  })

  describe('a new guest', () => {
    test('[K61] is a member of the named room from the start, at its head', async () => {
      await store.addRoom({ room: 'garden', name: 'Garden', topic: '', kind: 'public' }, 1)
      await store.commit([draft('a', { room: 'garden' }), draft('b', { room: 'garden' })])
      await store.addGuest(guest('Ada', { room: 'garden' }), NEVER)
      expect(await store.memberships('id-ada')).toEqual([{ room: 'garden', role: 'guest', readSeq: 2 }])
    })

    test('[K61] is a member of the lobby where there is no such room, and of no room if the name is taken', async () => {
      await store.addGuest(guest('Ada', { room: 'nowhere' }), NEVER)
      expect(await store.memberships('id-ada')).toEqual([{ room: 'lobby', role: 'guest', readSeq: 0 }])
      const eve = guest('Eve', { keys: ['ada'], room: 'lobby' })
      expect(await store.addGuest(eve, NEVER)).toBe('taken')
      expect(await store.memberships('id-eve')).toEqual([])
    })
  })

  describe('order', () => {
    test('[K32] writes take effect in the order of the calls, whatever they are', async () => {
      await store.addGuest(guest('Ada', { id: ada.id }), NEVER)
      const asked = [
        store.addRoom({ room: 'garden', name: 'Garden', topic: '', kind: 'public' }, 1),
        store.commit([draft('a', { room: 'garden' })]),
        store.addMember('garden', ada.id, 'guest', 2),
        store.commit([draft('b', { room: 'garden' })]),
        store.saveReads([{ room: 'garden', user: ada.id, seq: 2 }]),
        store.removeMember('garden', ada.id),
        store.addMember('garden', ada.id, 'guest', 3),
        store.commit([draft('c', { room: 'garden' })]),
      ]
      const answers = await Promise.all(asked)
      expect(answers[1]).toMatchObject([{ result: 'stored', event: { seq: 1 } }])
      expect(answers[2]).toMatchObject({ readSeq: 1 })
      expect(answers[6]).toMatchObject({ readSeq: 2 })
      expect(await store.membership(ada.id, 'garden')).toMatchObject({ readSeq: 2 })
      expect(await store.events('garden', 0, 9)).toMatchObject([{ text: 'a' }, { text: 'b' }, { text: 'c' }])
    })

    test('[K32] what was asked for before closing is done', async () => {
      const asked = Array.from({ length: 20 }, (_, n) => store.commit([draft(`${n}`)]))
      const closing = world.restart()
      expect((await Promise.all(asked)).flat()).toHaveLength(20)
      await closing
      expect(await world.store.room('lobby')).toMatchObject({ head: 20 })
    })
  })
})
