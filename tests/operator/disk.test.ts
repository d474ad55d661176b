import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { aGuest, type Guest } from '../support/client/anApp.ts'
import { aCommand } from '../support/server/aCommand.ts'
import { aDatabase } from '../support/server/aDatabase.ts'
import { aServer, aServerUnder, aTemporaryDir, type ServerProcess } from '../support/server/aServer.ts'
import { timed } from '../support/aMeasure.ts'
import { eventually } from '../support/eventually.ts'
import type { SocketClient } from '../support/server/socketClient.ts'

setDefaultTimeout(30_000)

const { dir, remove } = aTemporaryDir()
afterAll(remove)

const SMALL = 100
const mounted = [
  'unshare',
  '-m',
  'sh',
  '-c',
  `mount -t tmpfs -o size=${SMALL}m,mode=700 tmpfs "$0" && exec "$@"`,
]
const possible = process.getuid?.() === 0 && Bun.spawnSync([...mounted, dir, 'true']).exitCode === 0
if (!possible) console.log('SKIPPED [O12]: this machine lets nobody mount a small disk')

describe.skipIf(!possible)('a disk of 100 MiB', () => {
  const data = join(dir, 'data')
  let server: ServerProcess
  let origin = ''
  let ada: Guest
  let socket: SocketClient
  beforeAll(async () => {
    mkdirSync(data)
    server = await aServerUnder([...mounted, data], { DATA_DIR: data })
    origin = await server.ready()
    ada = await aGuest(origin, 'Ada')
    socket = await ada.enter('lobby')
  })
  afterAll(async () => {
    server.kill('SIGKILL')
    await server.exited()
  })
  /** The filler, as the server's own mounts have it. */
  const filler = () => `/proc/${server.pid}/root${join(data, 'filler')}`
  const send = async (nonce: string) => {
    const from = socket.heard.length
    socket.send({ type: 'send', room: 'lobby', nonce, text: nonce })
    return eventually('an answer', () =>
      socket.heard
        .slice(from)
        .find((frame) => (frame.type === 'ack' || frame.type === 'error') && frame.nonce === nonce),
    )
  }
  const ready = async () => (await fetch(`${origin}/readyz`)).json() as Promise<unknown>

  test('[O12] with less than 64 MiB free nothing is stored and everything is read; it says so once, and recovers by itself', async () => {
    expect(await send('nonce-before')).toMatchObject({ type: 'ack', seq: 1 })
    writeFileSync(filler(), Buffer.alloc((SMALL - 50) * 2 ** 20))

    let guests = 0
    await eventually('nobody new is let in', () =>
      aGuest(origin, `Bob ${++guests}`).then(
        () => false,
        (error: Error) => error.message.includes('503'),
      ),
    )
    expect(await send('nonce-refused')).toMatchObject({ type: 'error', code: 'unavailable', retry: true })
    expect(await ready()).toEqual({ ready: false, failing: ['store'] })
    expect((await fetch(`${origin}/healthz`)).status).toBe(200)
    const page = (await (await ada.ask('/api/rooms/lobby/messages')).json()) as {
      messages: { text: string }[]
    }
    expect(page.messages[0]?.text).toBe('nonce-before')
    const second = await ada.enter('lobby')
    second.close()

    rmSync(filler())
    const isReady = async () => JSON.stringify(await ready()) === '{"ready":true,"failing":[]}'
    const { ms } = await timed(() => eventually('it is ready again', isReady, 15_000))
    expect(ms).toBeLessThan(5_000)
    expect(await send('nonce-refused')).toMatchObject({ type: 'ack', seq: 2 })
    const said = server
      .out()
      .split('\n')
      .filter((line) => line.includes('the disk'))
    expect(
      said.map((line) => JSON.parse(line) as { level: string; msg: string; code?: string }),
    ).toMatchObject([
      { level: 'warn', msg: 'the disk cannot be written or read', code: 'RESERVE' },
      { level: 'info', msg: 'the disk works again' },
    ])
  })

  test('[O24] a backup that has no room for its copy is refused, and leaves nothing', async () => {
    expect(() => writeFileSync(filler(), Buffer.alloc(SMALL * 2 ** 20))).toThrow('ENOSPC')
    const inside = ['nsenter', '-t', String(server.pid), '-m']
    const ran = await aCommand(
      ['backup', join(dir, 'elsewhere.tar.gz')],
      { DATA_DIR: data },
      'ignore',
      inside,
    )
    expect([ran.code, ran.err]).toEqual([
      1,
      expect.stringMatching(/^A backup needs \d+ MB free .* Make room first/),
    ])
    expect(readdirSync(dir)).not.toContain('elsewhere.tar.gz')
    rmSync(filler())
  })
})

test('[O12] a damaged file is not started on: exit 1, it is left as it is, and the cure is named', async () => {
  const own = join(dir, 'damaged')
  aDatabase(own, 300)
  const file = openSync(join(own, 'hubbub.db'), 'r+')
  writeSync(file, Buffer.alloc(8_192, 0x55), 0, 8_192, 0)
  closeSync(file)
  const server = await aServer({ DATA_DIR: own })
  expect(await server.exited()).toBe(1)
  expect(server.err()).toMatch(/^The database in \S+ cannot be used: .*left as it was.*hubbub doctor/)
})

