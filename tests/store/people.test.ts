import { beforeEach, expect, test } from 'bun:test'
import {
  ada,
  bob,
  draft,
  garden,
  guest,
  mentionOf,
  NEVER,
  numbered,
  owned,
  remove,
  say,
} from './support/scene.ts'
import { describeStores } from './support/world.ts'

describeStores((store, world) => {
  /** Which of these keys are taken at `at`? */
  const taken = (keys: readonly string[], at = 1_000, stale = NEVER) =>
    Promise.all(keys.map((key) => store.nameTaken(owned(key), at, stale)))
  const nameOf = async (session: string) => (await store.session(session))?.user.name

  test('[K18] the lobby exists from the start; rooms are listed by slug and survive a restart', async () => {
    const lobby = { room: 'lobby', name: 'lobby', topic: '', kind: 'public', head: 0, floor: 1 } as const
    expect(await store.roomsAfter('', 100)).toEqual([lobby])
    await store.addRoom({ ...garden, room: 'zoo' }, 1)
    await store.addRoom(garden, 1)
    await world.restart()
    const slugs = async (...args: Parameters<typeof store.roomsAfter>) =>
      (await store.roomsAfter(...args)).map(({ room }) => room)
    expect(await slugs('', 100)).toEqual(['garden', 'lobby', 'zoo'])
    expect(await slugs('garden', 1)).toEqual(['lobby'])
    expect(await slugs('', 100, ['lobby'])).toEqual(['garden', 'zoo'])
    expect(await store.room('garden')).toEqual({ ...garden, head: 0, floor: 1 })
    expect(await store.room('nowhere')).toBeNull()
    expect(await store.heads(['nowhere', 'lobby'])).toEqual(new Map([['lobby', 0]]))
  })

  test('[K62] names of all rooms are listed, and whether one of some rooms has more than so many members', async () => {
    await store.addRoom(garden, 1)
    expect(Object.fromEntries(await store.roomNames())).toEqual({ garden: 'Garden', lobby: 'lobby' })
    await store.addGuest(guest('Ada', { room: 'garden' }), NEVER)
    await store.addGuest(guest('Bob', { room: 'garden' }), NEVER)
    expect(await store.anyRoomLargerThan(['lobby', 'garden', 'nowhere'], 1)).toBe(true)
    expect(await store.anyRoomLargerThan(['garden'], 2)).toBe(false)
    expect(await store.anyRoomLargerThan(['lobby'], 1)).toBe(false)
    expect(await store.anyRoomLargerThan([], 0)).toBe(false)
  })

  test('[K22] messages of others after a seq are unread unless deleted; mentions are those that notify the person', async () => {
    const mentions = [mentionOf(bob)]
    await store.commit([
      draft('@Bob, before', { mentions }),
      draft('@Bob and @Bob', { mentions: [mentionOf(bob), mentionOf(bob, 9)] }),
      draft('a text alone @Bob'),
      draft('@Bob to himself', { user: bob, mentions }),
      draft('@Bob deleted', { id: '05', mentions }),
      draft('@Bob bye', { mentions }),
      remove('05'),
    ])
    const unread = (after: number, { user = bob.id, room = 'lobby' } = {}) => store.unread(room, user, after)
    expect(await unread(1)).toEqual({ unread: 3, mentions: 2, head: 7 })
    expect(await unread(1, { user: ada.id })).toEqual({ unread: 1, mentions: 0, head: 7 })
    expect(await unread(6)).toEqual({ unread: 0, mentions: 0, head: 7 })
    expect(await unread(0, { room: 'nowhere' })).toEqual({ unread: 0, mentions: 0, head: 0 })
  })

  test('[K23] counting stops at 1,000, and looks at the newest', async () => {
    const mentions = [mentionOf(bob)]
    await store.commit([
      draft('@Bob too long ago', { mentions }),
      ...numbered(998).map((text) => draft(text)),
    ])
    await store.commit([draft('@Bob', { mentions }), draft('bye')])
    expect(await store.unread('lobby', bob.id, 0)).toMatchObject({ unread: 1_000, mentions: 1 })
  })

  test('[K24] a name is taken when any of its keys is, and then none of its keys is given', async () => {
    expect(await store.addGuest(guest('Ada', { keys: owned('ada', 'ada', 'ado') }), NEVER)).toBe('added')
    expect(await store.addGuest(guest('Eve', { keys: owned('eve', 'ado') }), NEVER)).toBe('taken')
    expect(await store.session('session-eve')).toBeNull()
    expect(await store.nameTaken(owned('ado', 'else'), 1, NEVER)).toBe(true)
    expect(await store.nameTaken(owned('eve', 'else'), 1, NEVER)).toBe(false)
    expect(await store.nameTaken(owned('ada'), 1, NEVER, 'id-ada')).toBe(false)
    expect(await store.nameTaken(owned('ada'), 1, NEVER, 'id-eve')).toBe(true)
  })

  test('[K25] after a rename the old keys stay the same person’s until their time', async () => {
    await store.addGuest(guest('Ada', { keys: owned('ada', 'both') }), NEVER)
    expect(await store.rename('id-ada', 'Lady', owned('lady', 'both'), 2_000, 3_000, NEVER)).toBe('renamed')
    expect(await nameOf('session-ada')).toBe('Lady')
    expect(await taken(['ada', 'both', 'lady'], 2_999)).toEqual([true, true, true])
    expect(await taken(['ada', 'both', 'lady'], 3_000)).toEqual([false, true, true])
    expect(await store.addGuest(guest('Eve', { keys: owned('ada'), at: 2_999 }), NEVER)).toBe('taken')
    expect(await store.addGuest(guest('Eve', { keys: owned('ada'), at: 3_000 }), NEVER)).toBe('added')
    expect(await nameOf('session-ada')).toBe('Lady')
  })

  test('[K25] a person who goes back to the old name keeps it; the time of an older name does not change', async () => {
    await store.addGuest(guest('Ada'), NEVER)
    await store.rename('id-ada', 'Lady', owned('lady'), 2_000, 3_000, NEVER)
    await store.rename('id-ada', 'Ada', owned('ada'), 2_100, 3_100, NEVER)
    expect(await taken(['ada', 'lady'], 3_099)).toEqual([true, true])
    expect(await taken(['ada', 'lady'], 3_100)).toEqual([true, false])
    await store.rename('id-ada', 'Countess', owned('countess'), 2_200, 9_000, NEVER)
    expect(await taken(['lady'], 3_100)).toEqual([false])
  })

  test('[K25] a rename to a taken name changes nothing', async () => {
    for (const name of ['Ada', 'Bob']) await store.addGuest(guest(name), NEVER)
    expect(await store.rename('id-ada', 'Bob', owned('free', 'bob'), 2_000, 3_000, NEVER)).toBe('taken')
    expect(await nameOf('session-ada')).toBe('Ada')
    expect(await taken(['ada', 'free'], 9_000)).toEqual([true, false])
  })

  test('[K26] guests who were long away, or never wrote for a while, lose their names to a person who asks', async () => {
    for (const name of ['Ada', 'Bob']) await store.addGuest(guest(name), NEVER)
    await store.commit([draft('hello', { user: { id: 'id-ada', name: 'Ada' } })])
    const stale = { inactiveBefore: 500, neverWroteBefore: 1_001 }
    expect(await taken(['ada', 'bob'], 2_000, stale)).toEqual([true, false])
    expect(await taken(['bob'], 2_000, { inactiveBefore: 500, neverWroteBefore: 1_000 })).toEqual([true])
    expect(await taken(['ada'], 2_000, { inactiveBefore: 1_001, neverWroteBefore: 0 })).toEqual([false])
    expect(await store.addGuest(guest('Eve', { keys: owned('ada') }), stale)).toBe('taken')
    expect(await store.addGuest(guest('Eve', { keys: owned('bob') }), stale)).toBe('added')
  })

  test('[K26] a guest whose name went to another person loses session, other names and rooms', async () => {
    await store.addGuest(guest('Bob', { keys: owned('bob', 'rob'), room: 'lobby' }), NEVER)
    await store.addGuest(guest('Ada', { at: 5_000 }), NEVER)
    const stale = { inactiveBefore: 1_001, neverWroteBefore: 0 }
    expect(await store.rename('id-ada', 'Bob', owned('bob'), 5_000, 6_000, stale)).toBe('renamed')
    expect(await store.session('session-bob')).toBeNull()
    expect(await taken(['rob'])).toEqual([false])
    expect(await store.memberships('id-bob')).toEqual([])
    expect((await store.session('session-ada'))?.user).toEqual({ id: 'id-ada', name: 'Bob', role: 'guest' })
  })

  test('[K26] a guest keeps the session when another person takes an expired old name', async () => {
    await store.addGuest(guest('Ada'), NEVER)
    await store.rename('id-ada', 'Lady', owned('lady'), 1_000, 2_000, NEVER)
    const stale = { inactiveBefore: 9_999, neverWroteBefore: 9_999 }
    expect(await store.addGuest(guest('Eve', { keys: owned('ada'), at: 5_000 }), stale)).toBe('added')
    expect(await nameOf('session-ada')).toBe('Lady')
  })

  test('[K28] of a hundred people who ask for one name at once one gets it', async () => {
    const sessions = numbered(100).map((n) => `session-${n}`)
    const asked = sessions.map((session) => store.addGuest(guest('Ada', { id: session, session }), NEVER))
    const answers = await Promise.all(asked)
    const winners = sessions.filter((_, n) => answers[n] === 'added')
    expect(winners).toHaveLength(1)
    const found = await Promise.all(sessions.map((session) => store.session(session)))
    expect(found.flatMap((session) => session?.user.id ?? [])).toEqual(winners)
  })

  test('[K29] a session leads to its person, also after a restart; its end gives back the guest’s names and rooms', async () => {
    await store.addGuest(guest('Ada', { keys: owned('ada', 'ado'), room: 'lobby' }), NEVER)
    await world.restart()
    const user = { id: 'id-ada', name: 'Ada', role: 'guest' } as const
    expect(await store.session('session-ada')).toEqual({ user, seen: 1_000 })
    expect(await store.session('id-ada')).toBeNull()
    await store.endSession('session-ada')
    await store.endSession('session-ada')
    expect(await store.session('session-ada')).toBeNull()
    expect(await taken(['ada', 'ado'])).toEqual([false, false])
    expect(await store.memberships('id-ada')).toEqual([])
  })

  test('[K29, S48] the end of one of two sessions leaves name, rooms and the other session', async () => {
    await store.addGuest(guest('Ada', { room: 'lobby' }), NEVER)
    await world.run(`INSERT INTO sessions (hash, user_id, at, seen) VALUES ('session-phone', 'id-ada', 1, 1)`)
    await store.endSession('session-ada')
    expect([await nameOf('session-phone'), await nameOf('session-ada')]).toEqual(['Ada', undefined])
    expect(await store.memberships('id-ada')).toHaveLength(1)
    expect(await taken(['ada'])).toEqual([true])
    await store.endSession('session-phone')
    expect(await store.memberships('id-ada')).toEqual([])
    expect(await taken(['ada'])).toEqual([false])
  })

  test('[K30] a touch makes session and name younger, never older', async () => {
    await store.addGuest(guest('Ada'), NEVER)
    for (const at of [5_000, 4_000]) await store.touch('session-ada', at)
    await store.touch('session-of-nobody', 6_000)
    expect((await store.session('session-ada'))?.seen).toBe(5_000)
    expect(await taken(['ada'], 6_000, { inactiveBefore: 5_000, neverWroteBefore: 5_000 })).toEqual([true])
    expect(await taken(['ada'], 6_000, { inactiveBefore: 5_001, neverWroteBefore: 0 })).toEqual([false])
  })

  test('[K31] forgetting ends sessions and frees names of stale guests only; what they wrote stays', async () => {
    for (const name of ['Silent', 'Writer']) await store.addGuest(guest(name), NEVER)
    await store.addGuest(guest('Away', { at: 10 }), NEVER)
    const people = ['writer', 'away'].map((name) => ({ id: `id-${name}`, name }))
    await store.commit(people.map((user) => draft('hello', { user })))
    await store.forget({ inactiveBefore: 1_000, neverWroteBefore: 1_001 })
    const names = ['silent', 'writer', 'away']
    const sessions = await Promise.all(names.map((name) => nameOf(`session-${name}`)))
    expect(sessions).toEqual([undefined, 'Writer', undefined])
    expect(await taken(names)).toEqual([false, true, false])
    expect(await store.events('lobby', 0, 10)).toHaveLength(2)
  })

  test('[K60] a person who signs out just before becomes no member, makes no room and takes no name', async () => {
    await store.addGuest(guest('Ada'), NEVER)
    const asked = [
      store.endSession('session-ada'),
      store.addMember('lobby', 'id-ada', 'guest', 1),
      store.addRoom(garden, 1, 'id-ada'),
      store.rename('id-ada', 'Eve', owned('eve'), 1, 2, NEVER),
    ]
    expect((await Promise.all(asked)).slice(1)).toEqual(['nobody', 'nobody', 'nobody'])
    expect(await store.memberships('id-ada')).toEqual([])
    expect(await store.room('garden')).toBeNull()
    expect(await taken(['eve'])).toEqual([false])
  })

  test('[K61] a new guest is a member of the named room at its head, of the lobby if there is none, of no room if refused', async () => {
    await store.addRoom(garden, 1)
    await store.commit([draft('a', { room: 'garden' }), draft('b', { room: 'garden' })])
    await store.addGuest(guest('Ada', { room: 'garden' }), NEVER)
    await store.addGuest(guest('Bob', { room: 'nowhere' }), NEVER)
    expect(await store.addGuest(guest('Eve', { keys: owned('ada'), room: 'lobby' }), NEVER)).toBe('taken')
    const rooms = await Promise.all(['ada', 'bob', 'eve'].map((name) => store.memberships(`id-${name}`)))
    expect(rooms).toEqual([
      [{ room: 'garden', role: 'guest', readSeq: 2 }],
      [{ room: 'lobby', role: 'guest', readSeq: 0 }],
      [],
    ])
  })
})

