import { isLoopback } from '../lib/address.ts'

/** The addresses people may use. `publicUrl` and `allowedOrigins` are origins as a browser writes them. */
export interface Origins {
  publicUrl: string | null
  allowedOrigins: readonly string[]
}

/** A host name or address, with an optional port, as a Host header may have it. */
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)(?::(\d{1,5}))?$/

/** Can a request name this host? Not if it has a wildcard, or a variable without its value, as in `https://${DOMAIN}`. */
export const isHost = (host: string) => HOST.test(host)

/** Elysia's router misreads the path when the Host has fewer characters: `/zzz/admin` would be `/admin`. */
const MIN_HOST_LENGTH = 4

/** The port of a Host header or an origin; 80 if it names none. */
export function portOf(host: string): number {
  return Number(/:(\d+)$/.exec(host)?.[1] ?? 80)
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '')
}

/** Can Elysia route requests to this Host? Port 80 does not count, as Bun leaves it out of the request's address. */
export function canRoute(host: string): boolean {
  const port = portOf(host)
  return `${nameOf(host)}${port === 80 ? '' : `:${port}`}`.length >= MIN_HOST_LENGTH
}

/** Is the Host a name of this machine for itself, on any port? No page from elsewhere can have such a Host. */
export function isLoopbackHost(host: string): boolean {
  const name = nameOf(host)
  return name === 'localhost' || isLoopback(name)
}

/**
 * The request's Host in lower case; null if the request is refused (S38). With `PUBLIC_URL` only known and loopback hosts
 * are accepted, else any well-formed Host that Elysia can route.
 */
export function hostOf(header: string, origins: Origins): string | null {
  const host = header.toLowerCase()
  if (!isHost(host) || !canRoute(host) || portOf(host) > 65_535) return null
  if (origins.publicUrl === null) return host
  const known = [origins.publicUrl, ...origins.allowedOrigins]
  return ownOrigins(host).some((origin) => known.includes(origin)) || isLoopbackHost(host) ? host : null
}

/** The origins that a page under this Host can have. Only a proxy in front knows which of the two it is. */
function ownOrigins(host: string): string[] {
  return [`http://${host.replace(/:80$/, '')}`, `https://${host.replace(/:443$/, '')}`]
}

/**
 * May a page of this origin act here? Scheme, host and port are compared whole (S1). A page of the request's own Host
 * may also act if no `PUBLIC_URL` is set, or, over http, if the Host is a loopback name.
 */
export function allowsOrigin(origin: string, host: string, origins: Origins): boolean {
  if (origin === origins.publicUrl || origins.allowedOrigins.includes(origin)) return true
  if (origins.publicUrl === null) return ownOrigins(host).includes(origin)
  return isLoopbackHost(host) && origin === ownOrigins(host)[0]
}
