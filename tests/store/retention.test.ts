import { describe, expect, test } from 'bun:test'
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Draft, Store } from '../../src/hub/ports.ts'
import { backupNameOf, removeCopiesBefore } from '../../src/operator/backupFiles.ts'
import { ada, aTemporaryDir, bob, draft } from './support/scene.ts'
import { worlds } from './support/world.ts'

const DAY = 24 * 60 * 60 * 1_000

const edit = (target: string, text: string, at: number): Draft => {
  const id = `e${at.toString(16).padStart(11, '0')}`
  return { kind: 'edit', room: 'lobby', id, at, user: ada, nonce: `nonce-${id}`, target, text }
}
const react = (target: string, at: number): Draft => {
  const id = `r${at.toString(16).padStart(11, '0')}`
  return {
    kind: 'react',
    room: 'lobby',
    id,
    at,
    user: bob,
    nonce: `nonce-${id}`,
    target,
    emoji: '👍',
    on: true,
  }
}

/** Everything there is to take before `before`, a few at a time. */
async function purgeAll(store: Store, before: number, slice = 2): Promise<number[]> {
  const slices: number[] = []
  for (let taken = await store.purge(before, slice); taken > 0; taken = await store.purge(before, slice))
    slices.push(taken)
  return slices
}

const texts = async (store: Store, room = 'lobby') =>
  (await store.history(room, { at: 'end', limit: 50 }))?.messages.map((one) =>
    'text' in one ? one.text : null,
  )

describe.each(Object.entries(worlds))('retention: %s store', (_kind, aWorld) => {
  test('[K48, K70, O27] takes what was said before a moment, exact to an event, a slice at a time; keys stay', async () => {
    const world = await aWorld()
    let { store } = world
    const said = [10, 20, 30, 40, 50].map((at) => draft(`at ${at}`, { at, id: `id-${at}` }))
    await store.commit(said)
    await store.addRoom({ room: 'garden', name: 'Garden', topic: '', kind: 'public' }, 1)
    await store.commit([draft('in the garden', { at: 15, room: 'garden' })])

    expect(await store.purge(10, 9)).toBe(0)
    expect(await purgeAll(store, 40)).toEqual([2, 2])
    await world.restart()
    ;({ store } = world)
    expect(await store.room('lobby')).toMatchObject({ head: 5, floor: 4 })
    expect(await store.room('garden')).toMatchObject({ head: 1, floor: 2 })
    expect(await texts(store)).toEqual(['at 40', 'at 50'])
    expect(await texts(store, 'garden')).toEqual([])
    expect(await store.events('lobby', 0, 9)).toMatchObject([
      { seq: 1, id: 'id-10', gone: true },
      { seq: 2, id: 'id-20', gone: true },
      { seq: 3, id: 'id-30', gone: true },
      { seq: 4, text: 'at 40' },
      { seq: 5, text: 'at 50' },
    ])
    const other = said.slice(0, 1).map((one) => ({ ...one, text: 'another' }))
    for (const again of [said.slice(0, 1), other])
      expect(await store.commit(again)).toMatchObject([{ result: 'duplicate', seq: 1 }])
    expect(await store.commit([{ ...draft('x'), nonce: said[4]?.nonce ?? '' }])).toMatchObject([
      { code: 'nonceReused' },
    ])
    expect(await store.newest('garden', 50)).toMatchObject({ at: { seq: 1 }, messages: [], older: false })
    expect(await store.unread('lobby', bob, 0)).toMatchObject({ unread: 2 })
  })

  test('[K48] takes with a message its edits and emoji, whenever they were made; an answer to it stays', async () => {
    const { store } = await aWorld()
    await store.commit([draft('old', { at: 10, id: 'old' }), draft('answer', { at: 60, replyTo: 'old' })])
    await store.commit([edit('old', 'old, edited', 70), react('old', 80)])
    await purgeAll(store, 50)
    const [, answer, edited] = await store.events('lobby', 0, 9)
    expect(answer).toMatchObject({ text: 'answer', replyTo: 'old' })
    expect(edited).toMatchObject({ kind: 'edit', target: 'old', gone: true })
    expect(await store.commit([edit('old', 'once more', 90)])).toMatchObject([{ code: 'gone' }])
    expect(await texts(store)).toEqual(['answer'])
  })

  test('[K48] ends at the first event that is to stay, also where the clock was set back behind it', async () => {
    const { store } = await aWorld()
    await store.commit([10, 99, 20].map((at) => draft(`at ${at}`, { at })))
    await purgeAll(store, 50)
    expect(await store.room('lobby')).toMatchObject({ floor: 2 })
    expect(await texts(store)).toEqual(['at 99', 'at 20'])
  })
})

test('[O27] backups and snapshots from before the period are removed, later ones stay', () => {
  const dir = aTemporaryDir()
  const snapshotNameOf = (at: number) => `schema-0001-${new Date(at).toISOString().replaceAll(':', '')}.db`
  const namesOf = (at: number) => [join('backups', backupNameOf(at)), join('snapshots', snapshotNameOf(at))]
  for (const folder of ['backups', 'snapshots']) mkdirSync(join(dir, folder))
  for (const name of [...namesOf(DAY), ...namesOf(9 * DAY)]) writeFileSync(join(dir, name), '')
  removeCopiesBefore(dir, 8 * DAY)
  const left = ['backups', 'snapshots'].flatMap((folder) =>
    readdirSync(join(dir, folder)).map((name) => join(folder, name)),
  )
  expect(left).toEqual(namesOf(9 * DAY))
  rmSync(dir, { recursive: true, force: true })
})
