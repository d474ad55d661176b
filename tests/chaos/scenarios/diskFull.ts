import { Database } from 'bun:sqlite'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Findings, type Scenario } from '../scenario.ts'
import { guest, serverProcess } from '../serverProcess.ts'
import { Line } from '../network/line.ts'
import { readLog, until, world, type World } from '../world.ts'

/** ms: to be told, to work again, and that the loop may come late at p99 */
const TOLD = 1_000
const WORKS = 5_000
const LAG = 25
/** ms that somebody else holds the file */
const HELD = 3_000

/** R11: no space, a file that somebody else has locked, a second server. */
export const diskFull: Scenario = {
  id: 'R11',
  title: 'disk full, file locked, a second server',
  short: 12,
  long: 60,
  async play({ seed }) {
    const found = new Findings()
    const locked = await heldByAnother(seed, found)
    const full = await noSpace(seed, found)
    const skipped = typeof full === 'string' ? full : undefined
    const figures = { ...locked.figures, ...(typeof full === 'string' ? {} : full.figures) }
    const operations = locked.operations + (typeof full === 'string' ? 0 : full.operations)
    return found.report(operations, figures, skipped)
  },
}

interface Played {
  operations: number
  figures: Record<string, number | string>
}

/** Somebody who sends one message after another and knows how long each answer took, and what it was. */
async function trier(port: number, name: string) {
  const answers: { at: number; took: number; code: string | null }[] = []
  let asked: { nonce: string; at: number } | null = null
  let count = 0
  const line = new Line(port, await guest(port, name), ['lobby'], (frame) => {
    if ((frame.type !== 'ack' && frame.type !== 'error') || frame.nonce !== asked?.nonce) return
    const now = Date.now()
    answers.push({
      at: now,
      took: now - (asked?.at ?? now),
      code: frame.type === 'error' ? frame.code : null,
    })
    asked = null
  })
  await line.live()
  const timer = setInterval(() => {
    if (asked !== null) return
    count += 1
    asked = { nonce: `${name.replaceAll(' ', '-')}-${count}`, at: Date.now() }
    line.say({ type: 'send', nonce: asked.nonce, room: 'lobby', text: `${name} ${count}` })
  }, 100)
  return {
    answers,
    get isConnected() {
      return line.code === null
    },
    /** Says nothing more, and waits for the last answer: nothing is stored while the log is compared. */
    async end() {
      clearInterval(timer)
      await until(() => asked === null || line.code !== null, 5_000)
      line.end()
    },
  }
}

async function heldByAnother(seed: number, found: Findings): Promise<Played> {
  const there = await world({ seed, rooms: ['lobby'], minimal: 4, product: 4 })
  const { server, dir } = there
  const tries = await trier(server.port, 'tries again')
  try {
    const talking = there.talk(4, Date.now() + HELD + 2_000)
    await until(() => tries.answers.length > 3, 5_000)
    await server.measure()
    const other = new Database(join(dir, 'hubbub.db'))
    // The server may be in the middle of a write of its own.
    other.run('PRAGMA busy_timeout = 2000')
    other.run('BEGIN IMMEDIATE')
    const began = Date.now()
    await Bun.sleep(HELD)
    other.run('COMMIT')
    other.close()
    const freed = Date.now()
    await until(() => tries.answers.some(({ at, code }) => at > freed && code === null), WORKS + 5_000)
    const { lagP99 } = await server.measure()
    const during = tries.answers.filter(({ at }) => at > began && at <= freed)
    const works = tries.answers.find(({ at, code }) => at > freed && code === null)
    const told = during.filter(({ code }) => code === 'unavailable')
    if (told.length === 0) found.add('R11 nobody was told that the file is locked')
    found.atMost('R11 locked: told, ms', Math.max(...told.map(({ took }) => took)), TOLD)
    found.atMost('R11 locked: works again, ms', (works?.at ?? Number.NaN) - freed, WORKS)
    found.atMost('R11 locked: loop lag p99, ms', lagP99, LAG)

    const second = await serverProcess(dir)
    const began2 = Date.now()
    const exit = await second.start().then(
      () => 'it started',
      (error: unknown) => String(error),
    )
    await second.kill()
    if (!exit.includes('ended with 3')) found.add(`R11 a second server on the same directory: ${exit}`)
    const took = Date.now() - began2
    await talking
    await tries.end()
    if ((await there.settle(30_000)) === null) found.add('R11 not everybody came to rest')
    found.add(...(await there.verdict()))
    return {
      operations: there.operations(),
      figures: {
        'locked: told, works again, ms': `${Math.max(...told.map(({ took: ms }) => ms))}, ${(works?.at ?? 0) - freed}`,
        'locked: loop lag p99, ms': lagP99.toFixed(1),
        'second server ended after, ms': took,
      },
    }
  } finally {
    await tries.end()
    await there.close()
  }
}

