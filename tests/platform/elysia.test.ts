import { afterAll, describe, expect, test } from 'bun:test'
import { type AnyElysia, Elysia } from 'elysia'
import { eventually } from '../support/eventually.ts'
import { clientFrame, rawConnection, rawSocket, serverFrames } from '../support/server/rawSocket.ts'

const apps: AnyElysia[] = []
afterAll(() => Promise.all(apps.map((app) => app.server?.stop(true))))
const HERE = { port: 0, hostname: '127.0.0.1', reusePort: false } as const

function listening(app: AnyElysia, websocket: object = {}): number {
  app.listen({ ...HERE, websocket })
  apps.push(app)
  return app.server?.port ?? 0
}
const texts = (bytes: Buffer) =>
  serverFrames(bytes)
    .filter((frame) => frame.opcode === 1)
    .map((frame) => frame.payload.toString())
const upgrade = (port: number) =>
  fetch(`http://localhost:${port}/ws`, {
    headers: {
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    },
  })

describe('sockets', () => {
  test('[P19, X3] `message` given to `listen` gets every frame raw, while `open` and `close` stay with `.ws()`', async () => {
    const seen: (string | Buffer)[] = []
    const events: string[] = []
    const app = new Elysia({ websocket: { maxPayloadLength: 1_024 } }).ws('/ws', {
      open: () => void events.push('open'),
      close: () => void events.push('close'),
      message: () => void events.push('message'),
    })
    const port = listening(app, { message: (_ws: unknown, frame: string | Buffer) => void seen.push(frame) })
    const client = await rawSocket(port)
    for (const text of ['123', 'true', '{"a":1}', '1e400']) client.write(clientFrame(0x81, text))
    client.write(clientFrame(0x82, 'bytes'))
    await eventually('all frames', () => seen.length === 5)
    expect(seen.slice(0, 4)).toEqual(['123', 'true', '{"a":1}', '1e400'])
    expect(seen[4]).toBeInstanceOf(Buffer)
    client.end()
    await eventually('the close', () => events.includes('close'))
    expect(events).toEqual(['open', 'close'])
  })

  test('[X3] without it a frame has been parsed before any handler sees it', async () => {
    const seen: unknown[] = []
    const port = listening(new Elysia().ws('/ws', { message: (_ws, frame) => void seen.push(frame) }))
    const client = await rawSocket(port)
    for (const text of ['123', 'true', '{"a":1}']) client.write(clientFrame(0x81, text))
    await eventually('all frames', () => seen.length === 3)
    expect(seen).toEqual([123, true, { a: 1 }])
  })

  test('[P20] `ping` is handed the raw socket that `open` had in its wrapper', async () => {
    let raw: unknown
    let pinged: unknown
    const app = new Elysia().ws('/ws', {
      open: (ws) => void (raw = ws.raw),
      ping: (ws) => void (pinged = ws),
    })
    const client = await rawSocket(listening(app))
    client.write(clientFrame(0x89, ''))
    await eventually('the ping', () => pinged)
    expect(pinged === raw).toBe(true)
  })

  test('[P20] an object put into `raw.data` takes the wrapper’s place for what Elysia calls', async () => {
    const heard: string[] = []
    class Own {
      message(_ws: unknown, frame: unknown): void {
        heard.push(`message ${String(frame)}`)
      }
      close(): void {
        heard.push('close')
      }
    }
    const app = new Elysia().ws('/ws', {
      open: ({ raw }) => void Object.assign(raw, { data: new Own() }),
    })
    const client = await rawSocket(listening(app))
    client.write(clientFrame(0x81, '123'))
    await eventually('the frame', () => heard.length === 1)
    client.end()
    await eventually('the close', () => heard.length === 2)
    expect(heard).toEqual(['message 123', 'close'])
  })

  test('[P20, P24] a hook of `.ws()` may upgrade: it runs once, Elysia calls what it gave, and nobody hears what it returns', async () => {
    const happened: string[] = []
    const own = {
      open: (raw: { send(text: string): void }) => void (happened.push('open'), raw.send('first')),
      close: () => void happened.push('close'),
    }
    const app = new Elysia().ws('/ws', {
      open: () => void happened.push('the open of `.ws()`'),
      beforeHandle({ request, server }) {
        happened.push('hook')
        server?.upgrade(request, { data: own, headers: { 'x-own': 'yes' } })
        return new Response('never seen')
      },
    })
    const client = await rawSocket(listening(app))
    await eventually('the first frame', () => client.text().includes('first'))
    client.end()
    await eventually('the close', () => happened.includes('close'))
    expect(happened).toEqual(['hook', 'open', 'close'])
    expect(client.text()).toContain('101 Switching Protocols')
    expect(client.text().toLowerCase()).toContain('x-own: yes')
    expect(client.text()).not.toContain('never seen')
  })

  test('[P21, X2] limits hold in `new Elysia({ websocket })` and are ignored in `.ws()`', async () => {
    const limits = { maxPayloadLength: 1_024 }
    const heard: number[] = []
    const message = { message: (_ws: unknown, frame: string) => void heard.push(frame.length) }
    const ignored = await rawSocket(listening(new Elysia().ws('/ws', { ...limits }), message))
    ignored.write(clientFrame(0x81, 'x'.repeat(1_025)))
    await eventually('the frame', () => heard[0] === 1_025)

    const held = await rawSocket(listening(new Elysia({ websocket: limits }).ws('/ws', {}), message))
    held.write(clientFrame(0x81, 'x'.repeat(1_025)))
    await eventually('the end', () => held.closed)
    expect(heard).toEqual([1_025])
  })

  test('[P22, X5, X6] a throw in `open` vanishes, what it returns is sent, and the wrapper is another each time', async () => {
    const wrappers: unknown[] = []
    const raws: unknown[] = []
    const app = new Elysia().ws('/ws', {
      open(ws) {
        wrappers.push(ws)
        raws.push(ws.raw)
        return 'sent, though nobody sent it'
      },
      close(ws) {
        wrappers.push(ws)
        raws.push(ws.raw)
        throw new Error('nobody hears this')
      },
    })
    const client = await rawSocket(listening(app))
    await eventually('what was returned', () => texts(client.bytes())[0] === 'sent, though nobody sent it')
    client.end()
    await eventually('the close', () => wrappers.length === 2)
    expect([wrappers[0] === wrappers[1], raws[0] === raws[1]]).toEqual([false, true])
  })

  test('[P24, X1] what `upgrade` returns is ignored; a `Response` from `onRequest` refuses, and is asked once', async () => {
    const ignored = new Elysia().ws('/ws', { upgrade: ({ status }) => status(403) as unknown as object })
    expect((await rawSocket(listening(ignored))).closed).toBe(false)

    let asked = 0
    const refused = new Elysia()
      .onRequest(() => {
        asked += 1
        return new Response(null, { status: 403 })
      })
      .ws('/ws', {})
    expect((await upgrade(listening(refused))).status).toBe(403)
    expect(asked).toBe(1)
  })
})

