import { expect, test } from 'bun:test'
import {
  addressKey,
  cameByHttps,
  clientAddress,
  isLoopback,
  isPrivate,
  parseAddress,
  parseRange,
  type TrustProxy,
} from '../../src/lib/address.ts'

const PROXY = '10.0.0.1'
const CLIENT = '203.0.113.9'
const SPOOFED = '198.51.100.66'

/** peer, TRUST_PROXY, X-Forwarded-For (or Fly-Client-IP) → client */
const CLIENTS: [peer: string, trust: TrustProxy, forwarded: string, client: string][] = [
  [CLIENT, 'none', '', CLIENT],
  [CLIENT, 'none', SPOOFED, CLIENT],
  [PROXY, 'none', CLIENT, PROXY],
  [PROXY, 1, CLIENT, CLIENT],
  [PROXY, 1, `${SPOOFED}, ${CLIENT}`, CLIENT],
  [PROXY, 1, `${SPOOFED},${SPOOFED},${CLIENT}`, CLIENT],
  [PROXY, 2, `${CLIENT}, 10.0.0.2`, CLIENT],
  [PROXY, 2, `${SPOOFED}, ${CLIENT}, 10.0.0.2`, CLIENT],
  [PROXY, 2, CLIENT, CLIENT],
  [PROXY, 9, CLIENT, CLIENT],
  [PROXY, 1, 'garbage', PROXY],
  [PROXY, 1, '', PROXY],
  [PROXY, 2, `unknown, 10.0.0.2`, '10.0.0.2'],
  [PROXY, 1, `${CLIENT}:4711`, `${CLIENT}:4711`],
  [PROXY, 1, '[2001:db8::7]:443', '[2001:db8::7]:443'],
  [PROXY, ['10.0.0.0/8'], CLIENT, CLIENT],
  [PROXY, ['10.0.0.0/8'], `${SPOOFED}, ${CLIENT}, 10.9.9.9`, CLIENT],
  [PROXY, ['10.0.0.0/8'], `10.1.1.1, 10.2.2.2`, '10.1.1.1'],
  [CLIENT, ['10.0.0.0/8'], SPOOFED, CLIENT],
  ['::ffff:10.0.0.1', ['10.0.0.0/8'], CLIENT, CLIENT],
  ['2001:db8::1', ['2001:db8::/32'], CLIENT, CLIENT],
  ['2001:db9::1', ['2001:db8::/32'], SPOOFED, '2001:db9::1'],
  [PROXY, ['::1', '2001:db8::/32'], SPOOFED, PROXY],
  [PROXY, 'fly', CLIENT, CLIENT],
  [PROXY, 'fly', 'garbage', PROXY],
]
test.each(CLIENTS)(
  '[S18] peer %s, TRUST_PROXY %j, forwarded for "%s": client %s',
  (peer, trust, forwarded, client) => {
    const name = trust === 'fly' ? 'fly-client-ip' : 'x-forwarded-for'
    expect(clientAddress(peer, new Headers({ [name]: forwarded }), trust)).toBe(client)
  },
)

test.each<[peer: string, trust: TrustProxy, proto: string, https: boolean]>([
  [PROXY, 'none', 'https', false],
  [CLIENT, ['10.0.0.0/8'], 'https', false],
  [PROXY, ['10.0.0.0/8'], 'https', true],
  [PROXY, 1, 'https', true],
  [PROXY, 1, 'https, http', false],
])('[S18] peer %s, TRUST_PROXY %j, forwarded by %s: https %p', (peer, trust, proto, https) => {
  expect(cameByHttps(peer, new Headers({ 'x-forwarded-proto': proto }), trust)).toBe(https)
})

test.each([
  ['203.0.113.9', '::ffff:203.0.113.9', true],
  ['203.0.113.9', '::ffff:cb00:7109', true],
  ['203.0.113.9', '203.0.113.9:80', true],
  ['203.0.113.9', '203.0.113.8', false],
  ['2001:db8:0:1::1', '2001:DB8:0:1:ffff:ffff:ffff:ffff', true],
  ['2001:db8:0:1::1', '[2001:db8:0:1::2]:443', true],
  ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
  ['unknown', 'unknown', true],
])('[S18] limits count %s and %s together: %p', (first, second, together) => {
  expect(addressKey(first) === addressKey(second)).toBe(together)
})

test.each([
  ['127.9.9.9', true, true],
  ['::1', true, true],
  ['::ffff:127.0.0.1', true, true],
  ['10.1.2.3', false, true],
  ['172.16.0.1', false, true],
  ['172.32.0.1', false, false],
  ['192.168.1.1', false, true],
  ['100.64.0.1', false, true],
  ['169.254.1.1', false, true],
  ['fd00::1', false, true],
  ['fe80::1%eth0', false, true],
  ['8.8.8.8', false, false],
  ['2606:4700::1', false, false],
  ['localhost', false, false],
])('[S18] %s: loopback %p, private %p', (address, loopback, local) => {
  expect([isLoopback(address), isPrivate(address)]).toEqual([loopback, local])
})

// ipaddr.js also reads octal, hexadecimal and one-number IPv4 addresses: a proxy writes none of them.
const NO_ADDRESSES =
  '01.2.3.4 0x7f.1 0x7f.0.0.1 2130706433 1.2.3 1.2.3.256 1.2.3.4.5 : ::: 1::2::3 12345:: 1:2:3 ::ffff:1.2.3'
test('[S18] a text that is no address is not read as one', () => {
  const texts = [
    ...NO_ADDRESSES.split(' '),
    '',
    '[::1',
    '::g',
    '1.2.3.4/8',
    '[]',
    '%',
    'a'.repeat(10_000),
    '1:'.repeat(8_000),
  ]
  expect(texts.filter((text) => parseAddress(text) !== null)).toEqual([])
})

test('[S18] a range is an address and a number of bits within it', () => {
  const bits = ['10.0.0.0/8', '::/0', '2001:db8::/32', '1.2.3.4', '::1/128'].map(
    (text) => parseRange(text)?.[1],
  )
  expect(bits).toEqual([8, 0, 32, 32, 128])
  const wrong = ['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', '10/8', '1.2.3.4/8/8', 'x']
  expect(wrong.filter((text) => parseRange(text) !== null)).toEqual([])
})
