import { beforeEach, describe, expect, test } from 'bun:test'
import type { Store } from '../../src/hub/ports.ts'
import { mentionsName } from '../../src/shared/text.ts'
import { ada, bob, draft, guest, NEVER, numbered, say } from './support/scene.ts'
import { worlds, type World } from './support/world.ts'

const garden = { room: 'garden', name: 'Garden', topic: 'roses', kind: 'public' } as const

/** Ada and Bob become guests, members of no room. */
async function signUp(store: Store): Promise<void> {
  for (const { id, name } of [ada, bob]) await store.addGuest(guest(name, { id }), NEVER)
}

describe.each(Object.entries(worlds))('%s store', (_kind, aWorld) => {
  let world: World
  let store: Store
  beforeEach(async () => {
    world = await aWorld()
    store = world.store
  })

  describe('rooms', () => {
    test('[K18] the lobby exists from the start, and rooms are listed by slug', async () => {
      const lobby = { room: 'lobby', name: 'lobby', topic: '', kind: 'public', head: 0, floor: 1 } as const
      expect(await store.roomsAfter('', 100)).toEqual([lobby])
      await store.addRoom({ ...garden, room: 'zoo' }, 1)
      await store.addRoom(garden, 1)
      expect((await store.roomsAfter('', 100)).map(({ room }) => room)).toEqual(['garden', 'lobby', 'zoo'])
      expect(await store.room('garden')).toEqual({ ...garden, head: 0, floor: 1 })
      expect(await store.room('nowhere')).toBeNull()
      expect(await store.heads(['nowhere', 'lobby'])).toEqual(new Map([['lobby', 0]]))
      await world.restart()
      expect(await world.store.roomsAfter('', 100)).toHaveLength(3)
    })

    test('[K19] of two who make the same room one does, and is its owner', async () => {
      await signUp(store)
      const made = await Promise.all(
        [ada, bob].map(({ id }) => store.addRoom({ ...garden, topic: id }, 1, id)),
      )
      expect(made).toEqual(['added', 'taken'])
      expect(await store.room('garden')).toMatchObject({ topic: ada.id })
      expect(await store.membership(ada.id, 'garden')).toEqual({ room: 'garden', role: 'owner', readSeq: 0 })
      expect(await store.membership(bob.id, 'garden')).toBeNull()
    })

    test('[K20] a member begins at the head, and stays as they are when added again', async () => {
      await signUp(store)
      await store.addRoom(garden, 1)
      await say(store, numbered(3))
      const joined = { room: 'lobby', role: 'guest', readSeq: 3 } as const
      expect(await store.addMember('lobby', ada.id, 'guest', 1)).toEqual(joined)
      await say(store, ['more'])
      expect(await store.addMember('lobby', ada.id, 'owner', 2)).toEqual(joined)
      await store.addMember('garden', ada.id, 'guest', 3)
      expect((await store.memberships(ada.id)).map(({ room }) => room)).toEqual(['garden', 'lobby'])
      expect(await store.memberships(bob.id)).toEqual([])

      await store.removeMember('lobby', ada.id)
      await store.removeMember('lobby', bob.id)
      expect(await store.membership(ada.id, 'lobby')).toBeNull()
      expect(await store.addMember('lobby', ada.id, 'guest', 4)).toMatchObject({ readSeq: 4 })
    })

    test('[K62] every room has a name, and whether one of some has more members than a number is told', async () => {
      await signUp(store)
      await store.addRoom(garden, 1)
      expect(Object.fromEntries(await store.roomNames())).toEqual({ garden: 'Garden', lobby: 'lobby' })
      for (const { id } of [ada, bob]) await store.addMember('garden', id, 'guest', 1)
      await store.addMember('lobby', ada.id, 'guest', 1)
      expect(await store.anyRoomLargerThan(['lobby', 'garden', 'nowhere'], 1)).toBe(true)
      expect(await store.anyRoomLargerThan(['garden'], 2)).toBe(false)
      expect(await store.anyRoomLargerThan(['lobby'], 1)).toBe(false)
      expect(await store.anyRoomLargerThan([], 0)).toBe(false)
    })

    test('[K20] nobody becomes a member of a room that does not exist', async () => {
      await signUp(store)
      const refusal: unknown = await store.addMember('nowhere', ada.id, 'guest', 1).catch((error) => error)
      expect(refusal).toBeInstanceOf(Error)
      expect(await store.memberships(ada.id)).toEqual([])
    })

    test('[K21] read positions only rise, and only for members', async () => {
      await signUp(store)
      await store.addMember('lobby', ada.id, 'guest', 1)
      const reads = (seq: number) => [ada, bob].map(({ id }) => ({ room: 'lobby', user: id, seq }))
      await store.saveReads(reads(7))
      await store.saveReads([])
      await store.saveReads(reads(5))
      expect(await store.membership(ada.id, 'lobby')).toMatchObject({ readSeq: 7 })
      expect(await store.membership(bob.id, 'lobby')).toBeNull()
    })

    test('[K22] unread are what others said after it and is not erased, mentions those of my name', async () => {
      await store.commit([
        draft('before @Bob'),
        draft('hello @bob, and @BOB'),
        draft('mail bob@bob.example, ask @Bobby'),
        draft('@Bob to himself', { user: bob }),
        draft('erased @Bob'),
        draft('bye @Bob'),
      ])
      await world.erase('lobby', 5)
      expect(await store.unread('lobby', bob, 1)).toEqual({ unread: 3, mentions: 2, head: 6 })
      expect(await store.unread('lobby', { ...bob, name: 'Bobby' }, 1)).toEqual({
        unread: 3,
        mentions: 1,
        head: 6,
      })
      expect(await store.unread('lobby', bob, 6)).toEqual({ unread: 0, mentions: 0, head: 6 })
      expect(await store.unread('nowhere', bob, 0)).toEqual({ unread: 0, mentions: 0, head: 0 })
    })

    test.each([
      ['Kim', '@\u212aim @KIM'],
      ['i\u0307ris', '@\u0130RIS'],
      ['Zo\u00eb', '@ZO\u00cb'],
      ['ann lee', '@Ann Lee'],
    ])('[K22] a mention of %s in %s counts, as the screen shows it', async (name, text) => {
      await store.commit([draft(text), draft('@nobody')])
      expect(mentionsName(text, name)).toBe(true)
      expect(await store.unread('lobby', { ...bob, name }, 0)).toMatchObject({ unread: 2, mentions: 1 })
    })

    test('[K23] counting stops at 1,000, and looks at the newest', async () => {
      await say(store, ['@Bob too long ago', ...numbered(998), '@Bob', 'bye'])
      expect(await store.unread('lobby', bob, 0)).toMatchObject({ unread: 1_000, mentions: 1 })
    })
  })
})
