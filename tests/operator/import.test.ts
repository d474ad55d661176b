import { Database } from 'bun:sqlite'
import { afterAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { importFrom } from '../../src/operator/import.ts'
import { aDatabase } from '../support/server/aDatabase.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'
import { bob, open } from '../store/support/scene.ts'
import { inPieces, refusalOf, rowsOf } from './support.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)
const folder = (name: string) => join(dir, name)

const event = {
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
const withData = (data: unknown) => ({ ...event, data })
const change = (kind: string, data: unknown) => ({ ...event, kind, target: '01', data })
interface Lines {
  user?: object
  room?: object
  event?: object
}
/** An export of one person, one room and one event, with these fields changed. */
function exportOf({ user, room, event: changed = event }: Lines): string {
  const lines = [
    { type: 'hubbub', format: 1, users: 1, rooms: 1, events: 1 },
    { type: 'user', id: '0a', name: 'Ada', role: 'guest', at: 1, seen: 2, ...user },
    {
      type: 'room',
      room: 'lobby',
      name: 'lobby',
      topic: '',
      kind: 'public',
      head: 1,
      floor: 1,
      at: 1,
      ...room,
    },
    changed,
  ]
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}
const refusalOfImport = (text: string, prefix = '') =>
  refusalOf(importFrom(folder('checked'), inPieces(text), prefix))

const LONG = 'x'.repeat(4_001)
const INHERITED = JSON.stringify(event).replace('{"text"', '{"__proto__":{"text":"x"},"tex"')
const mention = (at: number, length: number) => ({ user: '0b', at, length })
const EVENTS: Record<string, [event: object, field: string]> = {
  'a text that is a number': [withData({ text: 5 }), 'data/text'],
  'a text that is missing': [withData({}), 'data/text'],
  'a text that is null': [withData({ text: null }), 'data/text'],
  'a text that is inherited': [JSON.parse(INHERITED) as object, 'data/text'],
  'a text too long': [withData({ text: LONG }), 'data/text'],
  'a text of white space': [withData({ text: ' \n' }), 'data/text'],
  'a text with control characters': [withData({ text: 'a\u001b[2J' }), 'data/text'],
  'a text with half a surrogate pair': [withData({ text: 'a\ud800' }), 'data/text'],
  'content that is a list': [withData(['hello']), 'data'],
  'content that is null': [withData(null), 'data'],
  'an answer to no id': [withData({ text: 'a', replyTo: 'x y' }), 'data/replyTo'],
  'an author who is an object': [{ ...event, user: { id: '0a' } }, 'user'],
  'no author': [{ ...event, user: undefined }, 'user'],
  'a name of 129 bytes': [{ ...event, name: 'x'.repeat(129) }, 'name'],
  'a name of two lines': [{ ...event, name: 'Ada\nBob' }, 'name'],
  'a nonce too short': [{ ...event, nonce: 'abc' }, 'nonce'],
  'a time beyond the last date': [{ ...event, at: 8.64e15 + 1 }, 'at'],
  'a time before 1970': [{ ...event, at: -1 }, 'at'],
  'a seq in letters': [{ ...event, seq: '1' }, 'seq'],
  'an unknown kind': [{ ...event, kind: 'magic' }, 'kind'],
  'a kind that every object has': [{ ...event, kind: 'constructor' }, 'kind'],
  'an edit without a target': [{ ...change('edit', { text: 'x' }), target: undefined }, 'target'],
  'a mention behind the text': [withData({ text: 'hi', mentions: [mention(1, 2)] }), 'data/mentions'],
  'mentions that overlap': [
    change('edit', { text: 'hello', mentions: [mention(0, 3), mention(2, 1)] }),
    'data/mentions',
  ],
  'a mention of no length': [withData({ text: 'hi', mentions: [mention(0, 0)] }), 'data/mentions/0/length'],
  'too many mentions': [
    withData({ text: LONG.slice(1), mentions: Array.from({ length: 51 }, (_, n) => mention(n, 1)) }),
    'data/mentions',
  ],
  'an edit too long': [change('edit', { text: LONG }), 'data/text'],
  'a delete by a stranger': [change('delete', { by: 'stranger' }), 'data/by'],
  'an emoji of letters': [change('react', { emoji: 'abc', on: true, count: 1 }), 'data/emoji'],
  'an emoji of two': [change('react', { emoji: '👍👍', on: true, count: 1 }), 'data/emoji'],
  'a reaction counted in halves': [change('react', { emoji: '👍', on: true, count: 0.5 }), 'data/count'],
  'a pin that is 1': [change('pin', { on: 1 }), 'data/on'],
  'a topic too long': [{ ...event, kind: 'topic', data: { text: 'x'.repeat(1_281) } }, 'data/text'],
  'a digest of other letters': [{ ...event, digest: '#' }, 'digest'],
}
test.each(Object.entries(EVENTS))(
  '[O40] an event with %s is refused, with its line and field',
  async (_what, [line, field]) => {
    expect(await refusalOfImport(exportOf({ event: line }))).toEqual({
      exitCode: 1,
      message: `This is no whole export of Hubbub: line 4 is malformed (${field}). Nothing was changed.`,
    })
    expect(rowsOf(folder('checked'), 'users')).toEqual([])
  },
)

test.each<[line: number, field: string, lines: Lines]>([
  [2, 'name', { user: { name: '' } }],
  [2, 'name', { user: { name: 'a\u001b[31m' } }],
  [2, 'role', { user: { role: 'owner' } }],
  [2, 'seen', { user: { seen: null } }],
  [2, 'id', { user: { id: 7 } }],
  [3, 'name', { room: { name: 'x'.repeat(321) } }],
  [3, 'topic', { room: { topic: 'x'.repeat(1_281) } }],
  [3, 'kind', { room: { kind: 'private' } }],
  [3, 'floor', { room: { floor: 3 } }],
  [3, 'room', { room: { room: '../tea' } }],
])('[O40] line %d with a wrong %s is refused: %j', async (line, field, lines) => {
  const { message } = await refusalOfImport(exportOf(lines))
  expect(message).toContain(`: line ${line} is malformed (${field}). Nothing was changed.`)
})

test('[O40] a room whose name is too long with the prefix is refused', async () => {
  const room = 'x'.repeat(60)
  const text = exportOf({ room: { room }, event: { ...event, room } })
  const { message } = await refusalOfImport(text, 'prefix-')
  expect(message).toStartWith(`There can be no room prefix-${room} here`)
})

test.each(['[]', '5', '"event"', '{}', '{"type":"toString"}'])(
  '[O40] the line %s is refused',
  async (line) => {
    const text = exportOf({}).replace(/^.*"type":"user".*$/m, line)
    expect((await refusalOfImport(text)).message).toContain('line 2 is malformed')
  },
)

test('[O40] two messages with the same id are refused', async () => {
  const twice = exportOf({}).replace('"events":1', '"events":2').replace('"head":1', '"head":2')
  const again = JSON.stringify({ ...event, seq: 2, nonce: 'nonce-0002' })
  expect((await refusalOfImport(`${twice}${again}\n`)).message).toContain(
    'two of its messages have the same id',
  )
})

test('[O40, K82] mentions are imported, and count for whoever they mention', async () => {
  const target = folder('mentions')
  const mentions = [mention(0, 4)]
  await importFrom(target, inPieces(exportOf({ event: withData({ text: '@Bob', mentions }) })))
  const store = await open(target)
  expect(await store.events('lobby', 0, 9)).toMatchObject([{ mentions }])
  expect((await store.newest('lobby', 9))?.messages).toMatchObject([{ mentions }])
  expect(await store.unread('lobby', '0b', 0)).toMatchObject({ mentions: 1 })
  expect(await store.named('lobby', ['ada'])).toEqual(new Map([['ada', [{ id: '0a', name: 'Ada' }]]]))
  await store.close()
})

test('[O40, K71] unknown fields are dropped and change no column of the event', async () => {
  const target = folder('extra')
  const extra = { seq: 77, id: 'ff', kind: 'topic', user: 'Bob', gone: true, by: 'x', count: 9 }
  const changed = { ...event, target: '09', more: 1, data: { ...extra, text: 'hello' } }
  await importFrom(target, inPieces(exportOf({ user: { more: 1 }, event: changed })))
  expect(rowsOf(target, 'events')[0]).toContain('"target":null,"data":"{\\"text\\":\\"hello\\"}"')
  const store = await open(target)
  const { id, kind, at, nonce, data } = event
  const user = { id: '0a', name: 'Ada' }
  expect(await store.events('lobby', 0, 9)).toEqual([{ kind, seq: 1, id, at, user, nonce, ...data } as never])
  await store.close()
})

test('[K71] only the fields of the kind of an event are read from its content, each with its type', async () => {
  const target = folder('tampered')
  aDatabase(target, 6)
  const db = new Database(join(target, 'hubbub.db'), { readwrite: true })
  const put = (seq: number, kind: string, data: unknown) =>
    db.run('UPDATE events SET kind = ?, data = ? WHERE seq = ?', [kind, JSON.stringify(data), seq])
  const mention = { user: '0b', at: 0, length: 3 }
  const mentions = [null, 5, { ...mention, at: '0' }, { ...mention, name: 'x' }]
  put(1, 'message', { text: 'one', seq: 77, user: 'Bob', kind: 'topic', id: 'ff', mentions })
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
    [1, 'Ada', { kind: 'message', text: 'one', mentions: [mention] }],
    [2, 'Ada', { kind: 'message', gone: true }],
    [3, 'Ada', { kind: 'react', emoji: '👍', on: true, count: 2 }],
    [4, 'Ada', { kind: 'pin', on: true }],
    [5, 'Ada', { kind: 'delete', by: 'author' }],
    [6, 'Ada', { kind: 'magic' }],
  ] as never)
  expect(await store.unread('lobby', bob.id, 0)).toMatchObject({ unread: 6 })
  await store.close()
})