describeStores((store, world) => {
  beforeEach(async () => {
    for (const { id, name } of [ada, bob]) await store.addGuest(guest(name, { id }), NEVER)
  })

  test('[K19] of two people who make the same room one does, and owns it', async () => {
    const made = [ada, bob].map(({ id }) => store.addRoom({ ...garden, topic: id }, 1, id))
    expect(await Promise.all(made)).toEqual(['added', 'taken'])
    expect(await store.room('garden')).toMatchObject({ topic: ada.id })
    expect(await store.membership(ada.id, 'garden')).toEqual({ room: 'garden', role: 'owner', readSeq: 0 })
    expect(await store.membership(bob.id, 'garden')).toBeNull()
  })

  test('[K20] a member begins at the head, and stays unchanged when added again', async () => {
    await store.addRoom(garden, 1)
    await say(store, numbered(3))
    const member = { room: 'lobby', role: 'guest', readSeq: 3 } as const
    expect(await store.addMember('lobby', ada.id, 'guest', 1)).toEqual(member)
    await say(store, ['more'])
    expect(await store.addMember('lobby', ada.id, 'owner', 2)).toEqual(member)
    await store.addMember('garden', ada.id, 'guest', 3)
    expect((await store.memberships(ada.id)).map(({ room }) => room)).toEqual(['garden', 'lobby'])
    for (const { id } of [ada, bob]) await store.removeMember('lobby', id)
    expect(await store.membership(ada.id, 'lobby')).toBeNull()
    expect(await store.addMember('lobby', ada.id, 'guest', 4)).toMatchObject({ readSeq: 4 })
    const refusal: unknown = await store.addMember('nowhere', ada.id, 'guest', 1).catch((error) => error)
    expect(refusal).toBeInstanceOf(Error)
    expect(await store.memberships(bob.id)).toEqual([])
  })

  test('[K21, U214] read positions only rise unless they are set back, and only for members', async () => {
    await store.addMember('lobby', ada.id, 'guest', 1)
    const reads = (seq: number) => [ada, bob].map(({ id }) => ({ room: 'lobby', user: id, seq }))
    for (const read of [reads(7), [], reads(5)]) await store.saveReads(read)
    expect(await store.membership(ada.id, 'lobby')).toMatchObject({ readSeq: 7 })
    expect(await store.membership(bob.id, 'lobby')).toBeNull()
    await store.saveReads(reads(3).map((read) => ({ ...read, back: true })))
    expect(await store.membership(ada.id, 'lobby')).toMatchObject({ readSeq: 3 })
  })

  test('[K32] writes take effect in the order of the calls, over all methods', async () => {
    const say = (text: string) => store.commit([draft(text, { room: 'garden' })])
    const answers = await Promise.all([
      store.addRoom(garden, 1),
      say('a'),
      store.addMember('garden', ada.id, 'guest', 2),
      say('b'),
      store.saveReads([{ room: 'garden', user: ada.id, seq: 2 }]),
      store.removeMember('garden', ada.id),
      store.addMember('garden', ada.id, 'guest', 3),
      say('c'),
    ])
    expect([answers[2], answers[6]]).toMatchObject([{ readSeq: 1 }, { readSeq: 2 }])
    expect(await store.membership(ada.id, 'garden')).toMatchObject({ readSeq: 2 })
    expect(await store.events('garden', 0, 9)).toMatchObject(['a', 'b', 'c'].map((text) => ({ text })))
  })

  test('[K32] calls from before `close` are done', async () => {
    const commits = numbered(20).map((text) => store.commit([draft(text)]))
    const closing = world.restart()
    expect((await Promise.all(commits)).flat()).toHaveLength(20)
    await closing
    expect(await store.room('lobby')).toMatchObject({ head: 20 })
  })
})
