import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Draft } from '../../src/hub/ports.ts'
import { importFrom } from '../../src/operator/import.ts'
import { exportTo } from '../../src/operator/export.ts'
import { aDatabase, logOf } from '../support/server/aDatabase.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'
import { ada, bob, draft, guest, NEVER, open, say } from '../store/support/scene.ts'
import { aSink, inPieces, refusalOf, rowsOf } from './support.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)
const folder = (name: string) => join(dir, name)

async function exported(from: string, room?: string): Promise<string> {
  const sink = aSink()
  await exportTo(from, sink, room)
  return sink.content().toString()
}

describe('a chat with every kind of event', () => {
  const source = folder('source')
  let text = ''
  beforeAll(async () => {
    const store = await open(source)
    for (const { id, name } of [ada, bob]) await store.addGuest({ ...guest(name), id }, NEVER)
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
    const taken = await importFrom(target, inPieces(text))
    expect(taken).toEqual({ users: 2, rooms: 3, events: 40 + 3 + 16 })
    expect(await exported(target)).toBe(text)
  })

  test('[O26] what follows from the log is rebuilt as it was: messages, edits, emoji, pins', () => {
    for (const table of ['rooms', 'users', 'messages', 'reactions'])
      expect({ [table]: rowsOf(folder('target'), table) }).toEqual({ [table]: rowsOf(source, table) })
    expect(rowsOf(source, 'reactions').length).toBe(3)
  })

  test('[O26] a message sent again after the import is a duplicate', async () => {
    const store = await open(folder('target'))
    const [event] = await store.events('lobby', 0, 1)
    if (event?.kind !== 'message' || event.text === undefined) throw new Error('no message')
    const { id, at, user, nonce, text: words } = event
    const again: Draft = { kind: 'message', room: 'lobby', id, at, user, nonce, text: words }
    const { head } = (await store.room('lobby')) ?? { head: -1 }
    expect(await store.commit([again])).toMatchObject([{ result: 'duplicate', seq: 1 }])
    expect((await store.room('lobby'))?.head).toBe(head)
    await store.close()
  })

  test('[O26] an export has these fields only: no session, token, name key or deleted text', () => {
    expect(text).not.toMatch(/session|canary|hash|"two"/)
    const lines = text.trimEnd().split('\n')
    const parsed = lines.map((line) => JSON.parse(line) as { type: string })
    expect(parsed.map(({ type }) => type).join(' ')).toMatch(/^hubbub (user )+(room )+event( event)*$/)
    const FIELDS =
      'at data digest events floor format head id kind name nonce role room rooms seen seq target topic type user users'
    expect([...new Set(parsed.flatMap((line) => Object.keys(line)))].sort().join(' ')).toBe(FIELDS)
  })

  test('[O26] one room is exported with the people who wrote in it', async () => {
    const tea = await exported(source, 'tea')
    await importFrom(folder('tea'), inPieces(tea))
    expect(await exported(folder('tea'), 'tea')).toBe(tea)
    expect(new Set(logOf(folder('tea')).map(({ room }) => room))).toEqual(new Set(['tea']))
    expect(await refusalOf(exported(source, 'nowhere'))).toEqual({
      exitCode: 1,
      message: 'There is no room nowhere.',
    })
  })

  test('[O26] a server with people or rooms imports only under a prefix, and only once', async () => {
    const target = folder('filled')
    aDatabase(target, 3)
    expect((await refusalOf(importFrom(target, inPieces(text)))).message).toContain('--rooms-as')
    const tea = await exported(folder('tea'), 'tea')
    await importFrom(target, inPieces(tea), 'old-')
    const rooms = logOf(target).map(({ room }) => room)
    expect(rooms).toEqual([...Array<string>(3).fill('lobby'), ...Array<string>(19).fill('old-tea')])
    const before = rowsOf(target, 'events')
    expect(await refusalOf(importFrom(target, inPieces(tea), 'old-'))).toMatchObject({ exitCode: 1 })
    expect((await refusalOf(importFrom(target, inPieces(tea), 'more-'))).message).toContain(
      'was this imported before?',
    )
    expect(rowsOf(target, 'events')).toEqual(before)
  })

  test('[O26] an export that is cut, reordered or changed is refused whole', async () => {
    const target = folder('broken')
    const lines = text.trimEnd().split('\n')
    const event = lines.findIndex((line) => line.startsWith('{"type":"event"'))
    const swapped = lines.with(event, lines[event + 1] ?? '').with(event + 1, lines[event] ?? '')
    const broken: Record<string, string | Uint8Array> = {
      empty: '',
      'cut in a line': text.slice(0, -20),
      'cut after a line': `${lines.slice(0, -1).join('\n')}\n`,
      'without a header': `${lines.slice(1).join('\n')}\n`,
      'a line twice': `${[...lines.slice(0, event + 1), ...lines.slice(event)].join('\n')}\n`,
      'two lines exchanged': `${swapped.join('\n')}\n`,
      'not JSON': text.replace('{"type":"room"', '{type:room'),
      'another format': text.replace('"format":1', '"format":2'),
      'not UTF-8': Buffer.from(text, 'latin1'),
    }
    for (const [what, content] of Object.entries(broken)) {
      const { exitCode } = await refusalOf(importFrom(target, inPieces(content)))
      expect([what, exitCode, rowsOf(target, 'events'), rowsOf(target, 'users')]).toEqual([what, 1, [], []])
    }
    expect(await importFrom(target, inPieces(text))).toMatchObject({ rooms: 3 })
  })
})

test('[O26] exporting a directory without a database creates nothing there', async () => {
  expect((await refusalOf(exported(folder('nothing')))).exitCode).toBe(1)
  expect(existsSync(folder('nothing'))).toBe(false)
})
