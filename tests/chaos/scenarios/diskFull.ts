import { Database } from 'bun:sqlite'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Line } from '../network/line.ts'
import { Findings, type Scenario } from '../scenario.ts'
import { guest } from '../serverProcess.ts'
import { conclude, inWorld, readLog, until, type World } from '../world.ts'

/** ms until a refusal arrives, until sending works again, and the p99 of the loop's lag */
const MAX_REFUSAL = 1_000
const MAX_RECOVERY = 5_000
const MAX_LAG = 25

/** R11: no space, and a file that another process has locked. */
export const diskFull: Scenario = {
  id: 'R11',
  title: 'file locked, disk full',
  short: 12,
  long: 60,
  async play({ seed }) {
    const findings = new Findings()
    const plan = { seed, minimal: 4, product: 4 }
    const locked = await inWorld(plan, (world) => lockedFile(world, findings))
    const dir = await mkdtemp(join(tmpdir(), 'hubbub-full-'))
    try {
      const mount = `mount -t tmpfs -o size=8m tmpfs "${dir}" && exec "$@"`
      const prefix = ['unshare', '-Urm', 'sh', '-c', mount, 'sh']
      const canMount = Bun.which('nsenter') !== null && Bun.spawnSync([...prefix, 'true']).exitCode === 0
      if (!canMount) return findings.report(locked, {}, 'a full disk: this machine mounts no tmpfs')
      const full = await inWorld({ ...plan, prefix, dir }, (world) => fullDisk(world, findings))
      return findings.report(locked + full, {})
    } finally {
      await rm(dir, { recursive: true, force: true })
    }
  },
}

interface Answer {
  at: number
  /** ms */
  took: number
  /** null: acknowledged */
  code: string | null
}

/**
 * People talk while the disk fails, and one sends a message after each answer: judges the refusals and the recovery.
 * @param fail begins and ends the failure; `isRefused`: has a message been refused?
 */
async function whileFailing(
  what: string,
  { server, talk }: World,
  findings: Findings,
  fail: (isRefused: () => boolean) => Promise<void>,
): Promise<void> {
  const answers: Answer[] = []
  let asked: { nonce: string; at: number } | null = null
  let count = 0
  const line = new Line(server.port, await guest(server.port, 'tries again'), ['lobby'], (frame) => {
    if ((frame.type !== 'ack' && frame.type !== 'error') || frame.nonce !== asked?.nonce) return
    const at = Date.now()
    answers.push({ at, took: at - (asked?.at ?? at), code: frame.type === 'error' ? frame.code : null })
    asked = null
  })
  await line.live()
  const timer = setInterval(() => {
    if (asked !== null) return
    count += 1
    asked = { nonce: `tries-again-${count}`, at: Date.now() }
    line.say({ type: 'send', nonce: asked.nonce, room: 'lobby', text: `tries again ${count}` })
  }, 100)
  await until(() => answers.length > 3, 5_000)
  const talking = talk(4, Date.now() + 6_000)
  await server.measureLag()

  const began = Date.now()
  const refusals = () => answers.filter(({ at, code }) => at > began && code !== null)
  await fail(() => refusals().length > 0)
  const ended = Date.now()
  const recovery = () => answers.find(({ at, code }) => at > ended && code === null)
  await until(() => recovery() !== undefined, MAX_RECOVERY + 5_000)
  const lag = await server.measureLag()
  const codes = [...new Set(refusals().map(({ code }) => code))].join(' ')
  findings.expect(codes === 'unavailable', `${what}: people got “${codes}”`)
  const slowest = Math.max(...refusals().map(({ took }) => took))
  findings.atMost(`${what}: refused after, ms`, slowest, MAX_REFUSAL)
  findings.atMost(`${what}: works again, ms`, (recovery()?.at ?? Number.NaN) - ended, MAX_RECOVERY)
  findings.atMost(`${what}: loop lag p99, ms`, lag, MAX_LAG)

  await talking
  clearInterval(timer)
  // Nothing may be stored any more while the log is compared.
  await until(() => asked === null || line.code !== null, 5_000)
  findings.expect(line.code === null, `${what}: a socket was closed`)
  line.end()
}

async function lockedFile(world: World, findings: Findings): Promise<number> {
  await whileFailing('locked', world, findings, async () => {
    using other = new Database(join(world.dir, 'hubbub.db'))
    // The server may be writing just now.
    other.run('PRAGMA busy_timeout = 2000')
    other.run('BEGIN IMMEDIATE')
    await Bun.sleep(3_000)
    other.run('COMMIT')
  })
  await conclude(world, findings, 30_000)
  return world.operations()
}

async function fullDisk(world: World, findings: Findings): Promise<number> {
  const { server, dir } = world
  /** The directory in the server's own namespace. */
  const inside = `/proc/${server.pid}/root${dir}`
  await whileFailing('full', world, findings, async (isRefused) => {
    // It is meant not to fit.
    await writeFile(join(inside, 'filler'), Buffer.alloc(8 * 1024 * 1024)).catch(() => {})
    await until(isRefused, 10_000)
    const headers = { cookie: `session=${'a'.repeat(43)}` }
    const { status } = await fetch(`http://127.0.0.1:${server.port}/api/session`, { headers })
    findings.expect(status === 401, `full: a read was answered with ${status}`)
    await Bun.sleep(1_000)
    const enter = ['nsenter', '-t', String(server.pid), '-U', '-m', '--preserve-credentials']
    const remount = Bun.spawnSync([...enter, 'mount', '-o', 'remount,size=200m', dir])
    if (remount.exitCode !== 0) throw new Error(`cannot remount: ${remount.stderr.toString()}`)
  })
  await world.settle(30_000)
  const copy = await mkdtemp(join(tmpdir(), 'hubbub-copied-'))
  // Only the server's namespace sees the file, and all people have stopped writing.
  for (const file of ['hubbub.db', 'hubbub.db-wal']) await cp(join(inside, file), join(copy, file))
  const db = new Database(join(copy, 'hubbub.db'))
  const check = db.query<{ integrity_check: string }, []>('PRAGMA integrity_check').get()?.integrity_check
  db.close()
  findings.expect(check === 'ok', `full: integrity_check says ${check}`)
  await conclude(world, findings, 30_000, { log: readLog(copy) })
  await rm(copy, { recursive: true })
  return world.operations()
}
