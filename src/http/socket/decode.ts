import { type TSchema, Kind } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import type { ReplyTarget } from '../../hub/answerFrames.ts'
import { isJsonObject, type JsonObject } from '../../lib/jsonObject.ts'
import { emojiFault } from '../../shared/text.ts'
import { ClientFrame } from '../../shared/protocol.ts'
import { textFault } from '../../shared/text.ts'

export type Decoded =
  | { result: 'frame'; frame: ClientFrame; replyTarget: ReplyTarget }
  | { result: 'unknown' }
  | { result: 'fault'; code: 'badFrame' | 'tooBig'; replyTarget: ReplyTarget }

const FRAME_KINDS = new Map(
  ClientFrame.anyOf.map((schema) => [
    schema.properties.type.const as string,
    { copy: copyOf(schema), check: TypeCompiler.Compile(schema) },
  ]),
)
const NONCE = /^[A-Za-z0-9_-]{8,64}$/
const REF = /^[A-Za-z0-9_-]{1,64}$/

/** Makes a function that copies a schema's fields one by one, own fields only: nothing else of the input goes any further (S10). */
function copyOf(schema: TSchema): (value: unknown) => unknown {
  if (schema[Kind] === 'Array') {
    const copyItem = copyOf(schema.items as TSchema)
    return (value) => (Array.isArray(value) ? value.map((item) => copyItem(item)) : value)
  }
  if (schema[Kind] !== 'Object') return (value) => value
  const properties = Object.entries(schema.properties as Record<string, TSchema>)
  const copies = properties.map(([key, property]) => [key, copyOf(property)] as const)
  return (value) => {
    if (!isJsonObject(value)) return value
    const fields: JsonObject = {}
    for (const [key, copy] of copies) if (Object.hasOwn(value, key)) fields[key] = copy(value[key])
    return fields
  }
}

function replyTargetOf({ nonce, ref }: JsonObject): ReplyTarget {
  if (typeof nonce === 'string' && NONCE.test(nonce)) return { nonce }
  if (typeof ref === 'string' && REF.test(ref)) return { ref }
  return {}
}

/** Checks what a schema cannot express about a text or an emoji. */
function contentFault(frame: ClientFrame) {
  if (frame.type === 'react') return emojiFault(frame.emoji)
  return frame.type === 'send' || frame.type === 'edit' ? textFault(frame.text) : null
}

/**
 * Turns parsed JSON into a `ClientFrame` without any other field. An unknown type is `unknown`, to be ignored; a known type with
 * a missing or malformed field is a fault, with the frame's nonce or ref if that is well-formed.
 */
export function decode(value: unknown): Decoded {
  if (!isJsonObject(value)) return { result: 'fault', code: 'badFrame', replyTarget: {} }
  const replyTarget = replyTargetOf(value)
  if (typeof value['type'] !== 'string') return { result: 'fault', code: 'badFrame', replyTarget }
  const frameKind = FRAME_KINDS.get(value['type'])
  if (!frameKind) return { result: 'unknown' }
  const fields = frameKind.copy(value)
  if (!frameKind.check.Check(fields)) return { result: 'fault', code: 'badFrame', replyTarget }
  const frame = fields as ClientFrame
  const fault = contentFault(frame)
  if (fault !== null)
    return { result: 'fault', code: fault === 'tooBig' ? 'tooBig' : 'badFrame', replyTarget }
  return { result: 'frame', frame, replyTarget }
}
