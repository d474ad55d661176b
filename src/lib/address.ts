import { IPv4, IPv6 } from 'ipaddr.js'

/**
 * Which forwarding headers name the client: none, Fly's own, those of this many proxies in a row, or those of proxies in
 * these ranges (CIDR, or a single address).
 */
export type TrustProxy = 'none' | 'fly' | number | readonly string[]

type Address = IPv4 | IPv6
type Range = [base: Address, bits: number]

/** Longer texts are refused before ipaddr.js parses them: a client can write any text in a header. */
const MAX_LENGTH = 64

/** An address alone, without brackets or a port. */
export function isAddress(text: string): boolean {
  return text.length <= MAX_LENGTH && (IPv4.isValidFourPartDecimal(text) || IPv6.isValid(text))
}

/** Also reads brackets, a port and a zone. An IPv4-mapped IPv6 address becomes IPv4. @returns null for anything else */
export function parseAddress(text: string): Address | null {
  const host = text.trim().replace(/^\[(.*)\](:\d{1,5})?$|^([\d.]+):\d{1,5}$/, '$1$3')
  if (!isAddress(host)) return null
  if (IPv4.isValid(host)) return IPv4.parse(host)
  const address = IPv6.parse(host)
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address
}

/** `10.0.0.0/8`, or a single address. @returns null for anything else */
export function parseRange(text: string): Range | null {
  const [host = '', length, ...more] = text.split('/')
  const address = parseAddress(host)
  if (address === null || more.length > 0 || !/^\d{1,3}$/.test(length ?? '0')) return null
  const max = address.toByteArray().length * 8
  const bits = Number(length ?? max)
  return bits <= max ? [address, bits] : null
}

export function isLoopback(text: string): boolean {
  return parseAddress(text)?.range() === 'loopback'
}

/** Is this a loopback or local network address, and so not that of a client on the internet? */
export function isPrivate(text: string): boolean {
  const kinds = ['loopback', 'private', 'linkLocal', 'carrierGradeNat', 'uniqueLocal']
  return kinds.includes(parseAddress(text)?.range() ?? '')
}

/** The unit that limits count by: one IPv4 address, or one IPv6 /64. A text that is no address is its own key. */
export function addressKey(text: string): string {
  const address = parseAddress(text)
  if (address === null) return text
  return address instanceof IPv4 ? address.toString() : `${address.parts.slice(0, 4).join(':')}/64`
}

/** Headers that show that a proxy forwarded the request. */
export const FORWARDING = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'fly-client-ip', 'via'] as const

/**
 * The client's address: `peer`, or the right-most entry of the forwarding chain that is not a trusted proxy. An entry that
 * is no address ends the chain: then the proxy that passed the entry on counts as the client (S18).
 */
export function clientAddress(peer: string, headers: Headers, trust: TrustProxy): string {
  if (trust === 'none') return peer
  if (trust === 'fly') {
    const flyAddress = headers.get('fly-client-ip')?.trim() ?? ''
    return parseAddress(flyAddress) ? flyAddress : peer
  }
  const chain = (headers.get('x-forwarded-for') ?? '').split(',').map((entry) => entry.trim())
  let client = peer
  for (let hop = 0; chain.length > 0; hop += 1) {
    const next = chain.pop() ?? ''
    if (!isTrusted(client, hop, trust) || !parseAddress(next)) break
    client = next
  }
  return client
}

/** @param hop how many proxies lie between this address and the server */
function isTrusted(text: string, hop: number, trust: number | readonly string[]): boolean {
  const address = parseAddress(text)
  if (address === null) return false
  if (typeof trust === 'number') return hop < trust
  return trust.some((entry) => {
    const range = parseRange(entry)
    // `match` throws for an address of the other kind.
    return range !== null && range[0].kind() === address.kind() && address.match(range)
  })
}

/** Does a trusted proxy say that the client used https? */
export function cameByHttps(peer: string, headers: Headers, trust: TrustProxy): boolean {
  if (trust === 'none' || (typeof trust === 'object' && !isTrusted(peer, 0, trust))) return false
  return headers.get('x-forwarded-proto')?.split(',').at(-1)?.trim().toLowerCase() === 'https'
}
