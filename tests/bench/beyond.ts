/** What a load does not show: a person who joins a crowd, pages far back, the browser, the dearest requests. Of Hubbub alone. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { databaseIn } from '../../src/store/sqlite/dataDirectory.ts'
import { guests } from '../chaos/serverProcess.ts'
import { quantile } from '../chaos/world.ts'
import { aBurst } from '../support/aBurst.ts'
import { aDatabase } from '../support/server/aDatabase.ts'
import { aContext, DESKTOP } from '../support/client/aScreen.ts'
import { aWiredPage } from '../support/client/aWire.ts'
import { browserFound } from '../support/browser/browser.ts'
import type { Run } from './figures.ts'
import { dear } from './dear.ts'
import { type Bench, load, started } from './play.ts'
import { JOINERS, type Scenario } from './scenarios.ts'
import type { Server } from './servers.ts'

type Figures = Run['figures']

/** @throws Error why it could not be measured */
export async function measured(
  bench: Bench,
  server: Server,
  scenario: Scenario,
  round: number,
): Promise<Run> {
  const { id, measure = 'burst' } = scenario
  const figures = await MEASURES[measure](bench, server, scenario)
  return { scenario: id, server: server.name, round, figures, faults: [] }
}

const MEASURES = { join: joining, history, burst, dear } as const

/** ns of CPU a process has used, all threads. */
function cpuOf(pid: number): number {
  const tasks = `/proc/${pid}/task`
  const used = readdirSync(tasks).map((task) => readFileSync(`${tasks}/${task}/schedstat`, 'utf8'))
  return used.reduce((sum, line) => sum + Number(line.split(' ')[0]), 0)
}

/** µs of CPU a second, over so many seconds. */
async function idleCost(pid: number, seconds: number): Promise<number> {
  const before = cpuOf(pid)
  await Bun.sleep(seconds * 1_000)
  return (cpuOf(pid) - before) / 1_000 / seconds
}

const TOKEN = crypto.randomUUID() + crypto.randomUUID()

/** One after the other, 50 a second, into a room of others; what these cost by being there is taken off. */
async function joining(bench: Bench, server: Server, { people }: Scenario): Promise<Figures> {
  const others = people - JOINERS
  const { port, pid, end } = await started(bench, server, { METRICS_TOKEN: TOKEN })
  const speech = { room: '%r', prefix: 'joining', position: null }
  const to = ['--port', String(port), '--pid', String(pid), '--cpu', String(bench.cpus[0])]
  const idle = ['--mode', 'idle', '--rooms', '1']
  try {
    // Whoever comes to a server that has just started pays for its compiler.
    const warm = server.speak(port, speech).map((word) => word.replace('room-%r', 'lobby'))
    await load(bench, [...to, '--n', '2000', ...idle, '--settle', '1', '--idle', '0.1', ...warm])
    const stay = ['--settle', '2', '--idle', '14', '--conn-rate', '2000', '--inflight', '32']
    const crowd = load(bench, [...to, '--n', String(others), ...idle, ...stay, ...server.speak(port, speech)])
    const here = async () => {
      const headers = { authorization: `Bearer ${TOKEN}` }
      const text = await fetch(`http://127.0.0.1:${port}/metrics`, { headers }).then((answer) =>
        answer.text(),
      )
      return Number(/^hubbub_connections (\d+)/m.exec(text)?.[1])
    }
    for (const late = Date.now() + 20_000; (await here()) < others; await Bun.sleep(100))
      if (Date.now() > late) throw new Error(`only ${await here()} of ${others} came`)
    // What their coming leaves behind is over by then.
    await Bun.sleep(3_000)
    const rest = await idleCost(pid, 3)
    const [before, began] = [cpuOf(pid), performance.now()]
    const file = join(bench.home, 'joiners')
    const lines = (await Bun.file(bench.world.cookies).text()).split('\n')
    await Bun.write(file, lines.slice(others, people).join('\n'))
    const speak = server.speak(port, speech).map((word) => (word === bench.world.cookies ? file : word))
    const come = ['--n', String(JOINERS), '--conn-rate', '50', '--settle', '1', '--idle', '0.1']
    const { conn_ok } = await load(bench, [...to, ...idle, ...come, ...speak])
    const used = (cpuOf(pid) - before) / 1_000 - (rest * (performance.now() - began)) / 1_000
    if (conn_ok < JOINERS) throw new Error(`${conn_ok} of ${JOINERS} joined`)
    await crowd
    return { joinCost: used / JOINERS }
  } finally {
    await end()
  }
}

const MILLION = 1_000_000
/** pages read, and before them as many that are not counted: what they would measure is the compiler */
const PAGES = 1_000
/** pages that one person may ask for at once */
const EACH = 30

/** As somebody reads who has a link to anywhere: each page from another place. */
async function history(bench: Bench, server: Server): Promise<Figures> {
  const dir = join(bench.home, 'million')
  if (!existsSync(databaseIn(dir))) {
    await mkdir(bench.home, { recursive: true })
    for (let said = 0; said < MILLION; said += MILLION / 20) aDatabase(dir, MILLION / 20)
  }
  const copy = join(bench.home, 'read')
  await rm(copy, { recursive: true, force: true })
  await cp(dir, copy, { recursive: true })
  const { port, end } = await started(bench, server, { DATA_DIR: copy })
  try {
    const readers = Array.from({ length: Math.ceil((2 * PAGES) / EACH) }, (_, n) => `Reader ${n}`)
    const cookies = await guests(port, readers)
    const took: number[] = []
    for (let page = -PAGES; page < PAGES; page += 1) {
      const cookie = cookies[Math.floor((page + PAGES) / EACH)] ?? ''
      const before = 100 + Math.floor(Math.random() * (MILLION - 100))
      const began = performance.now()
      const url = `http://127.0.0.1:${port}/api/rooms/lobby/messages?limit=50&before=${before}`
      const answer = await fetch(url, { headers: { cookie } })
      const { messages } = (await answer.json()) as { messages?: unknown[] }
      if (messages?.length !== 50) throw new Error(`${answer.status}: a page of ${messages?.length}`)
      if (page >= 0) took.push(performance.now() - began)
    }
    return { p50: quantile(took, 0.5), p95: quantile(took, 0.95), p99: quantile(took, 0.99) }
  } finally {
    await end()
    await rm(copy, { recursive: true, force: true })
  }
}

/** The product's own page: its main thread's work, and that of bare rows beside it. */
async function burst(bench: Bench, server: Server): Promise<Figures> {
  if (browserFound === null) throw new Error('there is no browser here')
  const { port, end } = await started(bench, server)
  const browser = await chromium.launch({ executablePath: browserFound.path, args: browserFound.args })
  try {
    const { context } = await aContext(browser, DESKTOP)
    const { page } = await aWiredPage(`http://127.0.0.1:${port}`, context, 'Burst')
    await aBurst(page, 1)
    return await aBurst(page, 2)
  } finally {
    await browser.close()
    await end()
  }
}
