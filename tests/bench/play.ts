/** One run: a fresh server on one core, the generator on another. */
import { join } from 'node:path'
import { freePort } from '../support/server/aServer.ts'
import type { Run } from './figures.ts'
import type { Scenario } from './scenarios.ts'
import type { Server, Speech } from './servers.ts'
import type { World } from './world.ts'

/** % of its core above which the generator is the limit: then only the server's own CPU time counts */
const BUSY_GENERATOR = 80
/** ms by which the generator may send late: a burst of late messages would share writes */
const MAX_LATE = 10
/** ms within which a server must listen, and a run must end */
const START_TIMEOUT = 15_000
const RUN_TIMEOUT = 90_000

export interface Bench {
  /** path of the compiled generator */
  wsload: string
  /** the folder in which everything is made */
  home: string
  /** cores of the server and of the generator */
  cpus: readonly [number, number]
  world: World
  /** seconds that are measured, and seconds between connecting and the load */
  seconds: number
  rest: number
}

/** The fields used here of what wsload says about a run. */
interface LoadResult {
  conn_ok: number
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

/** Compiles the generator, or says why that is impossible here. */
export function makeGenerator(home: string): { wsload: string } | { fault: string } {
  if (process.platform !== 'linux') return { fault: 'the generator needs Linux' }
  for (const tool of ['cc', 'taskset'])
    if (Bun.which(tool) === null) return { fault: `there is no ${tool} here` }
  const wsload = join(home, 'wsload')
  const sources = ['wsload.c', 'options.c', 'measure.c'].map((name) => join(import.meta.dir, 'wsload', name))
  const { exitCode, stderr } = Bun.spawnSync(['cc', '-O2', '-o', wsload, ...sources], { stderr: 'pipe' })
  return exitCode === 0 ? { wsload } : { fault: `cc says: ${stderr.toString().split('\n')[0]}` }
}

/** Starts a server. @param more environment variables of this start alone */
export async function started(bench: Bench, server: Server, more: Record<string, string> = {}) {
  await server.fresh()
  const port = freePort()
  const child = Bun.spawn(['taskset', '-c', `${bench.cpus[0]}`, ...server.command(port)], {
    env: { PATH: process.env['PATH'] ?? '', ...server.env(port), ...more },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const end = async () => {
    child.kill('SIGKILL')
    await child.exited
  }
  for (const deadline = Date.now() + START_TIMEOUT; !(await listens(port)); await Bun.sleep(10))
    if (child.exitCode !== null || Date.now() > deadline) {
      await end()
      throw new Error(`${server.name} does not listen`)
    }
  return { port, pid: child.pid, end }
}

/** Any answer but 503 counts, and so does silence: not every server answers an unknown path. */
async function listens(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(300) }).then(
    ({ status }) => status !== 503,
    (error: unknown) => error instanceof DOMException && error.name === 'TimeoutError',
  )
}

/** Runs the generator once. */
export async function load(bench: Bench, args: readonly string[]): Promise<LoadResult> {
  const command = ['taskset', '-c', `${bench.cpus[1]}`, bench.wsload, '--json-only', ...args]
  const child = Bun.spawn(command, { stdio: ['ignore', 'pipe', 'inherit'], timeout: RUN_TIMEOUT })
  return JSON.parse(await new Response(child.stdout).text()) as LoadResult
}

/** senders, unfinished messages of each, seconds: over 1,000 messages, together and one by one, for the compiler */
const WARM_UPS = [
  [16, 4, 0.7],
  [1, 1, 1.3],
] as const

/** @throws Error if the server does not start or the generator says nothing */
export async function play(bench: Bench, server: Server, scenario: Scenario, round: number): Promise<Run> {
  const { people, rooms, isUpToDate = false } = scenario
  const { port, pid, end } = await started(bench, server)
  try {
    const position = isUpToDate ? bench.world.position : null
    const speech: Speech = { room: '%r', prefix: 'measured', position }
    const common = `--port ${port} --pid ${pid} --cpu ${bench.cpus[0]}`.split(' ')
    const crowd = [...`--n ${people} --rooms ${rooms}`.split(' '), ...server.speak(port, speech)]
    const idle = '--mode idle --settle 2 --idle 0.2'.split(' ')
    if (scenario.load.length > 0)
      for (const [senders, window, seconds] of WARM_UPS) {
        const warming = server.speak(port, { room: '0', prefix: `warmingUp${senders}`, position: null })
        const saturate = `--n 16 --mode sat --senders ${senders} --window ${window}`.split(' ')
        const brief = `--warmup 0 --duration ${seconds} --settle 0.3 --drain 0.2`.split(' ')
        await load(bench, [...common, ...saturate, ...warming, ...brief])
      }
    // A server whose loop was late a moment ago refuses new connections.
    await Bun.sleep(600)
    if (scenario.isReturning) await load(bench, [...common, ...crowd, ...idle])
    // Hubbub admits no more connections a second, so that its loop is not late.
    const connecting = '--conn-rate 1000 --inflight 32'.split(' ')
    // The work that connecting causes ends within the rest.
    const times = `--settle 2 --idle ${bench.rest} --warmup 1 --duration ${bench.seconds} --drain 2`.split(
      ' ',
    )
    const timing = scenario.load.length > 0 ? [...scenario.load, ...connecting, ...times] : idle
    const result = await load(bench, [...common, ...crowd, ...timing])
    const [figures, faults] = [figuresOf(result, scenario), faultsOf(result, scenario)]
    return { scenario: scenario.id, server: server.name, round, figures, faults }
  } finally {
    await end()
  }
}

function figuresOf(result: LoadResult, { load: args }: Scenario): Run['figures'] {
  const connect = { connects: result.conn_per_s, connectCost: result.srv_cpu_ms_per_kconn }
  if (args.length === 0) return { ...connect, bytes: result.rss_bytes_per_conn }
  const cost = result.srv_cpu_us_per_deliv
  if (result.gen_cpu_pct > BUSY_GENERATOR) return { cost }
  return {
    ...connect,
    cost,
    perSecond: result.deliv_per_s,
    sentPerSecond: result.sent_per_s,
    p50: result.lat_p50_ms,
    p99: result.lat_p99_ms,
    p999: result.lat_p999_ms,
  }
}

function faultsOf(result: LoadResult, { people, load: args }: Scenario): string[] {
  const isLoad = args.length > 0
  const isLate = result.sendlag_p99_ms > MAX_LATE && result.gen_cpu_pct <= BUSY_GENERATOR
  const faults: [isFault: boolean, text: string][] = [
    [result.error !== '', result.error],
    [result.conn_ok < people, `${result.conn_ok} of ${people} connected`],
    [isLoad && result.loss_pct > 0, `${result.loss_pct} % lost`],
    [isLoad && result.dup > 0, `${result.dup} delivered twice`],
    [isLoad && result.order_diff > 0, `${result.order_diff} saw another order`],
    [isLoad && isLate, `the generator sent ${Math.round(result.sendlag_p99_ms)} ms late`],
    [isLoad && result.closed > 0, `${result.closed} connections were closed`],
  ]
  return faults.filter(([isFault]) => isFault).map(([, text]) => text)
}