const limits = Bun.which('prlimit') !== null && process.platform === 'linux'
if (!limits) console.log('SKIPPED [O12] a disk that takes nothing: prlimit is missing')
test.skipIf(!limits)(
  '[O12, O17] while the disk takes no byte, as one that became read-only, all is read, each send is refused, a few lines say it, and then it goes on',
  async () => {
    const own = join(dir, 'refusing')
    const server = await aServer({ DATA_DIR: own })
    const origin = await server.ready()
    const [ada, bob] = [await aGuest(origin, 'Ada'), await aGuest(origin, 'Bob')]
    const [socket, other] = [await ada.enter('lobby'), await bob.enter('lobby')]
    const send = (nonce: string) => socket.send({ type: 'send', room: 'lobby', nonce, text: nonce })
    send('nonce-before')
    await socket.hears('ack')
    const may = (bytes: string) =>
      expect(
        Bun.spawnSync(['prlimit', '--pid', String(server.pid), `--fsize=${bytes}:unlimited`]).exitCode,
      ).toBe(0)
    const ready = async () => (await fetch(`${origin}/readyz`)).status

    may('1')
    const refused = Array.from({ length: 8 }, (_, at) => `nonce-full-${at}`)
    for (const nonce of refused) {
      send(nonce)
      expect(await socket.hears('error', (error) => error.nonce === nonce)).toMatchObject({
        code: 'unavailable',
        retry: true,
      })
    }
    expect(await ready()).toBe(503)
    const history = (await (await bob.ask('/api/rooms/lobby/messages')).json()) as {
      messages: { text: string }[]
    }
    expect(history.messages.map(({ text }) => text)).toEqual(['nonce-before'])
    expect(other.heard.filter(({ type }) => type === 'event')).toHaveLength(1)

    may('unlimited')
    await eventually('it is ready again', async () => (await ready()) === 200)
    send('nonce-full-0')
    expect(await socket.hears('ack', ({ nonce }) => nonce === 'nonce-full-0')).toMatchObject({ seq: 2 })
    const lines = server
      .out()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string; level: string; code?: string })
    expect(lines.filter(({ msg }) => msg.includes('the disk'))).toMatchObject([
      { level: 'warn', msg: 'the disk cannot be written or read', code: expect.stringContaining('IOERR') },
      { level: 'info', msg: 'the disk works again' },
    ])
    expect(lines.filter(({ level }) => level === 'error').length).toBeLessThan(refused.length)

    server.kill('SIGTERM')
    expect(await server.exited()).toBe(0)
    const { code } = await aCommand(['doctor'], { DATA_DIR: own })
    expect(code).toBe(0)
  },
)

test('[O12] a file damaged under a running server: what is whole is read, the rest and each send are refused, and nothing ends', async () => {
  const own = join(dir, 'damaged later')
  aDatabase(own, 3_000)
  const server = await aServer({ DATA_DIR: own })
  const origin = await server.ready()
  const ada = await aGuest(origin, 'Ada')
  const socket = await ada.enter('lobby')
  const path = join(own, 'hubbub.db')
  const [first, last] = [20 * 4_096, statSync(path).size - 10 * 4_096]
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(last - first, 0x55), 0, last - first, first)
  closeSync(file)

  const page = (place: string) => ada.ask(`/api/rooms/lobby/messages${place}`)
  const refused = await page('?before=1500')
  expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'unavailable' } }])
  expect((await page('')).status).toBe(200)
  socket.send({ type: 'send', room: 'lobby', nonce: 'nonce-damaged', text: 'hi' })
  expect(await socket.hears('error')).toMatchObject({ nonce: 'nonce-damaged', code: 'unavailable' })
  expect(await (await fetch(`${origin}/readyz`)).json()).toEqual({ ready: false, failing: ['store'] })
  expect(
    server.out().match(/"code":"SQLITE_CORRUPT","msg":"the disk cannot be written or read"/g),
  ).toHaveLength(1)
  server.kill('SIGTERM')
  expect(await server.exited()).toBe(0)
})

test('[O42] while another process writes for some seconds the server stays ready; what is asked meanwhile fails, is said once, and then goes on', async () => {
  const own = join(dir, 'held')
  const server = await aServer({ DATA_DIR: own })
  const origin = await server.ready()
  const ada = await aGuest(origin, 'Ada')
  const socket = await ada.enter('lobby')
  const send = (nonce: string) => socket.send({ type: 'send', room: 'lobby', nonce, text: nonce })
  send('nonce-before')
  await socket.hears('ack')

  const other = new Database(join(own, 'hubbub.db'), { readwrite: true })
  other.run('BEGIN IMMEDIATE')
  const until = performance.now() + 2_500
  for (let n = 0; performance.now() < until; n += 1) {
    const nonce = `nonce-held-${n}`
    send(nonce)
    expect(await socket.hears('error', (error) => error.nonce === nonce)).toMatchObject({
      code: 'unavailable',
      retry: true,
    })
    const ready = await fetch(`${origin}/readyz`)
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, failing: [] }])
    await Bun.sleep(300)
  }
  await expect(aGuest(origin, 'Bob')).rejects.toThrow('503')
  const page = await ada.ask('/api/rooms/lobby/messages')
  expect(page.status).toBe(200)
  other.run('COMMIT')
  other.close()

  send('nonce-held-0')
  expect(await socket.hears('ack', ({ nonce }) => nonce === 'nonce-held-0')).toMatchObject({ seq: 2 })
  const lines = server
    .out()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; level: string; code?: string })
  expect(lines.filter(({ msg }) => msg.includes('the disk'))).toEqual([])
  expect(lines.filter(({ level }) => level === 'warn')).toMatchObject([
    { level: 'warn', msg: 'another process holds the database', code: 'SQLITE_BUSY' },
  ])
  server.kill('SIGTERM')
  expect(await server.exited()).toBe(0)
})
