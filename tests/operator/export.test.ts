import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Draft, DraftContent } from '../../src/hub/ports.ts'
import { importFrom } from '../../src/operator/import.ts'
import { exportTo } from '../../src/operator/export.ts'
import { aDatabase, logOf } from '../support/server/aDatabase.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'
import { ada, bob, change, draft, guest, NEVER, open, say } from '../store/support/scene.ts'
import { inPieces, refusalOf, rowsOf } from './support.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)
const folder = (name: string) => join(dir, name)

async function exported(from: string, room?: string): Promise<string> {
  const pieces: Uint8Array[] = []
  await exportTo(from, { write: async (bytes) => void pieces.push(Buffer.from(bytes)) }, room)
  return Buffer.concat(pieces).toString()
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
    const said = ['one', 'two', 'three'].map((words) => draft(words, { room: 'tea' }))
    await store.commit(said)
    const [first = '', second = '', third = ''] = said.map(({ id }) => id)
    const inTea = (content: DraftContent, user = ada) => change(content, { room: 'tea', user })
    const reacted = (target: string, emoji: string, on = true, user = ada) =>
      inTea({ kind: 'react', target, emoji, on }, user)
    await store.commit([
      inTea({ kind: 'message', text: 'an answer', replyTo: first }, bob),
      inTea({ kind: 'edit', target: first, text: 'one, edited' }),
      inTea({ kind: 'edit', target: first, text: 'one, edited twice' }),
      reacted(first, '👍'),
      reacted(first, '👍', true, bob),
      reacted(first, '👍', false),
      reacted(first, '👍'),
      reacted(third, '🎉'),
      reacted(third, '🎉', false),
      reacted(third, '🎉'),
      reacted(second, '🎉'),
      inTea({ kind: 'edit', target: second, text: 'canary, edited' }),
      inTea({ kind: 'pin', target: first, on: true }),
      inTea({ kind: 'pin', target: third, on: true }),
      inTea({ kind: 'pin', target: third, on: false }),
      inTea({ kind: 'delete', target: second }),
    ])
    await store.close()
    text = await exported(source)
  })

  test('[O26] export → import → export is the same to the byte, and so are the tables derived from the log', async () => {
    const target = folder('target')
    const taken = await importFrom(target, inPieces(text))
    expect(taken).toEqual({ users: 2, rooms: 3, events: 40 + 3 + 16 })
    expect(await exported(target)).toBe(text)
    for (const table of ['rooms', 'users', 'messages', 'reactions'])
      expect({ [table]: rowsOf(target, table) }).toEqual({ [table]: rowsOf(source, table) })
    expect(rowsOf(source, 'reactions').length).toBe(3)
  })

  test('[O26] a message sent again after the import is a duplicate', async () => {
    const store = await open(folder('target'))
    const [event] = await store.events('lobby', 0, 1)
    const before = await store.room('lobby')
    expect(await store.commit([{ ...event, room: 'lobby' } as Draft])).toMatchObject([
      { result: 'duplicate', seq: 1 },
    ])
    expect(await store.room('lobby')).toEqual(before)
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
    expect((await refusalOf(exported(source, 'nowhere'))).message).toBe('There is no room nowhere.')
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
