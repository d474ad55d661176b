/** Two measurements of Hubbub alone that need more than a load: joining a crowded room, and reading far back. */
import { existsSync } from 'node:fs'
import { cp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { databaseIn } from '../../src/store/sqlite/dataDirectory.ts'
import { cpuOf, guests } from '../chaos/serverProcess.ts'
import { quantile } from '../chaos/quantile.ts'
import { aDatabase } from '../support/server/aDatabase.ts'
import type { Run } from './figures.ts'
import { type Bench, load, started } from './play.ts'
import { JOINERS, type Scenario } from './scenarios.ts'
import type { Server } from './servers.ts'

/** @throws Error why it could not be measured */
export async function measured(
  bench: Bench,
  server: Server,
  scenario: Scenario,
  round: number,
): Promise<Run> {
  const measure = scenario.measure === 'join' ? measureJoin : measureHistory
  const figures = await measure(bench, server, scenario)
  return { scenario: scenario.id, server: server.name, round, figures, faults: [] }
}

const TOKEN = crypto.randomUUID() + crypto.randomUUID()

/** People join one after the other, 50 a second, a room full of others, whose own cost is subtracted. */
async function measureJoin(bench: Bench, server: Server, { people }: Scenario): Promise<Run['figures']> {
  const others = people - JOINERS
  const { port, pid, end } = await started(bench, server, { METRICS_TOKEN: TOKEN })
  const speech = { room: '%r', prefix: 'joining', position: null }
  const words = server.speak(port, speech)
  const common = `--port ${port} --pid ${pid} --cpu ${bench.cpus[0]} --mode idle --rooms 1`.split(' ')
  const connected = async () => {
    const headers = { authorization: `Bearer ${TOKEN}` }
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers })
    return Number(/^hubbub_connections (\d+)/m.exec(await answer.text())?.[1])
  }
  try {
    // The first people of a new server would pay for its compiler.
    const warm = words.map((word) => word.replace('room-%r', 'lobby'))
    await load(bench, [...common, ...'--n 2000 --settle 1 --idle 0.1'.split(' '), ...warm])
    const stay = `--n ${others} --settle 2 --idle 14 --conn-rate 2000 --inflight 32`.split(' ')
    const crowd = load(bench, [...common, ...stay, ...words])
    for (const deadline = Date.now() + 20_000; (await connected()) < others; await Bun.sleep(100))
      if (Date.now() > deadline) throw new Error(`only ${await connected()} of ${others} connected`)
    // The work that their arrival causes ends within this time.
    await Bun.sleep(3_000)
    const atRest = cpuOf(pid)
    await Bun.sleep(3_000)
    const [before, began] = [cpuOf(pid), performance.now()]
    const file = join(bench.home, 'joiners')
    const cookies = (await Bun.file(bench.world.cookies).text()).split('\n')
    await Bun.write(file, cookies.slice(others, people).join('\n'))
    const joining = words.map((word) => (word === bench.world.cookies ? file : word))
    const pace = `--n ${JOINERS} --conn-rate 50 --settle 1 --idle 0.1`.split(' ')
    const { conn_ok } = await load(bench, [...common, ...pace, ...joining])
    const costOfRest = ((before - atRest) / 3_000) * (performance.now() - began)
    const used = cpuOf(pid) - before - costOfRest
    if (conn_ok < JOINERS) throw new Error(`${conn_ok} of ${JOINERS} joined`)
    await crowd
    return { joinCost: used / 1_000 / JOINERS }
  } finally {
    await end()
  }
}

const MILLION = 1_000_000
/** pages that count; as many before them, for the compiler, do not */
const PAGES = 1_000
/** pages that one person may read at once */
const PER_READER = 30

/** Each page is from another place, as for people who follow a link. */
async function measureHistory(bench: Bench, server: Server): Promise<Run['figures']> {
  const dir = join(bench.home, 'million')
  if (!existsSync(databaseIn(dir)))
    for (let stored = 0; stored < MILLION; stored += MILLION / 20) aDatabase(dir, MILLION / 20)
  const copy = join(bench.home, 'read')
  await rm(copy, { recursive: true, force: true })
  await cp(dir, copy, { recursive: true })
  const { port, end } = await started(bench, server, { DATA_DIR: copy })
  try {
    const readers = Array.from({ length: Math.ceil((2 * PAGES) / PER_READER) }, (_, n) => `Reader ${n}`)
    const cookies = await guests(port, readers)
    const times: number[] = []
    for (let page = 0; page < 2 * PAGES; page += 1) {
      const cookie = cookies[Math.floor(page / PER_READER)] ?? ''
      const before = 100 + Math.floor(Math.random() * (MILLION - 100))
      const url = `http://127.0.0.1:${port}/api/rooms/lobby/messages?limit=50&before=${before}`
      const began = performance.now()
      const answer = await fetch(url, { headers: { cookie } })
      const { messages } = (await answer.json()) as { messages?: unknown[] }
      if (messages?.length !== 50) throw new Error(`${answer.status}: a page of ${messages?.length}`)
      if (page >= PAGES) times.push(performance.now() - began)
    }
    return { p50: quantile(times, 0.5), p95: quantile(times, 0.95), p99: quantile(times, 0.99) }
  } finally {
    await end()
    await rm(copy, { recursive: true, force: true })
  }
}
