import { isLoopback } from '../lib/address.ts'

/** The addresses people may use. `publicUrl` and `allowedOrigins` are origins as a browser writes them. */
export interface Origins {
  publicUrl: string | null
  allowedOrigins: readonly string[]
}

/** A name or address as a Host header may have it, its port apart. */
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)(?::(\d{1,5}))?$/

/** Characters a Host needs in all: X11, Elysia's router misreads the path behind a shorter one. */
const MIN_LENGTH = 4

/** Can paths be told under this host? The port counts, but for 80, which Bun leaves out of a request's address. */
export function canRoute(host: string): boolean {
  const port = Number(/:(\d+)$/.exec(host)?.[1] ?? 80)
  return `${nameOf(host)}${port === 80 ? '' : `:${port}`}`.length >= MIN_LENGTH
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '')
}

/** A name of this machine for itself, any port: what a person at the server types, and what no foreign page can be under. */
export function isLoopbackHost(host: string): boolean {
  const name = nameOf(host)
  return name === 'localhost' || isLoopback(name)
}

/**
 * The request's Host in lower case, or why it is not answered (S38). Known names alone once `PUBLIC_URL` is set, else any
 * well-formed one that is long enough.
 */
export function hostOf(header: string | null, origins: Origins): string | 'missing' | 'wrong' {
  if (header === null || header === '') return 'missing'
  const host = header.toLowerCase()
  const [found, , port = ''] = HOST.exec(host) ?? []
  if (found === undefined || !canRoute(host) || Number(port) > 65_535) return 'wrong'
  if (origins.publicUrl === null || isLoopbackHost(host)) return host
  const known = [origins.publicUrl, ...origins.allowedOrigins]
  return known.some((origin) => ownOrigins(host).includes(origin)) ? host : 'wrong'
}

/** The origins a page under this Host can have. Which of the two it is, a proxy in front knows, and we do not. */
function ownOrigins(host: string): string[] {
  return [`http://${host.replace(/:80$/, '')}`, `https://${host.replace(/:443$/, '')}`]
}

/**
 * May a page of this origin act here (S1)? Compared whole: scheme, host and port. The own host counts as long as no
 * `PUBLIC_URL` says more, and on the machine itself.
 */
export function allowsOrigin(origin: string, host: string, origins: Origins): boolean {
  if (origin === origins.publicUrl || origins.allowedOrigins.includes(origin)) return true
  if (origins.publicUrl === null) return ownOrigins(host).includes(origin)
  return isLoopbackHost(host) && origin === ownOrigins(host)[0]
}
