import { Database } from 'bun:sqlite'
import { afterAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { importFrom } from '../../src/operator/import.ts'
import { aDatabase } from '../support/server/aDatabase.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'
import { bob, open } from '../store/support/scene.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)
const folder = (name: string) => join(dir, name)
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

describe('a line that the wire would not have let in', () => {
  const base = {
    type: 'event',
    room: 'lobby',
    seq: 1,
    id: '01',
    kind: 'message',
    user: '0a',
    name: 'Ada',
    nonce: 'nonce-0001',
    at: 5,
    digest: 'AAAA',
    data: { text: 'hello' },
  }
  const change = (kind: string, data: unknown, more: object = {}) => ({
    ...base,
    kind,
    target: '01',
    data,
    ...more,
  })
  /** An export of one person, one room and one event. */
  const fileOf = (event: object, more: { user?: object; room?: object } = {}) =>
    [
      { type: 'hubbub', format: 1, users: 1, rooms: 1, events: 1 },
      { type: 'user', id: '0a', name: 'Ada', role: 'guest', at: 1, seen: 2, ...more.user },
      {
        type: 'room',
        room: 'lobby',
        name: 'lobby',
        topic: '',
        kind: 'public',
        head: 1,
        floor: 1,
        at: 1,
        ...more.room,
      },
      event,
    ]
      .map((line) => `${JSON.stringify(line)}\n`)
      .join('')
  const refusedAt = (line: number, field: string) =>
    `This is no whole export of Hubbub: line ${line} is malformed (${field}). Nothing was changed.`

  const LONG = 'x'.repeat(4_001)
  const EVENTS: Record<string, [event: object, field: string]> = {
    'a text that is a number': [{ ...base, data: { text: 5 } }, 'data/text'],
    'a text that is missing': [{ ...base, data: {} }, 'data/text'],
    'a text that is null': [{ ...base, data: { text: null } }, 'data/text'],
    'a text that is inherited': [
      JSON.parse(JSON.stringify(base).replace('{"text"', '{"__proto__":{"text":"x"},"tex"')) as object,
      'data/text',
    ],
    'a text too long': [{ ...base, data: { text: LONG } }, 'data/text'],
    'a text of nothing': [{ ...base, data: { text: ' \n' } }, 'data/text'],
    'a text that steers a terminal': [{ ...base, data: { text: 'a\u001b[2J' } }, 'data/text'],
    'a text of half letters': [{ ...base, data: { text: 'a\ud800' } }, 'data/text'],
    'content that is a list': [{ ...base, data: ['hello'] }, 'data'],
    'content that is nothing': [{ ...base, data: null }, 'data'],
    'an answer to no id': [{ ...base, data: { text: 'a', replyTo: 'x y' } }, 'data/replyTo'],
    'an author who is an object': [{ ...base, user: { id: '0a' } }, 'user'],
    'no author': [{ ...base, user: undefined }, 'user'],
    'a name of 129 bytes': [{ ...base, name: 'x'.repeat(129) }, 'name'],
    'a name of two lines': [{ ...base, name: 'Ada\nBob' }, 'name'],
    'a nonce too short': [{ ...base, nonce: 'abc' }, 'nonce'],
    'a time beyond time': [{ ...base, at: 8.64e15 + 1 }, 'at'],
    'a time before time': [{ ...base, at: -1 }, 'at'],
    'a seq in letters': [{ ...base, seq: '1' }, 'seq'],
    'a kind nobody knows': [{ ...base, kind: 'magic' }, 'kind'],
    'a kind that every object has': [{ ...base, kind: 'constructor' }, 'kind'],
    'an edit of nothing': [change('edit', { text: 'x' }, { target: undefined }), 'target'],
    'an edit too long': [change('edit', { text: LONG }), 'data/text'],
    'a delete by a stranger': [change('delete', { by: 'somebody' }), 'data/by'],
    'an emoji of letters': [change('react', { emoji: 'abc', on: true, count: 1 }), 'data/emoji'],
    'an emoji of two': [change('react', { emoji: '👍👍', on: true, count: 1 }), 'data/emoji'],
    'a reaction counted in halves': [change('react', { emoji: '👍', on: true, count: 0.5 }), 'data/count'],
    'a pin that is 1': [change('pin', { on: 1 }), 'data/on'],
    'a topic too long': [{ ...base, kind: 'topic', data: { text: 'x'.repeat(1_281) } }, 'data/text'],
    'a digest of other letters': [{ ...base, digest: '#' }, 'digest'],
  }
  test.each(Object.entries(EVENTS))(
    '[O40] %s is refused, with its line and field',
    async (_what, [event, field]) => {
      const target = folder('checked')
      expect(await refused(importFrom(target, pieces(fileOf(event))))).toEqual({
        exitCode: 1,
        message: refusedAt(4, field),
      })
      expect(rowsOf(target, 'users')).toEqual([])
    },
  )

  test('[O40] so is a person or a room', async () => {
    const target = folder('checked')
    const parts: [line: number, field: string, more: { user?: object; room?: object }][] = [
      [2, 'name', { user: { name: '' } }],
      [2, 'name', { user: { name: 'a\u001b[31m' } }],
      [2, 'role', { user: { role: 'owner' } }],
      [2, 'seen', { user: { seen: null } }],
      [3, 'name', { room: { name: 'x'.repeat(321) } }],
      [3, 'topic', { room: { topic: 'x'.repeat(1_281) } }],
      [3, 'kind', { room: { kind: 'private' } }],
      [3, 'floor', { room: { floor: 3 } }],
      [3, 'room', { room: { room: 'a b' } }],
    ]
    for (const [line, field, more] of parts)
      expect((await refused(importFrom(target, pieces(fileOf(base, more))))).message).toBe(
        refusedAt(line, field),
      )
    const room = 'x'.repeat(60)
    expect(
      (await refused(importFrom(target, pieces(fileOf({ ...base, room }, { room: { room } })), 'prefix-')))
        .message,
    ).toStartWith(`There can be no room prefix-${room} here`)
  })

  test('[O40] one that no line of an export is, says so', async () => {
    for (const line of ['[]', '5', '"event"', '{}', '{"type":"toString"}']) {
      const text = fileOf(base).replace(/^.*"type":"user".*$/m, line)
      expect((await refused(importFrom(folder('checked'), pieces(text)))).message).toContain(
        'line 2 is malformed',
      )
    }
    const twice = fileOf(base).replace('"events":1', '"events":2').replace('"head":1', '"head":2')
    const again = `${twice}${JSON.stringify({ ...base, seq: 2, nonce: 'nonce-0002' })}\n`
    expect((await refused(importFrom(folder('checked'), pieces(again)))).message).toContain(
      'two of its messages have the same id',
    )
  })

  test('[O40, K71] fields that nothing asks for are left behind: they change no key of the event', async () => {
    const target = folder('extra')
    const extra = { seq: 77, id: 'ff', kind: 'topic', user: 'Bob', gone: true, by: 'x', count: 9 }
    await importFrom(
      target,
      pieces(
        fileOf({ ...base, target: '09', more: 1, data: { ...extra, text: 'hello' } }, { user: { more: 1 } }),
      ),
    )
    expect(rowsOf(target, 'events')[0]).toContain('"target":null,"data":"{\\"text\\":\\"hello\\"}"')
    const store = await open(target)
    const event = {
      kind: 'message',
      seq: 1,
      id: '01',
      at: 5,
      user: { id: '0a', name: 'Ada' },
      nonce: 'nonce-0001',
      text: 'hello',
    }
    expect(await store.events('lobby', 0, 9)).toEqual([event as never])
    await store.close()
  })
})

test('[K71] an event is read field by field: what else its content holds, or holds wrongly, is not told', async () => {
  const target = folder('tampered')
  aDatabase(target, 6)
  const db = new Database(join(target, 'hubbub.db'), { readwrite: true })
  const put = (seq: number, kind: string, data: unknown) =>
    db.run('UPDATE events SET kind = ?, data = ? WHERE seq = ?', [kind, JSON.stringify(data), seq])
  put(1, 'message', { text: 'one', seq: 77, user: 'Bob', kind: 'topic', id: 'ff' })
  put(2, 'message', { text: 5 })
  put(3, 'react', { emoji: '👍', on: true, count: 2, by: 'x' })
  put(4, 'pin', { on: true, nonce: 'x' })
  put(5, 'delete', { by: 'author', text: 'x' })
  put(6, 'magic', { text: 'x' })
  db.close()
  const store = await open(target)
  const events = await store.events('lobby', 0, 9)
  const entries = events.map(({ seq, id, at, user, nonce, ...content }) => [seq, user?.name, content])
  expect(entries).toEqual([
    [1, 'Ada', { kind: 'message', text: 'one' }],
    [2, 'Ada', { kind: 'message', gone: true }],
    [3, 'Ada', { kind: 'react', emoji: '👍', on: true, count: 2 }],
    [4, 'Ada', { kind: 'pin', on: true }],
    [5, 'Ada', { kind: 'delete', by: 'author' }],
    [6, 'Ada', { kind: 'magic' }],
  ] as never)
  expect(await store.unread('lobby', bob, 0)).toMatchObject({ unread: 6 })
  await store.close()
})
