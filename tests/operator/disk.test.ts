import { Database } from 'bun:sqlite'
import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { aGuest } from '../support/client/anApp.ts'
import { aCommand } from '../support/server/aCommand.ts'
import { aDatabase } from '../support/server/aDatabase.ts'
import { aServer, aTemporaryDir } from '../support/server/aServer.ts'
import { timed } from '../support/aMeasure.ts'
import { eventually } from '../support/eventually.ts'

setDefaultTimeout(30_000)

const { dir, remove } = aTemporaryDir()
afterAll(remove)

const READY = { ready: true, failing: [] }
const NOT_READY = { ready: false, failing: ['store'] }

/** A server on a directory with Ada in its lobby. @param under a program that starts the server, such as `unshare` */
async function aChat(name: string, under: string[] = []) {
  const data = join(dir, name)
  const server = await aServer({ DATA_DIR: data }, under)
  const origin = await server.ready()
  const ada = await aGuest(origin, 'Ada')
  const socket = await ada.enter('lobby')
  const page = (query = '') => ada.ask(`/api/rooms/lobby/messages${query}`)
  return {
    data,
    server,
    origin,
    ada,
    page,
    readiness: async () => (await fetch(`${origin}/readyz`)).json() as Promise<unknown>,
    /** @returns the answer to a message */
    async send(nonce: string) {
      const from = socket.heard.length
      socket.send({ type: 'send', room: 'lobby', nonce, text: nonce })
      return eventually('an answer', () =>
        socket.heard
          .slice(from)
          .find((frame) => (frame.type === 'ack' || frame.type === 'error') && frame.nonce === nonce),
      )
    },
    async texts() {
      const { messages } = (await (await page()).json()) as { messages: { text: string }[] }
      return messages.map(({ text }) => text)
    },
    /** lines of the log that say this */
    logged(what: string) {
      const lines = server.out().trim().split('\n')
      const parsed = lines.map((line) => JSON.parse(line) as { msg: string; level: string; code?: string })
      return parsed.filter(({ msg }) => msg.includes(what))
    },
    async stop() {
      server.kill('SIGTERM')
      expect(await server.exited()).toBe(0)
    },
  }
}

const REFUSED = { type: 'error', code: 'unavailable', retry: true }
/** What the log says of a failed disk that recovered: each once. */
const failedAndRecovered = (code: unknown) => [
  { level: 'warn', msg: 'the disk cannot be written or read', code },
  { level: 'info', msg: 'the disk works again' },
]

const SMALL = 100
const small = join(dir, 'small')
const mount = `mount -t tmpfs -o size=${SMALL}m,mode=700 tmpfs "$0" && exec "$@"`
const mounted = ['unshare', '-m', 'sh', '-c', mount, small]
mkdirSync(small)
const canMount = process.getuid?.() === 0 && Bun.spawnSync([...mounted, 'true']).exitCode === 0
if (!canMount) console.log('SKIPPED [O12] a small disk: mounting needs unshare and root')

describe.skipIf(!canMount)('a disk of 100 MiB', () => {
  test('[O12] below 64 MiB free, messages are refused and history is read; space makes the server recover', async () => {
    const chat = await aChat('small', mounted)
    const filler = `/proc/${chat.server.pid}/root${join(small, 'filler')}`
    expect(await chat.send('nonce-before')).toMatchObject({ type: 'ack', seq: 1 })
    writeFileSync(filler, Buffer.alloc((SMALL - 50) * 2 ** 20))

    let guests = 0
    await eventually('new guests are refused', () =>
      aGuest(chat.origin, `Bob ${++guests}`).then(
        () => false,
        (error: Error) => error.message.includes('503'),
      ),
    )
    expect(await chat.send('nonce-refused')).toMatchObject(REFUSED)
    expect(await chat.readiness()).toEqual(NOT_READY)
    expect((await fetch(`${chat.origin}/healthz`)).status).toBe(200)
    expect(await chat.texts()).toEqual(['nonce-before'])
    ;(await chat.ada.enter('lobby')).close()

    rmSync(filler)
    const isReady = async () => Bun.deepEquals(await chat.readiness(), READY)
    expect((await timed(() => eventually('the server is ready', isReady, 15_000))).ms).toBeLessThan(5_000)
    expect(await chat.send('nonce-refused')).toMatchObject({ type: 'ack', seq: 2 })
    expect(chat.logged('the disk')).toMatchObject(failedAndRecovered('RESERVE'))

    expect(() => writeFileSync(filler, Buffer.alloc(SMALL * 2 ** 20))).toThrow('ENOSPC')
    const target = join(dir, 'elsewhere.tar.gz')
    const inside = ['nsenter', '-t', String(chat.server.pid), '-m']
    const backup = await aCommand(['backup', target], { DATA_DIR: small }, 'ignore', inside)
    expect(backup).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^A backup needs \d+ MB free .* Make room first/),
    })
    expect(readdirSync(dir)).not.toContain('elsewhere.tar.gz')
    rmSync(filler)
    await chat.stop()
  })
})

