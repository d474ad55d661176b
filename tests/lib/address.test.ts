import { describe, expect, test } from 'bun:test'
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

/** peer, TRUST_PROXY, X-Forwarded-For (or Fly-Client-IP) → whom we take it for */
const CASES: [peer: string, trust: TrustProxy, said: string | null, client: string][] = [
  [CLIENT, 'none', null, CLIENT],
  [CLIENT, 'none', SPOOFED, CLIENT],
  [PROXY, 'none', CLIENT, PROXY],
  [PROXY, 1, null, PROXY],
  [PROXY, 1, CLIENT, CLIENT],
  [PROXY, 1, `${SPOOFED}, ${CLIENT}`, CLIENT],
  [PROXY, 1, `${SPOOFED},${SPOOFED},${CLIENT}`, CLIENT],
  [PROXY, 2, `${CLIENT}, 10.0.0.2`, CLIENT],
  [PROXY, 2, `${SPOOFED}, ${CLIENT}, 10.0.0.2`, CLIENT],
  [PROXY, 2, CLIENT, CLIENT],
  [PROXY, 9, `${CLIENT}`, CLIENT],
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
  [PROXY, 'fly', CLIENT, CLIENT],
  [PROXY, 'fly', 'x\r\ny'.replace('\r\n', ''), PROXY],
]

describe('the client behind proxies', () => {
  test('[S18] who is believed about a client is what TRUST_PROXY says, and nobody else: 25 cases', () => {
    expect(CASES).toHaveLength(25)
    const found = CASES.map(([peer, trust, said]) => {
      const name = trust === 'fly' ? 'fly-client-ip' : 'x-forwarded-for'
      return clientAddress(peer, new Headers(said === null ? {} : { [name]: said }), trust)
    })
    expect(found).toEqual(CASES.map(([, , , client]) => client))
  })

  test('[S18] that a client came by https is believed from a trusted proxy alone', () => {
    const https = new Headers({ 'x-forwarded-proto': 'https' })
    expect(cameByHttps(PROXY, https, 'none')).toBe(false)
    expect(cameByHttps(CLIENT, https, ['10.0.0.0/8'])).toBe(false)
    expect(cameByHttps(PROXY, https, ['10.0.0.0/8'])).toBe(true)
    expect(cameByHttps(PROXY, https, 1)).toBe(true)
    expect(cameByHttps(PROXY, new Headers({ 'x-forwarded-proto': 'https, http' }), 1)).toBe(false)
  })

  test('[S18] limits count one IPv4 address, or one IPv6 /64, in any spelling', () => {
    expect(addressKey('203.0.113.9')).toBe(addressKey('::ffff:203.0.113.9'))
    expect(addressKey('203.0.113.9')).toBe(addressKey('::ffff:cb00:7109'))
    expect(addressKey('203.0.113.9:80')).toBe(addressKey('203.0.113.9'))
    expect(addressKey('2001:db8:0:1::1')).toBe(addressKey('2001:DB8:0:1:ffff:ffff:ffff:ffff'))
    expect(addressKey('2001:db8:0:1::1')).not.toBe(addressKey('2001:db8:0:2::1'))
    expect(addressKey('203.0.113.9')).not.toBe(addressKey('203.0.113.8'))
  })

  test.each([
    ['127.0.0.1', true, true],
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

  test('[S18] what is no address is none', () => {
    const texts = [
      '1.2.3',
      '01.2.3.4',
      '1.2.3.256',
      '1.2.3.4.5',
      '',
      ':',
      ':::',
      '1::2::3',
      '12345::',
      '1:2:3:4:5:6:7:8:9',
    ]
    texts.push(
      '1:2:3',
      '::ffff:1.2.3',
      '[::1',
      '::g',
      '1.2.3.4/8',
      'a'.repeat(10_000),
      '0x7f.1',
      '2130706433',
      '[]',
      '%',
    )
    expect(texts.filter((text) => parseAddress(text) !== null)).toEqual([])
  })

  test('[S18] a range is an address and a number of bits within it', () => {
    expect(
      ['10.0.0.0/8', '::/0', '2001:db8::/32', '1.2.3.4', '::1/128'].map((text) => parseRange(text)?.bits),
    ).toEqual([104, 0, 32, 128, 128])
    expect(
      ['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/-1', '10/8', '1.2.3.4/8/8', 'x'].map(parseRange),
    ).toEqual(Array(7).fill(null))
  })
})
