import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { Database } from 'bun:sqlite'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { aServer, aTemporaryDir, type ServerProcess } from '../support/server/aServer.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(20_000)

const { dir, remove } = aTemporaryDir()
const running: ServerProcess[] = []
afterAll(async () => {
  for (const server of running) server.kill('SIGKILL')
  await Promise.all(running.map((server) => server.exited()))
  remove()
})
async function started(env: Record<string, string>, ...args: string[]): Promise<ServerProcess> {
  const server = await aServer({ DATA_DIR: join(dir, 'data'), ...env }, ...args)
  running.push(server)
  return server
}

describe('starting', () => {
  test('[O2, O18] nothing needs to be set: an empty directory becomes a chat', async () => {
    const server = await started({})
    const origin = await server.ready()
    const page = await fetch(origin)
    expect([page.status, page.headers.get('content-type')?.startsWith('text/html')]).toEqual([200, true])
    expect((await fetch(`${origin}/chat/lobby`)).status).toBe(200)
    const status = readFileSync(`/proc/${server.pid}/status`, 'utf8')
    const rss = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024
    console.info(
      `  first answer after ${server.firstAnswer.toFixed(0)} ms, ${rss.toFixed(0)} MiB resident (from source)`,
    )
    expect(server.out()).toContain('"msg":"ready"')
    expect(server.err()).toBe('')
  })

  test('[O6] a second server on the same directory says so and exits with 3; after `kill -9` the next one has it', async () => {
    const own = join(dir, 'shared')
    const first = await started({ DATA_DIR: own })
    await first.ready()
    const second = await started({ DATA_DIR: own })
    expect(await second.exited()).toBe(3)
    expect(second.err()).toBe(
      `Another Hubbub is using the data directory ${own}. Stop it first, or set DATA_DIR.\n`,
    )
    first.kill('SIGKILL')
    await first.exited()
    const third = await started({ DATA_DIR: own })
    await third.ready()
  }, 30_000)

  test('[O33] a port that is taken is said in one sentence, exit 1', async () => {
    const first = await started({ DATA_DIR: join(dir, 'one') })
    const { port } = new URL(await first.ready())
    const second = await started({ DATA_DIR: join(dir, 'two'), PORT: port })
    expect(await second.exited()).toBe(1)
    expect(second.err()).toBe(
      `Port ${port} is taken, perhaps by another Hubbub. Stop what uses it, or set PORT to another number.\n`,
    )
  })

  test('[O1] wrong settings are all said at once, each with what it accepts, before anything is opened', async () => {
    const server = await started({
      DATA_DIR: join(dir, 'never'),
      PORT: '99999',
      TRUST_PROXY: 'maybe',
      SESSION_DAYS: '0',
    })
    expect(await server.exited()).toBe(1)
    expect(server.err().trim().split('\n')).toEqual([
      'PORT accepts a whole number from 0 to 65535.',
      'TRUST_PROXY accepts none, fly, a number of proxies from 1 to 9, or CIDR ranges separated by commas.',
      'SESSION_DAYS accepts a whole number from 1 to 400.',
    ])
    expect(readdirSync(dir)).not.toContain('never')
  })

  test('[O34] a directory that cannot be written is named, exit 1', async () => {
    writeFileSync(join(dir, 'file'), '')
    const server = await started({ DATA_DIR: join(dir, 'file', 'data') })
    expect(await server.exited()).toBe(1)
    expect(server.err()).toBe(
      `The data directory ${join(dir, 'file', 'data')} cannot be written (ENOTDIR). Let this user write there, or set DATA_DIR to another place.\n`,
    )
  })

  test('[O11] a database of a newer version is refused with what to do, exit 4, and nothing is written', async () => {
    const own = join(dir, 'newer')
    mkdirSync(own)
    chmodSync(own, 0o700)
    const db = new Database(join(own, 'hubbub.db'), { create: true })
    db.run('PRAGMA user_version = 999')
    db.close()
    const bytes = readFileSync(join(own, 'hubbub.db'))
    const server = await started({ DATA_DIR: own })
    expect(await server.exited()).toBe(4)
    expect(server.err()).toBe(
      `The database in ${own} has schema 999, and this Hubbub knows 4. Start a release that knows schema 999.\n`,
    )
    expect(readFileSync(join(own, 'hubbub.db')).equals(bytes)).toBe(true)
  })
})

describe('commands', () => {
  test('[O35] `healthcheck` asks the server of this machine: 0 if it is ready, else 1', async () => {
    const server = await started({ DATA_DIR: join(dir, 'health') })
    const { port } = new URL(await server.ready())
    expect(await (await started({ PORT: port }, 'healthcheck')).exited()).toBe(0)
    server.kill('SIGKILL')
    await server.exited()
    const nobody = await started({ PORT: port }, 'healthcheck')
    expect([await nobody.exited(), nobody.err()]).toEqual([
      1,
      `No answer from http://127.0.0.1:${port}/readyz.\n`,
    ])
  })

  test('[O36] `version` says what this is; what is no command is answered with how to use it, exit 2', async () => {
    const version = await started({}, 'version')
    expect(await version.exited()).toBe(0)
    expect(version.out()).toMatch(/^hubbub \d+\.\d+\.\d+ \(bun .+, sqlite .+, schema \d+, wire 2\)\n$/)
    const wrong = await started({}, 'dance')
    expect(await wrong.exited()).toBe(2)
    expect(wrong.err()).toStartWith('Usage: hubbub [command]')
    const help = await started({}, '--help')
    expect(await help.exited()).toBe(0)
    expect(help.out()).toStartWith('Usage: hubbub [command]')
  })
})