const hasPrlimit = Bun.which('prlimit') !== null && process.platform === 'linux'
if (!hasPrlimit) console.log('SKIPPED [O12] a disk that refuses writes: prlimit is missing')
test.skipIf(!hasPrlimit)(
  '[O12, O17] while the disk refuses writes, each message is refused, history is read, the log says it once, and the server recovers',
  async () => {
    const chat = await aChat('refusing')
    await chat.send('nonce-before')
    const limitFileSize = (bytes: string) => {
      const limit = ['prlimit', '--pid', String(chat.server.pid), `--fsize=${bytes}:unlimited`]
      expect(Bun.spawnSync(limit).exitCode).toBe(0)
    }

    limitFileSize('1')
    const nonces = Array.from({ length: 8 }, (_, n) => `nonce-full-${n}`)
    for (const nonce of nonces) expect(await chat.send(nonce)).toMatchObject(REFUSED)
    expect(await chat.readiness()).toEqual(NOT_READY)
    expect(await chat.texts()).toEqual(['nonce-before'])

    limitFileSize('unlimited')
    await eventually('the server is ready', async () => Bun.deepEquals(await chat.readiness(), READY))
    expect(await chat.send('nonce-full-0')).toMatchObject({ type: 'ack', seq: 2 })
    expect(chat.logged('the disk')).toMatchObject(failedAndRecovered(expect.stringContaining('IOERR')))
    expect(chat.logged('').filter(({ level }) => level === 'error').length).toBeLessThan(nonces.length)
    await chat.stop()
    expect((await aCommand(['doctor'], { DATA_DIR: chat.data })).code).toBe(0)
  },
)

test('[O12] when a database is damaged under a running server, whole pages are read and everything else is refused', async () => {
  aDatabase(join(dir, 'damaged later'), 3_000)
  const chat = await aChat('damaged later')
  const file = join(chat.data, 'hubbub.db')
  const content = readFileSync(file)
  writeFileSync(file, content.fill(0x55, 20 * 4_096, content.length - 10 * 4_096), { flag: 'r+' })

  const page = await chat.page('?before=1500')
  expect([page.status, await page.json()]).toMatchObject([503, { error: { code: 'unavailable' } }])
  expect((await chat.page()).status).toBe(200)
  expect(await chat.send('nonce-damaged')).toMatchObject({ type: 'error', code: 'unavailable' })
  expect(await chat.readiness()).toEqual(NOT_READY)
  expect(chat.logged('the disk')).toMatchObject([{ code: 'SQLITE_CORRUPT' }])
  await chat.stop()
})

test('[O42] while another process writes to the database, messages are refused, the server stays ready, and the log says it once', async () => {
  const chat = await aChat('held')
  await chat.send('nonce-before')
  const other = new Database(join(chat.data, 'hubbub.db'), { readwrite: true })
  other.run('BEGIN IMMEDIATE')
  const until = performance.now() + 2_500
  for (let n = 0; performance.now() < until; n += 1) {
    expect(await chat.send(`nonce-held-${n}`)).toMatchObject(REFUSED)
    expect(await chat.readiness()).toEqual(READY)
    await Bun.sleep(300)
  }
  await expect(aGuest(chat.origin, 'Bob')).rejects.toThrow('503')
  expect((await chat.page()).status).toBe(200)
  other.run('COMMIT')
  other.close()

  expect(await chat.send('nonce-held-0')).toMatchObject({ type: 'ack', seq: 2 })
  expect(chat.logged('the disk')).toEqual([])
  expect(chat.logged('').filter(({ level }) => level === 'warn')).toMatchObject([
    { msg: 'another process holds the database', code: 'SQLITE_BUSY' },
  ])
  await chat.stop()
})
