import { type TSchema, Kind } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler'
import type { ReplyTarget } from '../../hub/answerFrames.ts'
import { isJsonObject, type JsonObject } from '../../lib/jsonObject.ts'
import { emojiFault } from '../../shared/emoji.ts'
import { ClientFrame } from '../../shared/protocol.ts'
import { textFault } from '../../shared/text.ts'

export type Decoded =
  | { result: 'frame'; frame: ClientFrame; target: ReplyTarget }
  | { result: 'unknown' }
  | { result: 'fault'; code: 'badFrame' | 'tooBig'; target: ReplyTarget }

type FieldCopier = (value: unknown) => unknown

/** A schema with its check and its copy, made when the first frame of its type comes: all together they cost a start 40 ms. */
class FrameKind {
  readonly #schema: TSchema
  #check: TypeCheck<TSchema> | undefined
  #copy: FieldCopier | undefined

  constructor(schema: TSchema) {
    this.#schema = schema
  }

  /** The fields it names, of whatever was sent. */
  pick(value: unknown): unknown {
    this.#copy ??= copyOf(this.#schema)
    return this.#copy(value)
  }

  fits(frame: unknown): boolean {
    this.#check ??= TypeCompiler.Compile(this.#schema)
    return this.#check.Check(frame)
  }
}

const FRAME_KINDS = new Map(
  ClientFrame.anyOf.map((schema) => [schema.properties.type.const as string, new FrameKind(schema)]),
)
const NONCE = /^[A-Za-z0-9_-]{8,64}$/
const REF = /^[A-Za-z0-9_-]{1,64}$/

/** Copies the fields that a schema names, one by one, own ones alone: nothing else of what was sent goes any further. */
function copyOf(schema: TSchema): FieldCopier {
  if (schema[Kind] === 'Array') {
    const item = copyOf(schema.items as TSchema)
    return (value) => (Array.isArray(value) ? value.map((element) => item(element)) : value)
  }
  if (schema[Kind] !== 'Object') return (value) => value
  const inner = Object.entries(schema.properties as Record<string, TSchema>)
  const copies = inner.map(([key, field]) => [key, copyOf(field)] as const)
  return (value) => {
    if (!isJsonObject(value)) return value
    const fields: JsonObject = {}
    for (const [key, copy] of copies) if (Object.hasOwn(value, key)) fields[key] = copy(value[key])
    return fields
  }
}

function frameRefOf(value: JsonObject): ReplyTarget {
  const [nonce, ref] = [own(value, 'nonce'), own(value, 'ref')]
  if (typeof nonce === 'string' && NONCE.test(nonce)) return { nonce }
  if (typeof ref === 'string' && REF.test(ref)) return { ref }
  return {}
}

function own(value: JsonObject, key: string): unknown {
  return Object.hasOwn(value, key) ? value[key] : undefined
}

/** What a schema cannot say of a text and of an emoji. */
function contentFault(frame: ClientFrame) {
  if (frame.type === 'react') return emojiFault(frame.emoji)
  return frame.type === 'send' || frame.type === 'edit' ? textFault(frame.text) : null
}

/**
 * A parsed frame → one of `ClientFrame`, holding nothing that it does not name. A type that is not known is `unknown`, to be
 * ignored; a known one with a field missing or malformed is a fault, named where its name could be read.
 */
export function decode(value: unknown): Decoded {
  if (!isJsonObject(value)) return { result: 'fault', code: 'badFrame', target: {} }
  const target = frameRefOf(value)
  const type = own(value, 'type')
  if (typeof type !== 'string') return { result: 'fault', code: 'badFrame', target }
  const frameKind = FRAME_KINDS.get(type)
  if (!frameKind) return { result: 'unknown' }
  const frame = frameKind.pick(value)
  if (!frameKind.fits(frame)) return { result: 'fault', code: 'badFrame', target }
  const checked = frame as ClientFrame
  const fault = contentFault(checked)
  if (fault !== null) return { result: 'fault', code: fault === 'tooBig' ? 'tooBig' : 'badFrame', target }
  return { result: 'frame', frame: checked, target }
}
