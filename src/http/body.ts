import { isJsonObject, type JsonObject } from '../lib/jsonObject.ts'
import { ChatError } from '../shared/errors.ts'
import { MAX_BODY } from './requestAdmission.ts'

/** The JSON object a request brings; none at all is an empty one. @throws ChatError `badRequest`, `tooBig` */
export async function readJson(request: Request): Promise<JsonObject> {
  const text = await request.text()
  if (Buffer.byteLength(text) > MAX_BODY) throw new ChatError('tooBig')
  if (text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (isJsonObject(value)) return { ...value }
  } catch {
    // not JSON: refused like everything else that is no object
  }
  throw new ChatError('badRequest')
}

/** A field of text, or undefined if it is absent. @throws ChatError `badRequest` if it is anything else */
export function optionalText(fields: JsonObject, name: string): string | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (value === undefined || typeof value === 'string') return value
  throw new ChatError('badRequest')
}

/** @throws ChatError `badRequest` if it is absent or no text */
export function requireText(fields: JsonObject, name: string): string {
  const value = optionalText(fields, name)
  if (value === undefined) throw new ChatError('badRequest')
  return value
}