describe('HTTP', () => {
  test('[P25, X16] with `reusePort: false` a port has one owner, though Elysia would share it', () => {
    const port = listening(new Elysia())
    const second = new Elysia()
    expect(() => second.listen({ ...HERE, port })).toThrow(expect.objectContaining({ code: 'EADDRINUSE' }))
    const first = new Elysia().listen({ port: 0, hostname: '127.0.0.1' })
    const sharing = new Elysia().listen({ port: first.server?.port ?? 0, hostname: '127.0.0.1' })
    apps.push(first, sharing)
    expect(sharing.server?.port).toBe(first.server?.port)
  })

  test('[P28, X7] headers set in `onRequest` reach every kind of answer, `.onAfterHandle()` does not', async () => {
    const app = new Elysia()
      .onAfterHandle(({ set }) => {
        set.headers['x-late'] = '1'
      })
      .onRequest(({ set, request }) => {
        set.headers['x-early'] = '1'
        return request.url.endsWith('/early') ? new Response(null, { status: 421 }) : undefined
      })
      .onError(() => Response.json({}, { status: 500 }))
      .get('/', () => Response.json({}))
      .get('/broken', () => {
        throw new Error('broken')
      })
      .post('/body', ({ body }) => Response.json({ body }))
    const url = `http://localhost:${listening(app)}`
    const answers = await Promise.all([
      fetch(url),
      fetch(url, { method: 'HEAD' }),
      fetch(url, { method: 'OPTIONS' }),
      fetch(`${url}/early`),
      fetch(`${url}/nothing`),
      fetch(`${url}/broken`),
      fetch(`${url}/body`, { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }),
    ])
    expect(answers.map((answer) => answer.headers.get('x-early'))).toEqual(Array(7).fill('1'))
    // index 4: nothing there
    expect(answers[4]?.headers.get('x-late')).toBeNull()
  })

  test('[P28, X9] a bare text leaves as a download, one with its type does not', async () => {
    const app = new Elysia()
      .onRequest(({ set }) => void (set.headers['x-a'] = '1'))
      .get('/bare', () => new Response('<p>'))
      .get('/typed', () => new Response('<p>', { headers: { 'content-type': 'text/html' } }))
    const url = `http://localhost:${listening(app)}`
    const types = await Promise.all(
      ['/bare', '/typed'].map(async (path) => (await fetch(url + path)).headers.get('content-type')),
    )
    expect(types[0]?.startsWith('text/')).not.toBe(true)
    expect(types[1]).toBe('text/html')
  })

  test('[X11, P26] a Host of fewer than four characters shifts the router, after `onRequest` has run', async () => {
    const paths: string[] = []
    const app = new Elysia({ systemRouter: false })
      .onRequest(({ request }) => void paths.push(request.url))
      .onError(() => Response.json({ found: false }))
      .get('/admin', () => Response.json({ found: true }))
    const port = listening(app)
    const ask = async (host: string, path: string) => {
      const client = rawConnection(port, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
      await eventually('the answer', () => client.closed)
      return client.text().includes('"found":true')
    }
    expect(await ask('x', '/zzz/admin')).toBe(true)
    expect(await ask('localhost', '/zzz/admin')).toBe(false)
    expect(paths).toHaveLength(2)
  })

  test('[P31] more than 16 KB of headers are refused, and the server goes on', async () => {
    const url = `http://localhost:${listening(new Elysia().get('/', () => Response.json({})))}`
    expect((await fetch(url, { headers: { 'x-long': 'x'.repeat(17_000) } })).status).toBe(431)
    expect((await fetch(url)).status).toBe(200)
  })
})
