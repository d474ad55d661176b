import type { Static, TSchema } from '@sinclair/typebox'
import type { TypeCheck } from '@sinclair/typebox/compiler'
import { ChatError } from '../shared/errors.ts'
import { MAX_BODY } from './requestAdmission.ts'

/**
 * The JSON body of a request; an empty body counts as `{}`. It keeps fields that the shape does not name: destructure it.
 * @throws ChatError `badRequest`, `tooBig`
 */
export async function readBody<T extends TSchema>(request: Request, shape: TypeCheck<T>): Promise<Static<T>> {
  const text = await request.text()
  // A chunked body has no Content-Length for admission to check.
  if (Buffer.byteLength(text) > MAX_BODY) throw new ChatError('tooBig')
  let body: unknown = null
  try {
    body = JSON.parse(text || '{}')
  } catch {
    // Fails the check of every shape.
  }
  if (!shape.Check(body)) throw new ChatError('badRequest')
  return body
}

/** For `onParse`: keeps Elysia from reading a body that the route reads itself. */
export const readByRoute = () => null
