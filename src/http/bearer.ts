/** How a session's token looks: 256 bits. */
export const TOKEN = /^[A-Za-z0-9_-]{43}$/

/** The token of an `Authorization: Bearer`, or null. */
export function bearerOf(request: Request): string | null {
  const [scheme = '', token = '', ...rest] = (request.headers.get('authorization') ?? '').split(' ')
  return scheme.toLowerCase() === 'bearer' && TOKEN.test(token) && rest.length === 0 ? token : null
}
