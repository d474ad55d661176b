import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { type AnyElysia, Elysia, t } from 'elysia'
import { anApp } from '../support/client/anApp.ts'
import { eventually } from '../support/eventually.ts'
import { clientFrame, rawConnection, rawSocket, serverFrames } from '../support/server/rawSocket.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(20_000)

const apps: AnyElysia[] = []
afterAll(() => Promise.all(apps.map((app) => app.server?.stop(true))))
function listening(app: AnyElysia): number {
  app.listen({ port: 0, hostname: '127.0.0.1', reusePort: false })
  apps.push(app)
  return app.server?.port ?? 0
}
const sent = (bytes: Buffer) =>
  serverFrames(bytes)
    .filter(({ opcode }) => opcode === 1)
    .map(({ payload }) => payload)

describe('what looks safe and is not', () => {
  test('[X4] a schema on `.ws()` answers twelve bytes with many times as much; our own decoder says it in 200', async () => {
    const BAD = '{"type":"x"}'
    const body = t.Union([
      t.Object({ type: t.Literal('send'), nonce: t.String(), room: t.String(), text: t.String() }),
      t.Object({ type: t.Literal('read'), room: t.String(), seq: t.Integer() }),
    ])
    const theirs = await rawSocket(listening(new Elysia().ws('/ws', { body, message() {} })))
    theirs.write(clientFrame(0x81, BAD))
    const [told] = await eventually(
      'its answer',
      () => sent(theirs.bytes()).length > 0 && sent(theirs.bytes()),
    )
    expect(told?.length).toBeGreaterThan(200)

    const app = await anApp()
    const ada = await app.guest('Ada')
    const ours = await rawSocket(app.port, '/ws?v=2', [
      `Cookie: ${ada.cookie}`,
      `Origin: http://localhost:${app.port}`,
    ])
    ours.write(clientFrame(0x81, '{"type":"send","text":"canary"}'))
    const [answer] = await eventually('the answer', () => sent(ours.bytes()).length > 0 && sent(ours.bytes()))
    expect(answer?.length).toBeLessThanOrEqual(200)
    expect(answer?.toString()).not.toContain('canary')
    await app.stop()
  })

  test('[X8] routes of Bun beside Elysia answer without any hook; none of our paths does', async () => {
    const hooked = new Elysia({ serve: { routes: { '/beside': () => Response.json({}) } } as object })
      .onRequest(({ set }) => void (set.headers['x-hook'] = '1'))
      .get('/within', () => Response.json({}))
    const url = `http://localhost:${listening(hooked)}`
    const seen = await Promise.all(
      ['/beside', '/within'].map(async (path) => (await fetch(url + path)).headers.get('x-hook')),
    )
    expect(seen).toEqual([null, '1'])

    const app = await anApp()
    const paths = [
      '/',
      '/api/rooms',
      '/api/session',
      '/api/rooms/lobby/messages',
      '/ws',
      '/metrics',
      '/nothing',
    ]
    const statuses = paths.map(
      async (path) => (await fetch(app.origin + path, { headers: { host: 'x' } })).status,
    )
    expect(await Promise.all(statuses)).toEqual(paths.map(() => 421))
    await app.stop()
  })

  test('[X10] with NODE_ENV unset an exception becomes a page about the code, unless development is off', async () => {
    const answered = async (development: string) => {
      const code = `const server = Bun.serve({ port: 0, ${development} fetch() { throw new Error('canary') } })
        const answer = await fetch(server.url)
        await Bun.stdout.write(answer.status + ' ' + await answer.text())
        process.exit()`
      const child = Bun.spawn([process.execPath, '-e', code], {
        env: { PATH: process.env['PATH'] ?? '' },
        stdout: 'pipe',
        stderr: 'ignore',
      })
      return new Response(child.stdout).text()
    }
    const [careless, careful] = await Promise.all([answered(''), answered('development: false,')])
    expect(careless.length).toBeGreaterThan(1_000)
    expect(careful).toStartWith('500 ')
    expect(careful.length).toBeLessThan(200)
    expect(careful).not.toContain('canary')
  })

  test('[X10] nor does ours, where the framework itself fails', async () => {
    const app = await anApp()
    app.hub.rooms.list = () => {
      throw new Error('canary in /some/path')
    }
    const ada = await app.guest('Ada')
    const answer = await ada.ask('/api/rooms')
    expect([answer.status, (await answer.text()).includes('canary')]).toEqual([500, false])
    const odd = rawConnection(app.port, 'GET /%ff%fe/../..//%00?%zz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await eventually('an answer', () => odd.text().includes('\r\n\r\n'))
    expect(odd.text()).not.toContain('<html')
    odd.end()
    await app.stop()
  })
})