/** @returns why not, where nobody may mount */
async function noSpace(seed: number, found: Findings): Promise<Played | string> {
  const dir = await mkdtemp(join(tmpdir(), 'hubbub-full-'))
  const mount = `mount -t tmpfs -o size=8m tmpfs "${dir}" && exec "$@"`
  const prefix = ['unshare', '-Urm', 'sh', '-c', mount, 'sh']
  const canMount = Bun.which('nsenter') !== null && Bun.spawnSync([...prefix, 'true']).exitCode === 0
  if (!canMount) {
    await rm(dir, { recursive: true, force: true })
    return 'a full disk: this machine lets nobody mount a tmpfs'
  }
  let there: World | null = null
  const copy = await mkdtemp(join(tmpdir(), 'hubbub-copied-'))
  try {
    there = await world({ seed, rooms: ['lobby'], minimal: 4, product: 4, prefix, dir })
    const { server } = there
    const tries = await trier(server.port, 'tries again')
    const inside = `/proc/${server.pid}/root${dir}`
    await until(() => tries.answers.length > 3, 5_000)
    const talking = there.talk(4, Date.now() + 6_000)
    await server.measure()
    const began = Date.now()
    await writeFile(join(inside, 'filler'), Buffer.alloc(8 * 1024 * 1024)).catch(() => {
      // That it does not fit is what it is for.
    })
    const refused = await until(
      () => tries.answers.some(({ at, code }) => at > began && code !== null),
      10_000,
    )
    if (refused === null) found.add('R11 full: nobody was told')
    const read = await fetch(`http://127.0.0.1:${server.port}/api/session`, {
      headers: { cookie: `session=${'a'.repeat(43)}` },
    }).then(({ status }) => status)
    if (read !== 401) found.add(`R11 full: a read was answered with ${read}`)
    if (!tries.isConnected) found.add('R11 full: a socket was closed')
    await Bun.sleep(1_000)
    const remount = ['nsenter', '-t', String(server.pid), '-U', '-m', '--preserve-credentials']
    const more = Bun.spawnSync([...remount, 'mount', '-o', 'remount,size=200m', dir])
    if (more.exitCode !== 0) throw new Error(`cannot remount: ${more.stderr.toString()}`)
    const freed = Date.now()
    await until(() => tries.answers.some(({ at, code }) => at > freed && code === null), WORKS + 5_000)
    const works = tries.answers.find(({ at, code }) => at > freed && code === null)
    const { lagP99 } = await server.measure()
    const told = tries.answers.filter(({ at, code }) => at > began && at <= freed && code !== null)
    const codes = new Set(told.map(({ code }) => code))
    if (codes.size !== 1 || !codes.has('unavailable')) found.add(`R11 full: told ${[...codes].join(' ')}`)
    found.atMost('R11 full: told, ms', Math.max(...told.map(({ took }) => took)), TOLD)
    found.atMost('R11 full: works again, ms', (works?.at ?? Number.NaN) - freed, WORKS)
    found.atMost('R11 full: loop lag p99, ms', lagP99, LAG)
    if (server.starts !== 1) found.add('R11 full: it was started again')
    await talking
    await tries.end()
    if ((await there.settle(30_000)) === null) found.add('R11 full: not everybody came to rest')
    // The file lies where only the server's own namespace sees it, and nobody writes any more.
    for (const file of ['hubbub.db', 'hubbub.db-wal']) await cp(join(inside, file), join(copy, file))
    const db = new Database(join(copy, 'hubbub.db'))
    const whole = db.query<{ integrity_check: string }, []>('PRAGMA integrity_check').get()?.integrity_check
    const log = readLog(copy)
    db.close()
    if (whole !== 'ok') found.add(`R11 full: integrity_check says ${whole}`)
    found.add(...(await there.verdict({ log })))
    return {
      operations: there.operations(),
      figures: {
        'full: told, works again, ms': `${Math.max(...told.map(({ took }) => took))}, ${(works?.at ?? 0) - freed}`,
        'full: loop lag p99, ms': lagP99.toFixed(1),
        'full: refused': told.length,
      },
    }
  } finally {
    await there?.close()
    for (const made of [dir, copy]) await rm(made, { recursive: true, force: true })
  }
}
