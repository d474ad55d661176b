import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Draft } from '../../src/hub/ports.ts'
import { importFrom } from '../../src/operator/import.ts'
import { takeLock } from '../../src/store/sqlite/lock.ts'
import { exportTo } from '../../src/operator/export.ts'
import { aDatabase, logOf } from '../support/server/aDatabase.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'
import { ada, bob, draft, guest, NEVER, open, say } from '../store/support/scene.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)
const folder = (name: string) => join(dir, name)

async function exported(from: string, room?: string): Promise<string> {
  let text = ''
  const sink = {
    async write(piece: Uint8Array) {
      text += Buffer.from(piece).toString()
    },
  }
  await exportTo(from, sink, room)
  return text
}
/** In pieces that end in the middle of lines and of characters. */
async function* pieces(text: string, size = 777) {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const refused = (promise: Promise<unknown>) =>
  promise.then(
    () => ({ exitCode: 0, message: 'it was not refused' }),
    ({ exitCode, message }: { exitCode: number; message: string }) => ({ exitCode, message }),
  )
/** All rows of a table, in an order of their own. */
function rowsOf(from: string, table: string): string[] {
  const db = new Database(join(from, 'hubbub.db'), { readonly: true })
  try {
    return db
      .query<object, []>(`SELECT * FROM ${table}`)
      .all()
      .map((row) => JSON.stringify(row))
      .sort()
  } finally {
    db.close()
  }
}

describe('a chat with all that can be said', () => {
  const source = folder('source')
  let text = ''
  beforeAll(async () => {
    const store = await open(source)
    for (const [id, name] of [
      [ada.id, ada.name],
      [bob.id, bob.name],
    ] as const)
      await store.addGuest({ ...guest(name), id }, NEVER)
    await store.addRoom({ room: 'tea', name: 'Tea ☕', topic: 'hot', kind: 'public' }, 5, ada.id)
    await store.addRoom({ room: 'empty', name: 'empty', topic: '', kind: 'public' }, 6)
    await say(
      store,
      Array.from({ length: 40 }, (_, at) => `${at} – “naïve” 🦜 ${'x'.repeat(at)}`),
    )
    const said = [
      draft('one', { room: 'tea' }),
      draft('two', { room: 'tea' }),
      draft('three', { room: 'tea' }),
    ]
    await store.commit(said)
    const [first, second, third] = said.map(({ id }) => id)
    const change = (more: object): Draft => {
      const { text: _, ...rest } = draft('', { room: 'tea' }) as Extract<Draft, { kind: 'message' }>
      return { ...rest, ...more } as Draft
    }
    await store.commit([
      change({ kind: 'message', text: 'an answer', replyTo: first, user: bob }),
      change({ kind: 'edit', target: first, text: 'one, edited' }),
      change({ kind: 'edit', target: first, text: 'one, edited twice' }),
      change({ kind: 'react', target: first, emoji: '👍', on: true }),
      change({ kind: 'react', target: first, emoji: '👍', on: true, user: bob }),
      change({ kind: 'react', target: first, emoji: '👍', on: false }),
      change({ kind: 'react', target: first, emoji: '👍', on: true }),
      change({ kind: 'react', target: third, emoji: '🎉', on: true }),
      change({ kind: 'react', target: third, emoji: '🎉', on: false }),
      change({ kind: 'react', target: third, emoji: '🎉', on: true }),
      change({ kind: 'react', target: second, emoji: '🎉', on: true }),
      change({ kind: 'edit', target: second, text: 'canary, edited' }),
      change({ kind: 'pin', target: first, on: true }),
      change({ kind: 'pin', target: third, on: true }),
      change({ kind: 'pin', target: third, on: false }),
      change({ kind: 'delete', target: second }),
    ])
    await store.close()
    text = await exported(source)
  })

  test('[O26] export → import → export is the same to the byte', async () => {
    const target = folder('target')
    const taken = await importFrom(target, pieces(text))
    expect(taken).toEqual({ users: 2, rooms: 3, events: 40 + 3 + 16 })
    expect(await exported(target)).toBe(text)
  })

  test('[O26] what follows from the log is rebuilt as it was: messages, edits, emoji, pins', () => {
    for (const table of ['rooms', 'users', 'messages', 'reactions'])
      expect({ [table]: rowsOf(folder('target'), table) }).toEqual({ [table]: rowsOf(source, table) })
    expect(rowsOf(source, 'reactions').length).toBe(3)
  })

  test('[O26] what was sent before is known as sent, and what is deleted cannot be sent again', async () => {
    const store = await open(folder('target'))
    const [event] = await store.events('lobby', 0, 1)
    if (event?.kind !== 'message' || event.text === undefined) throw new Error('no message')
    const { id, at, user, nonce, text: words } = event
    const again: Draft = { kind: 'message', room: 'lobby', id, at, user, nonce, text: words }
    const { head: before } = (await store.room('lobby')) ?? { head: -1 }
    expect(await store.commit([again])).toMatchObject([{ result: 'duplicate', seq: 1 }])
    expect((await store.room('lobby'))?.head).toBe(before)
    await store.close()
  })

  test('[O26] it holds no session, no token, no name’s key, and nothing of what was deleted', () => {
    expect(text).not.toMatch(/session|canary|hash|"two"/)
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; data?: unknown })
    expect(lines.map(({ type }) => type).join(' ')).toMatch(/^hubbub (user )+(room )+event( event)*$/)
    expect(new Set(lines.flatMap((line) => Object.keys(line)))).toEqual(
      new Set(
        [
          'type',
          'format',
          'users',
          'rooms',
          'events',
          'id',
          'name',
          'role',
          'at',
          'seen',
          'room',
          'topic',
          'kind',
        ].concat(['head', 'floor', 'seq', 'user', 'nonce', 'target', 'digest', 'data']),
      ),
    )
  })

  test('[O26] one room goes alone, with those who spoke in it', async () => {
    const one = await exported(source, 'tea')
    await importFrom(folder('one'), pieces(one))
    expect(await exported(folder('one'), 'tea')).toBe(one)
    expect(new Set(logOf(folder('one')).map(({ room }) => room))).toEqual(new Set(['tea']))
    expect(await refused(exportTo(source, { write: async () => undefined }, 'nowhere'))).toEqual({
      exitCode: 1,
      message: 'There is no room nowhere.',
    })
  })

  test('[O26] into a server that has people or rooms it comes only under names of its own', async () => {
    const target = folder('filled')
    aDatabase(target, 3)
    expect((await refused(importFrom(target, pieces(text)))).message).toContain('--rooms-as')
    const small = await exported(folder('one'), 'tea')
    await importFrom(target, pieces(small), 'old-')
    expect(logOf(target).map(({ room }) => room)).toEqual([
      ...Array.from({ length: 3 }, () => 'lobby'),
      ...Array.from({ length: 19 }, () => 'old-tea'),
    ])
    const was = rowsOf(target, 'events')
    expect(await refused(importFrom(target, pieces(small), 'old-'))).toMatchObject({ exitCode: 1 })
    expect((await refused(importFrom(target, pieces(small), 'more-'))).message).toContain(
      'was this imported before?',
    )
    expect(rowsOf(target, 'events')).toEqual(was)
  })

  test('[O26] a file that is cut, mixed up or made up is refused whole', async () => {
    const target = folder('broken')
    const lines = text.trimEnd().split('\n')
    const event = lines.findIndex((line) => line.startsWith('{"type":"event"'))
    const swapped = lines.with(event, lines[event + 1] ?? '').with(event + 1, lines[event] ?? '')
    const broken: Record<string, string> = {
      empty: '',
      'cut in a line': text.slice(0, -20),
      'cut after a line': `${lines.slice(0, -1).join('\n')}\n`,
      'without its header': `${lines.slice(1).join('\n')}\n`,
      'a line twice': `${[...lines.slice(0, event + 1), ...lines.slice(event)].join('\n')}\n`,
      'lines exchanged': `${swapped.join('\n')}\n`,
      'no JSON': text.replace('{"type":"room"', '{type:room'),
      'another format': text.replace('"format":1', '"format":2'),
      'a number for a text': text.replace(/"id":"[^"]+"/, '"id":7'),
      'a kind nobody knows': text.replace('"kind":"message"', '"kind":"magic"'),
      'a role nobody gave': text.replace('"role":"guest"', '"role":"owner"'),
      'a room elsewhere': text.replaceAll('"room":"tea"', '"room":"../tea"'),
    }
    for (const [what, content] of Object.entries(broken)) {
      expect([what, content === text]).toEqual([what, false])
      expect([what, await refused(importFrom(target, pieces(content)))]).toMatchObject([
        what,
        { exitCode: 1 },
      ])
      expect([what, rowsOf(target, 'events').length, rowsOf(target, 'users').length]).toEqual([what, 0, 0])
    }
    async function* latin() {
      yield Buffer.from(text, 'latin1')
    }
    expect((await refused(importFrom(target, latin()))).exitCode).toBe(1)
    expect(await importFrom(target, pieces(text))).toMatchObject({ rooms: 3 })
    rmSync(target, { recursive: true })
  })
})

test('[O6] import is refused while a server holds the directory; export is not', async () => {
  aDatabase(folder('held'), 2)
  const lock = takeLock(folder('held'))
  expect((await refused(importFrom(folder('held'), pieces('')))).exitCode).toBe(3)
  expect((await exported(folder('held'))).split('\n').length).toBe(5 + 1)
  lock.release()
})

test('[O26] export of a directory without a database says so, and makes nothing there', async () => {
  expect((await refused(exported(folder('nothing')))).exitCode).toBe(1)
  expect(existsSync(folder('nothing'))).toBe(false)
})
