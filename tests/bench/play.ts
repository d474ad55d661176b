/** One run: a fresh server on one core, the generator on another. Only processes started here are ended, by their ids. */
import { join } from 'node:path'
import { freePort } from '../chaos/serverProcess.ts'
import type { Run } from './figures.ts'
import { fsyncAlone } from './machine.ts'
import type { Scenario } from './scenarios.ts'
import type { Server, Speech } from './servers.ts'
import type { World } from './world.ts'

/** % of its core above which the generator is what is measured: then only the server's own time is believed. */
const BUSY_GENERATOR = 80
/** ms by which the generator may send late: whose messages come in bursts shares writes for nothing it did */
const LATE = 10
/** ms until a server must listen, a run be over */
const STARTS = 15_000
const ENDS = 90_000

export interface Bench {
  /** the generator, compiled */
  wsload: string
  /** where everything is made */
  home: string
  /** of the server, of the generator */
  cpus: readonly [number, number]
  world: World
  /** seconds that are measured, and between connecting and the load */
  seconds: number
  rest: number
}

/** What wsload says of a run: the fields that are used here. */
interface Said {
  conn_ok: number
  conn_fail: number
  conn_per_s: number
  srv_cpu_ms_per_kconn: number
  rss_bytes_per_conn: number
  sent_per_s: number
  deliv_per_s: number
  loss_pct: number
  dup: number
  order_diff: number
  lat_p50_ms: number
  lat_p99_ms: number
  lat_p999_ms: number
  srv_cpu_us_per_deliv: number
  gen_cpu_pct: number
  sendlag_p99_ms: number
  closed: number
  error: string
}

/** Compiles the generator. @returns why not, where there is no way */
export function makeGenerator(home: string): { wsload: string } | string {
  if (process.platform !== 'linux') return 'the generator needs Linux'
  for (const tool of ['cc', 'taskset']) if (Bun.which(tool) === null) return `there is no ${tool} here`
  const wsload = join(home, 'wsload')
  const sources = ['wsload.c', 'options.c', 'measure.c'].map((name) => join(import.meta.dir, 'wsload', name))
  const { exitCode, stderr } = Bun.spawnSync(['cc', '-O2', '-o', wsload, ...sources], { stderr: 'pipe' })
  return exitCode === 0 ? { wsload } : `cc says: ${stderr.toString().split('\n')[0]}`
}

/** A server that listens, and its end. @param more environment of this start alone */
export async function started(bench: Bench, server: Server, more: Record<string, string> = {}) {
  await server.fresh()
  const port = await freePort()
  const child = Bun.spawn(['taskset', '-c', String(bench.cpus[0]), ...server.command(port)], {
    env: { PATH: process.env['PATH'] ?? '', ...server.env(port), ...more },
    stdin: 'ignore',
    stdout: 'ignore',
    stderr: 'inherit',
  })
  const until = Date.now() + STARTS
  const end = async () => {
    child.kill('SIGKILL')
    await child.exited
  }
  while (!(await listens(port))) {
    if (child.exitCode !== null || Date.now() > until) {
      await end()
      throw new Error(`${server.name} does not listen`)
    }
    await Bun.sleep(10)
  }
  return { port, pid: child.pid, end }
}

/** Any answer but 503 counts, and silence too: not every server answers what it does not know. */
async function listens(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(300) }).then(
    ({ status }) => status !== 503,
    (error: unknown) => error instanceof DOMException && error.name === 'TimeoutError',
  )
}

/** Runs the generator once. */
export async function load(bench: Bench, args: readonly string[]): Promise<Said> {
  const command = ['taskset', '-c', String(bench.cpus[1]), bench.wsload, '--json-only', ...args]
  const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'pipe', stderr: 'inherit' })
  const guard = setTimeout(() => child.kill(), ENDS)
  const text = await new Response(child.stdout).text()
  clearTimeout(guard)
  return JSON.parse(text) as Said
}

