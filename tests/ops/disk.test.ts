import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { aGuest, type Guest } from '../support/anApp.ts'
import { aCommand } from '../support/aCommand.ts'
import { aDatabase } from '../support/aDatabase.ts'
import { aServer, aServerUnder, aTemporaryDir, type ServerProcess } from '../support/aServer.ts'
import { eventually } from '../support/eventually.ts'
import type { SocketClient } from '../support/socketClient.ts'

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
    const began = performance.now()
    await eventually(
      'it is ready again',
      async () => JSON.stringify(await ready()) === '{"ready":true,"failing":[]}',
    )
    expect(performance.now() - began).toBeLessThan(5_000)
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
