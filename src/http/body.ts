import { ChatError } from '../shared/errors.ts'
import { BODY } from './admit.ts'

/** How a room's slug looks. */
export const SLUG = /^[a-z0-9-]{1,64}$/

export type Fields = Record<string, unknown>

/** The JSON object a request brings; none at all is an empty one. @throws ChatError `badRequest`, `tooBig` */
export async function jsonOf(request: Request): Promise<Fields> {
  const text = await request.text()
  if (Buffer.byteLength(text) > BODY) throw new ChatError('tooBig')
  if (text === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {
    // not JSON: refused like everything else that is no object
  }
  throw new ChatError('badRequest')
}

/** A field of text, or undefined if it is absent. @throws ChatError `badRequest` if it is anything else */
export function textOf(fields: Fields, name: string): string | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (value === undefined || typeof value === 'string') return value
  throw new ChatError('badRequest')
}

/** @throws ChatError `badRequest` if it is absent or no text */
export function neededText(fields: Fields, name: string): string {
  const value = textOf(fields, name)
  if (value === undefined) throw new ChatError('badRequest')
  return value
}
