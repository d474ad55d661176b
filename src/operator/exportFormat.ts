/**
 * What moves from one server to another: one JSON object a line, first the header, then users, rooms and events. No
 * session, token or address is in it, and no name stays reserved: people pick their names again.
 */
import { type Static, type TObject, Type as t } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { Value } from '@sinclair/typebox/value'
import { isJsonObject } from '../lib/jsonObject.ts'
import { emojiFault } from '../shared/text.ts'
import { LIMITS } from '../shared/limits.ts'
import type { Mention } from '../shared/model.ts'
import { Id, Nonce, Room } from '../shared/protocol.ts'
import { byteLength, cleanText, textFault } from '../shared/text.ts'

const Count = t.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const FromOne = t.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
/** ms since the epoch, within the range of a Date */
const Time = t.Integer({ minimum: 0, maximum: 8.64e15 })
const Digest = t.String({ pattern: '^[A-Za-z0-9+/]{0,86}={0,2}$' })

const entry = { type: t.Literal('event'), room: Room, seq: FromOne, id: Id, at: Time }
const author = { user: Id, name: t.String() }
const withNonce = { ...entry, ...author, nonce: Nonce, digest: t.Optional(Digest) }
const change = { ...withNonce, target: Id }
const text = t.Optional(t.Object({ text: t.String() }))
const mentions = t.Optional(
  t.Array(t.Object({ user: Id, at: Count, length: FromOne }), { maxItems: LIMITS.mentions }),
)

/** By kind. Without `data` the content was deleted; `digest` tells whether a nonce that comes again carries the same content. */
const EVENTS = {
  message: t.Object({
    ...withNonce,
    kind: t.Literal('message'),
    data: t.Optional(t.Object({ text: t.String(), replyTo: t.Optional(Id), mentions })),
  }),
  topic: t.Object({ ...entry, ...author, kind: t.Literal('topic'), data: text }),
  notice: t.Object({ ...entry, kind: t.Literal('notice'), data: text }),
  edit: t.Object({
    ...change,
    kind: t.Literal('edit'),
    data: t.Optional(t.Object({ text: t.String(), mentions })),
  }),
  delete: t.Object({
    ...change,
    kind: t.Literal('delete'),
    data: t.Optional(t.Object({ by: t.Union([t.Literal('author'), t.Literal('moderator')]) })),
  }),
  react: t.Object({
    ...change,
    kind: t.Literal('react'),
    data: t.Optional(t.Object({ emoji: t.String(), on: t.Boolean(), count: Count })),
  }),
  pin: t.Object({ ...change, kind: t.Literal('pin'), data: t.Optional(t.Object({ on: t.Boolean() })) }),
}
const counts = { users: Count, rooms: Count, events: Count }
const OTHER_LINES = {
  /** The counts show whether a file was cut. */
  hubbub: t.Object({ type: t.Literal('hubbub'), format: t.Literal(1), ...counts }),
  user: t.Object({
    type: t.Literal('user'),
    id: Id,
    name: t.String(),
    role: t.Literal('guest'),
    at: Time,
    seen: Time,
  }),
  room: t.Object({
    type: t.Literal('room'),
    room: Room,
    name: t.String(),
    topic: t.String(),
    kind: t.Literal('public'),
    head: Count,
    floor: FromOne,
    at: Time,
  }),
}

export type ExportedEvent = Static<(typeof EVENTS)[keyof typeof EVENTS]>
export type ExportHeader = Static<typeof OTHER_LINES.hubbub>
export type ExportedUser = Static<typeof OTHER_LINES.user>
export type ExportedRoom = Static<typeof OTHER_LINES.room>
type MentionedText = { text: string; mentions?: readonly Mention[] }
export type ExportLine = ExportHeader | ExportedUser | ExportedRoom | ExportedEvent

const compiled = (schemas: Record<string, TObject>) =>
  new Map(Object.entries(schemas).map(([name, schema]) => [name, TypeCompiler.Compile(schema)]))
const [EVENT_CHECKS, OTHER_CHECKS] = [compiled(EVENTS), compiled(OTHER_LINES)]

/**
 * Parses one line of an export. A line must fit what the wire would have accepted, since a crafted file would otherwise put
 * into the log what no client may send.
 * @returns the line with the fields of its schema only, or the first field that does not fit
 */
export function parseLine(json: string): { line: ExportLine } | { fault: string } {
  const value = parseJson(json)
  if (!isJsonObject(value)) return { fault: 'it is no JSON object' }
  const isEvent = value['type'] === 'event'
  const check = isEvent ? EVENT_CHECKS.get(String(value['kind'])) : OTHER_CHECKS.get(String(value['type']))
  if (check === undefined) return { fault: isEvent ? 'kind' : 'type' }
  // Fields that the schema does not name would otherwise reach the log.
  const fields = Value.Clean(check.Schema(), value)
  if (!check.Check(fields)) return { fault: check.Errors(fields).First()?.path.slice(1) ?? 'something' }
  const line = fields as ExportLine
  const fault = contentFault(line)
  return fault === null ? { line } : { fault }
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return null
  }
}

/** Checks what a schema cannot: lengths in bytes and characters. @returns the field that does not fit */
function contentFault(line: ExportLine): string | null {
  const nameBytes = line.type === 'room' ? LIMITS.roomName.bytes : LIMITS.name.bytes
  if ('name' in line && !isName(line.name, nameBytes)) return 'name'
  if (line.type === 'room') return isTopic(line.topic) ? null : 'topic'
  if (line.type !== 'event' || line.data === undefined) return null
  if (line.kind === 'react') return emojiFault(line.data.emoji) === null ? null : 'data/emoji'
  if (!('text' in line.data)) return null
  const fits = line.kind === 'topic' ? isTopic(line.data.text) : isText(line.data.text)
  if (!fits) return 'data/text'
  return 'mentions' in line.data && !areMentions(line.data) ? 'data/mentions' : null
}

/** Mentions stand in the text, in order, and do not overlap. */
function areMentions({ text: { length: end }, mentions: all = [] }: MentionedText): boolean {
  return all.every(({ at, length }, n) => {
    const { at: next = end } = all[n + 1] ?? {}
    return at + length <= next
  })
}

/** Accepts names that today's rules would refuse: the rules have changed, and an old export must still be accepted. */
function isName(name: string, bytes: number): boolean {
  return name.trim() !== '' && byteLength(name) <= bytes && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)
}

function isTopic(topic: string): boolean {
  return byteLength(topic) <= LIMITS.topic.bytes && cleanText(topic) === topic
}

/** The rule for blank texts has changed, too: only white space is refused. */
function isText(text: string): boolean {
  const fault = textFault(text)
  return fault === null || (fault === 'blank' && text.trim() !== '')
}
