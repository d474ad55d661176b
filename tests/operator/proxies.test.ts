import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import { aProxy, PROXIES, type Proxy } from '../support/server/aProxy.ts'
import { aServer, aTemporaryDir, freePort, type ServerProcess } from '../support/server/aServer.ts'
import { openSocket } from '../support/server/socketClient.ts'
import { eventually } from '../support/eventually.ts'

setDefaultTimeout(60_000)

const { dir, remove } = aTemporaryDir()
afterAll(remove)
/** The proxy's certificate is self-signed. */
const tls = { rejectUnauthorized: false }
const HELLO = { type: 'hello', rooms: [{ room: 'lobby', seq: 0, id: null }], state: 'active' }

const socketTo = (origin: string, cookie: string) =>
  openSocket(`${origin.replace('https', 'wss')}/ws?v=2`, { origin, cookie }, tls)

/** The status of a handshake from an address of this machine. */
function handshakeFrom(address: string, origin: string, ...headers: string[]): number {
  const upgrade = 'Connection: Upgrade|Upgrade: websocket|Sec-WebSocket-Version: 13'.split('|')
  const sent = [...upgrade, 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', `Origin: ${origin}`, ...headers]
  const curl = 'curl -sk -m 2 --http1.1 -o /dev/null -w %{http_code} --interface'.split(' ')
  const fields = sent.flatMap((header) => ['-H', header])
  return Number(Bun.spawnSync([...curl, address, `${origin}/ws?v=2`, ...fields]).stdout.toString())
}

for (const kind of PROXIES) {
  const isInstalled = [kind, 'openssl', 'curl'].every((program) => Bun.which(program) !== null)
  if (!isInstalled) console.log(`SKIPPED [O22] through ${kind}: it is not installed here`)

  describe.skipIf(!isInstalled)(`through ${kind}, with the snippet of docs/proxies`, () => {
    let proxy: Proxy
    let server: ServerProcess
    let cookie = ''
    beforeAll(async () => {
      const port = freePort()
      proxy = await aProxy(kind, join(dir, kind), port)
      const env = { TRUST_PROXY: '1', PUBLIC_URL: proxy.origin, MAX_CONNECTIONS_PER_ADDRESS: '2' }
      server = await aServer({ ...env, PORT: String(port), DATA_DIR: join(dir, `${kind}-data`) })
      await Promise.all([server.ready(), proxy.start()])
    })
    afterAll(async () => {
      await proxy.stop()
      await server[Symbol.asyncDispose]()
    })

    test('[O22] the page has HSTS, and the session cookie is Secure', async () => {
      const page = await fetch(proxy.origin, { tls })
      expect([page.status, page.headers.get('strict-transport-security')]).toEqual([200, 'max-age=31536000'])
      const answer = await fetch(`${proxy.origin}/api/session`, {
        method: 'POST',
        headers: { origin: proxy.origin, 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'Ada' }),
        tls,
      })
      expect(answer.status).toBe(201)
      const set = answer.headers.get('set-cookie') ?? ''
      expect(set).toContain('; Secure')
      cookie = set.split(';', 1)[0] ?? ''
    })

    test('[O22] a socket connects, and a message is acknowledged', async () => {
      const socket = await socketTo(proxy.origin, cookie)
      socket.send(HELLO)
      await socket.hears('sync')
      socket.send({ type: 'send', room: 'lobby', nonce: 'nonce-proxied', text: 'hello' })
      expect(await socket.hears('ack')).toMatchObject({ nonce: 'nonce-proxied', seq: 1 })
      socket.close()
      await socket.ends()
    })

    test('[O22, S18] each address has its own limit, and a forged header gives no other address', async () => {
      const sockets = [await socketTo(proxy.origin, cookie), await socketTo(proxy.origin, cookie)]
      expect(sockets.map(({ closed }) => closed)).toEqual([undefined, undefined])
      const handshake = (address: string, ...headers: string[]) =>
        handshakeFrom(address, proxy.origin, `Cookie: ${cookie}`, ...headers)
      for (const forged of ['X-Forwarded-For: ', 'Forwarded: for=', 'X-Real-IP: '])
        expect(handshake('127.0.0.1', `${forged}203.0.113.7`)).toBe(429)
      expect(handshake('127.0.0.2')).toBe(101)
      for (const socket of sockets) socket.close()
      await Promise.all(sockets.map((socket) => socket.ends()))
    })

    test('[O22] when the proxy restarts, sockets end with a code after which clients reconnect and resume', async () => {
      const first = await socketTo(proxy.origin, cookie)
      first.send(HELLO)
      const sync = await first.hears('sync')
      const { seq = 0, id = null } = sync.events.at(-1) ?? {}
      await proxy.stop()
      // 1002: the connection was cut within a frame.
      expect([1001, 1002, 1006]).toContain((await first.ends()).code)
      await proxy.start()
      const again = await eventually('a socket', async () => {
        const socket = await socketTo(proxy.origin, cookie)
        return socket.closed === undefined && socket
      })
      again.send({ ...HELLO, rooms: [{ room: 'lobby', seq, id }] })
      expect(await again.hears('sync')).toMatchObject({ events: [], head: seq, more: false })
      again.close()
    })

    const isSlow = process.env.SLOW === '1'
    if (isInstalled && !isSlow) console.log(`SKIPPED [O22] 90 s of silence through ${kind}: set SLOW=1`)
    test.skipIf(!isSlow)(
      '[O22] a socket lives through 90 s without messages',
      async () => {
        const socket = await socketTo(proxy.origin, cookie)
        socket.send(HELLO)
        const until = performance.now() + 90_000
        let answered = 0
        const beats = () => socket.heard.filter(({ type }) => type === 'beat').length
        const isOver = () => {
          for (; answered < beats(); answered += 1) socket.send({ type: 'beat' })
          return socket.closed !== undefined || performance.now() > until
        }
        await eventually('90 s', isOver, 100_000)
        expect([socket.closed, answered]).toEqual([undefined, 3])
        socket.close()
      },
      120_000,
    )
  })
}
