/** The lines of an export as `import` takes them: what the wire would have let in, within its limits, and nothing else. */
import { type Static, type TObject, type TSchema, Type as t } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler'
import { isJsonObject, type JsonObject } from '../lib/jsonObject.ts'
import { emojiFault } from '../shared/emoji.ts'
import { LIMITS } from '../shared/limits.ts'
import { Id, Nonce, Room } from '../shared/protocol.ts'
import { byteLength, cleanText, textFault } from '../shared/text.ts'

const Count = t.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const FromOne = t.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })
/** ms, as far as a Date goes */
const Time = t.Integer({ minimum: 0, maximum: 8.64e15 })
const Digest = t.String({ pattern: '^[A-Za-z0-9+/]{0,86}={0,2}$' })

const entry = { type: t.Literal('event'), room: Room, seq: FromOne, id: Id, at: Time }
const author = { user: Id, name: t.String() }
const signed = { ...entry, ...author, nonce: Nonce, digest: t.Optional(Digest) }
const change = { ...signed, target: Id }
const text = t.Optional(t.Object({ text: t.String() }))

/** By kind. Without `data` the content is gone. */
const EVENTS = {
  message: t.Object({
    ...signed,
    kind: t.Literal('message'),
    data: t.Optional(t.Object({ text: t.String(), replyTo: t.Optional(Id) })),
  }),
  topic: t.Object({ ...entry, ...author, kind: t.Literal('topic'), data: text }),
  notice: t.Object({ ...entry, kind: t.Literal('notice'), data: text }),
  edit: t.Object({ ...change, kind: t.Literal('edit'), data: text }),
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
const OTHER_LINES = {
  hubbub: t.Object({
    type: t.Literal('hubbub'),
    format: t.Literal(1),
    users: Count,
    rooms: Count,
    events: Count,
  }),
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

export type ImportedEvent = Static<(typeof EVENTS)[keyof typeof EVENTS]>
export type ImportedHeader = Static<typeof OTHER_LINES.hubbub>
export type ImportedUser = Static<typeof OTHER_LINES.user>
export type ImportedRoom = Static<typeof OTHER_LINES.room>
export type ImportedLine = ImportedHeader | ImportedUser | ImportedRoom | ImportedEvent

interface LineSchema {
  schema: TObject
  check: TypeCheck<TSchema>
}
const compileSchemas = (schemas: Record<string, TObject>) =>
  new Map(
    Object.entries(schemas).map(([name, schema]): [string, LineSchema] => [
      name,
      { schema, check: TypeCompiler.Compile(schema as TSchema) },
    ]),
  )
const [events, others] = [compileSchemas(EVENTS), compileSchemas(OTHER_LINES)]

/** Parses one line. @returns only the fields that it may have, or the first field that does not fit */
export function parseLine(json: string): { line: ImportedLine } | { fault: string } {
  const value = parseJson(json)
  if (!isJsonObject(value)) return { fault: 'it is no JSON object' }
  const { type, kind } = value
  const lineSchema = type === 'event' ? events.get(String(kind)) : others.get(String(type))
  if (lineSchema === undefined) return { fault: type === 'event' ? 'kind' : 'type' }
  const fields = pick(lineSchema.schema, value)
  if (!lineSchema.check.Check(fields))
    return { fault: lineSchema.check.Errors(fields).First()?.path.slice(1) ?? 'something' }
  // The check was made of this very schema.
  const line = fields as ImportedLine
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

/** The fields that a schema names, and no others. */
function pick(schema: TObject, value: JsonObject): JsonObject {
  const fields: JsonObject = {}
  for (const [key, { properties }] of Object.entries(schema.properties)) {
    if (!Object.hasOwn(value, key)) continue
    const one = value[key]
    fields[key] =
      isJsonObject(one) && isJsonObject(properties) ? pick(schema.properties[key] as TObject, one) : one
  }
  return fields
}

/** What a schema cannot say: the field that is longer than the wire takes, or holds what it does not. */
function contentFault(line: ImportedLine): string | null {
  if ('name' in line && !isName(line.name, line.type === 'room' ? LIMITS.roomName.bytes : LIMITS.name.bytes))
    return 'name'
  if (line.type === 'room') return isTopic(line.topic) ? null : 'topic'
  if (line.type !== 'event' || line.data === undefined) return null
  if (line.kind === 'react') return emojiFault(line.data.emoji) === null ? null : 'data/emoji'
  if (!('text' in line.data)) return null
  const fits = line.kind === 'topic' ? isTopic(line.data.text) : isText(line.data.text)
  return fits ? null : 'data/text'
}

/** By its size alone, and without what no version took: rules for names change, and those of then must come in. */
function isName(name: string, bytes: number): boolean {
  return name.trim() !== '' && byteLength(name) <= bytes && !/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(name)
}

function isTopic(topic: string): boolean {
  return byteLength(topic) <= LIMITS.topic.bytes && cleanText(topic) === topic
}

/** What counts as blank has changed, too: of that only white space alone is refused. */
function isText(text: string): boolean {
  const fault = textFault(text)
  return fault === null || (fault === 'blank' && text.trim() !== '')
}
