/**
 * Whom to believe about a client's address: nobody, Fly's own header, so many proxies in a row, or the proxies of these
 * ranges (CIDR, or a single address).
 */
export type TrustProxy = 'none' | 'fly' | number | readonly string[]

/** An IPv6 address, or an IPv4 one as `::ffff:a.b.c.d`, in its 16 bytes. */
type Bytes = Uint8Array

function parseIPv4(text: string): number[] | null {
  const parts = text.split('.')
  if (parts.length !== 4) return null
  const bytes: number[] = []
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return null
    bytes.push(Number(part))
  }
  return bytes
}

/** An address in any of its spellings, brackets, port and zone apart → its bytes, or null for anything else. */
export function parseAddress(typed: string): Bytes | null {
  let text = typed.trim()
  const bracketed = /^\[([^\]]*)\](:\d{1,5})?$/.exec(text)
  if (bracketed) text = bracketed[1] ?? ''
  else if (/^[\d.]+:\d{1,5}$/.test(text)) text = text.slice(0, text.indexOf(':'))
  text = text.replace(/%[\w.-]{1,32}$/, '')
  if (text.length > 45) return null

  const four = parseIPv4(text)
  if (four) return Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...four])
  if (!text.includes(':')) return null

  const tail = /^(.*:)(\d[\d.]*\.\d+)$/.exec(text)
  const last = tail && parseIPv4(tail[2] ?? '')
  if (tail && !last) return null
  if (tail && last) {
    const [a = 0, b = 0, c = 0, d = 0] = last
    text = `${tail[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  }
  const halves = text.split('::')
  if (halves.length > 2) return null
  const [head = [], rest = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - rest.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null
  const groups = [...head, ...Array<string>(missing).fill('0'), ...rest]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null
  return Uint8Array.from(groups.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]))
}

/** `10.0.0.0/8` or a single address → its first bits, or null for anything else. */
export function parseRange(text: string): { base: Bytes; bits: number } | null {
  const [address = '', length, ...more] = text.split('/')
  const base = parseAddress(address)
  if (!base || more.length > 0 || (length !== undefined && !/^\d{1,3}$/.test(length))) return null
  const four = isIPv4(base) && !address.includes(':')
  const bits = length === undefined ? 128 : Number(length) + (four ? 96 : 0)
  return bits > 128 ? null : { base, bits }
}

function inRange(address: Bytes, { base, bits }: { base: Bytes; bits: number }): boolean {
  for (let bit = 0; bit < bits; bit += 8) {
    const mask = bits - bit >= 8 ? 0xff : (0xff << (8 - (bits - bit))) & 0xff
    if (((address[bit / 8] ?? 0) & mask) !== ((base[bit / 8] ?? 0) & mask)) return false
  }
  return true
}

function ranges(...texts: string[]): { base: Bytes; bits: number }[] {
  return texts.flatMap((text) => parseRange(text) ?? [])
}

const LOOPBACK = ranges('127.0.0.0/8', '::1')
const PRIVATE = [
  ...LOOPBACK,
  ...ranges('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10'),
  ...ranges('fc00::/7', 'fe80::/10'),
]

function isIPv4(address: Bytes): boolean {
  return address.every((byte, at) => at >= 12 || byte === (at < 10 ? 0 : 0xff))
}

/** The machine itself. */
export function isLoopback(text: string): boolean {
  const address = parseAddress(text)
  return address !== null && LOOPBACK.some((range) => inRange(address, range))
}

/** Loopback, a local network, or what a gateway gives itself: not the address of somebody out there. */
export function isPrivate(text: string): boolean {
  const address = parseAddress(text)
  return address !== null && PRIVATE.some((range) => inRange(address, range))
}

/** What limits are counted by: one IPv4 address, or one IPv6 /64. Something that is no address stands for itself. */
export function addressKey(text: string): string {
  const address = parseAddress(text)
  if (!address) return text
  return isIPv4(address) ? address.slice(12).join('.') : `${address.slice(0, 8).toHex()}/64`
}

/** The headers by which a proxy says for whom it speaks. */
export const FORWARDING = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'fly-client-ip', 'via'] as const

/**
 * The client's address (S18): `peer` itself, or what the proxies say that are believed. Of a chain the right-most entry that is
 * no believed proxy's; an entry that is no address ends the chain, and the proxy that passed it on counts.
 */
export function clientAddress(peer: string, headers: Headers, trust: TrustProxy): string {
  if (trust === 'none') return peer
  if (trust === 'fly') {
    const flyAddress = headers.get('fly-client-ip')?.trim() ?? ''
    return parseAddress(flyAddress) ? flyAddress : peer
  }
  const chain = (headers.get('x-forwarded-for') ?? '').split(',').map((entry) => entry.trim())
  const believed = typeof trust === 'number' ? null : ranges(...trust)
  let client = peer
  for (let hop = 0; chain.length > 0; hop += 1) {
    const proxy = parseAddress(client)
    if (!proxy) break
    if (believed ? !believed.some((range) => inRange(proxy, range)) : hop === trust) break
    const next = chain.pop() ?? ''
    if (!parseAddress(next)) break
    client = next
  }
  return client
}

/** Does a believed proxy say that the client came by https? */
export function cameByHttps(peer: string, headers: Headers, trust: TrustProxy): boolean {
  if (trust === 'none') return false
  const proxy = parseAddress(peer)
  if (typeof trust === 'object' && !(proxy && ranges(...trust).some((range) => inRange(proxy, range))))
    return false
  return headers.get('x-forwarded-proto')?.split(',').at(-1)?.trim().toLowerCase() === 'https'
}