/** @throws Error if the server does not start or the generator says nothing */
export async function play(bench: Bench, server: Server, scenario: Scenario, round: number): Promise<Run> {
  const { people, rooms, upToDate = false } = scenario
  const isLess = scenario.goals.some(({ less }) => less === 'fsync')
  const disk = isLess ? { fsync: fsyncAlone(join(bench.home, 'fsync')) } : {}
  const { port, pid, end } = await started(bench, server)
  try {
    const speech: Speech = {
      room: '%r',
      prefix: 'measured',
      position: upToDate ? bench.world.position : null,
    }
    const to = ['--port', String(port), '--pid', String(pid), '--cpu', String(bench.cpus[0])]
    const crowd = ['--n', String(people), '--rooms', String(rooms), ...server.speak(port, speech)]
    const idle = ['--mode', 'idle', '--settle', '2', '--idle', '0.2']
    // More than 1,000 messages, together and one by one: before that what is measured is the compiler.
    if (scenario.load.length > 0)
      for (const [senders, window, seconds] of WARM_UPS)
        await load(bench, [...to, ...warmUp(server, port, senders, window, seconds)])
    // Whose loop was late just now refuses to let anybody in.
    await Bun.sleep(600)
    if (scenario.returning) await load(bench, [...to, ...crowd, ...idle])
    // What connecting leaves behind (compiling, collecting, news of who came) is over by then.
    const times = [
      // Not faster than people are let in by a server whose loop must not be late.
      ...['--conn-rate', '1000', '--inflight', '32'],
      ...['--settle', '2', '--idle', String(bench.rest), '--warmup', '1'],
      ...['--duration', String(bench.seconds), '--drain', '2'],
    ]
    const said = await load(bench, [
      ...to,
      ...crowd,
      ...(scenario.load.length > 0 ? [...scenario.load, ...times] : idle),
    ])
    return {
      scenario: scenario.id,
      server: server.name,
      round,
      figures: { ...figuresOf(said, scenario), ...disk },
      faults: faultsOf(said, scenario),
    }
  } finally {
    await end()
  }
}

/** senders, what each has unfinished at a time, seconds */
const WARM_UPS = [
  [16, 4, 0.7],
  [1, 1, 1.3],
] as const

function warmUp(server: Server, port: number, senders: number, window: number, seconds: number): string[] {
  const speech = { room: '0', prefix: `warmingUp${senders}`, position: null }
  return [
    ...['--n', '16', '--mode', 'sat', '--senders', `${senders}`, '--window', `${window}`],
    ...[...server.speak(port, speech), '--warmup', '0', '--duration', `${seconds}`],
    ...['--settle', '0.3', '--drain', '0.2'],
  ]
}

function figuresOf(said: Said, { load: loads }: Scenario): Run['figures'] {
  const connect = { connects: said.conn_per_s, connectCost: said.srv_cpu_ms_per_kconn }
  if (loads.length === 0) return { ...connect, bytes: said.rss_bytes_per_conn }
  const cost = said.srv_cpu_us_per_deliv
  if (said.gen_cpu_pct > BUSY_GENERATOR) return { cost }
  return {
    ...connect,
    cost,
    perSecond: said.deliv_per_s,
    sentPerSecond: said.sent_per_s,
    p50: said.lat_p50_ms,
    p99: said.lat_p99_ms,
    p999: said.lat_p999_ms,
  }
}

function faultsOf(said: Said, { people, load: loads }: Scenario): string[] {
  const faults = said.error ? [said.error] : []
  if (said.conn_ok < people) faults.push(`${said.conn_ok} of ${people} connected`)
  if (loads.length === 0) return faults
  if (said.loss_pct > 0) faults.push(`${said.loss_pct} % lost`)
  if (said.dup > 0) faults.push(`${said.dup} came twice`)
  if (said.order_diff > 0) faults.push(`${said.order_diff} saw another order`)
  if (said.sendlag_p99_ms > LATE && said.gen_cpu_pct <= BUSY_GENERATOR)
    faults.push(`the generator sent ${Math.round(said.sendlag_p99_ms)} ms late`)
  if (said.closed > 0) faults.push(`${said.closed} were let go`)
  return faults
}
