import { Database } from 'bun:sqlite'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Line } from '../network/line.ts'
import { Findings, type Scenario } from '../scenario.ts'
import { guest, ServerProcess } from '../serverProcess.ts'
import { conclude, inWorld, readLog, until, type World } from '../world.ts'

/** ms until people are told, until it works again, and the p99 of the loop's lag */
const MAX_TOLD = 1_000
const MAX_RECOVERY = 5_000
const MAX_LAG = 25
/** For how long (ms) another process holds the file. */
const LOCKED = 3_000

/** R11: no space, a file that another process has locked, a second server. */
export const diskFull: Scenario = {
  id: 'R11',
  title: 'disk full, file locked, a second server',
  short: 12,
  long: 60,
  async play({ seed }) {
    const findings = new Findings()
    const plan = { seed, minimal: 4, product: 4 }
    const played = (run: typeof lockedFile) => async (world: World) => {
      await run(world, findings)
      return world.operations()
    }
    const operations = await inWorld(plan, played(lockedFile))
    const dir = await mkdtemp(join(tmpdir(), 'hubbub-full-'))
    try {
      const mount = `mount -t tmpfs -o size=8m tmpfs "${dir}" && exec "$@"`
      const prefix = ['unshare', '-Urm', 'sh', '-c', mount, 'sh']
      const canMount = Bun.which('nsenter') !== null && Bun.spawnSync([...prefix, 'true']).exitCode === 0
      if (!canMount) return findings.report(operations, {}, 'a full disk: this machine mounts no tmpfs')
      const more = await inWorld({ ...plan, prefix, dir }, played(fullDisk))
      return findings.report(operations + more, {})
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

/** A person who sends one message after another and records the answers. */
async function startSender(port: number) {
  const answers: Answer[] = []
  let asked: { nonce: string; at: number } | null = null
  let count = 0
  const line = new Line(port, await guest(port, 'tries again'), ['lobby'], (frame) => {
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
  return {
    answers,
    isConnected: () => line.code === null,
    /** Stops and waits for the last answer, so that nothing is stored while the log is compared. */
    async end() {
      clearInterval(timer)
      await until(() => asked === null || line.code !== null, 5_000)
      line.end()
    },
  }
}

/** Judges the refusals since `began` and the recovery after the trouble ended now. */
async function judge(
  trouble: string,
  server: ServerProcess,
  { answers }: { answers: Answer[] },
  began: number,
  findings: Findings,
): Promise<void> {
  const freed = Date.now()
  const isRecovery = ({ at, code }: Answer) => at > freed && code === null
  await until(() => answers.some(isRecovery), MAX_RECOVERY + 5_000)
  const recovered = (answers.find(isRecovery)?.at ?? Number.NaN) - freed
  const lagP99 = await server.measureLag()
  const refusals = answers.filter(({ at, code }) => at > began && at <= freed && code !== null)
  const codes = [...new Set(refusals.map(({ code }) => code))].join(' ')
  findings.expect(codes === 'unavailable', `R11 ${trouble}: people were told “${codes}”`)
  const told = Math.max(...refusals.map(({ took }) => took))
  findings.atMost(`R11 ${trouble}: told, ms`, told, MAX_TOLD)
  findings.atMost(`R11 ${trouble}: works again, ms`, recovered, MAX_RECOVERY)
  findings.atMost(`R11 ${trouble}: loop lag p99, ms`, lagP99, MAX_LAG)
}

async function lockedFile(world: World, findings: Findings): Promise<void> {
  const { server, dir } = world
  const sender = await startSender(server.port)
  const talking = world.talk(4, Date.now() + LOCKED + 2_000)
  await server.measureLag()
  const other = new Database(join(dir, 'hubbub.db'))
  // The server may be writing just now.
  other.run('PRAGMA busy_timeout = 2000')
  other.run('BEGIN IMMEDIATE')
  const began = Date.now()
  await Bun.sleep(LOCKED)
  other.run('COMMIT')
  other.close()
  await judge('locked', server, sender, began, findings)

  const second = new ServerProcess(dir)
  const exit = await second.start().then(
    () => 'it started',
    (error: unknown) => String(error),
  )
  await second.kill()
  findings.expect(exit.includes('ended with 3'), `R11 a second server on the same directory: ${exit}`)
  await talking
  await sender.end()
  await conclude('R11 locked', world, findings, 30_000)
}

async function fullDisk(world: World, findings: Findings): Promise<void> {
  const { server, dir } = world
  const copy = await mkdtemp(join(tmpdir(), 'hubbub-copied-'))
  const sender = await startSender(server.port)
  /** The directory in the server's own namespace. */
  const inside = `/proc/${server.pid}/root${dir}`
  const talking = world.talk(4, Date.now() + 6_000)
  await server.measureLag()
  const began = Date.now()
  await writeFile(join(inside, 'filler'), Buffer.alloc(8 * 1024 * 1024)).catch(() => {
    // It is meant not to fit.
  })
  await until(() => sender.answers.some(({ at, code }) => at > began && code !== null), 10_000)
  const headers = { cookie: `session=${'a'.repeat(43)}` }
  const { status } = await fetch(`http://127.0.0.1:${server.port}/api/session`, { headers })
  findings.expect(status === 401, `R11 full: a read was answered with ${status}`)
  findings.expect(sender.isConnected(), 'R11 full: a socket was closed')
  await Bun.sleep(1_000)
  const enter = ['nsenter', '-t', String(server.pid), '-U', '-m', '--preserve-credentials']
  const remount = Bun.spawnSync([...enter, 'mount', '-o', 'remount,size=200m', dir])
  if (remount.exitCode !== 0) throw new Error(`cannot remount: ${remount.stderr.toString()}`)
  await judge('full', server, sender, began, findings)
  findings.expect(server.starts === 1, 'R11 full: it was started again')
  await talking
  await sender.end()
  await world.settle(30_000)
  // Only the server's namespace sees the file, and nobody writes any more.
  for (const file of ['hubbub.db', 'hubbub.db-wal']) await cp(join(inside, file), join(copy, file))
  const db = new Database(join(copy, 'hubbub.db'))
  const check = db.query<{ integrity_check: string }, []>('PRAGMA integrity_check').get()?.integrity_check
  findings.expect(check === 'ok', `R11 full: integrity_check says ${check}`)
  await conclude('R11 full', world, findings, 30_000, { log: readLog(copy) })
  db.close()
  await rm(copy, { recursive: true })
}
