/** A server, a proxy with faults before it, and people who talk: the stage of every scenario. */
import { Database } from 'bun:sqlite'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check, type History, type Operation, type Shown, type Witness } from './checker.ts'
import { MinimalClient, type ClientSettings, type Flaw } from './clients/minimalClient.ts'
import { productClient } from './clients/productClient.ts'
import { faultProxy, type Weather } from './network/proxy.ts'
import { chance } from './random.ts'
import { Findings, type Report, type Run, type Scenario } from './scenario.ts'
import { guest, guests, ServerProcess, type Launch } from './serverProcess.ts'

/** Unanswered messages above which a person stops writing: a slow machine must not build an ever longer queue. */
const MAX_UNSETTLED = 60

/** A person who talks, by the product's client without its screen or by the independent one. */
export interface Participant {
  readonly name: string
  readonly operations: Operation[]
  /** ms from writing to ack */
  readonly waits: number[]
  /** close codes */
  readonly closes: number[]
  /** `lines`: join and leave lines drawn, or leaves heard of */
  readonly stats: { drained: number; duplicates: number; lines: number }
  /** operations that have not ended */
  readonly unsettled: number
  /** live in every room */
  readonly connected: boolean
  readonly witness: Witness
  say(room: string): void
  /** Disconnects, and reconnects only when called with false. */
  hold(isAway: boolean): void
  end(): void
}

export type World = Awaited<ReturnType<typeof startWorld>>

export interface Plan extends Launch {
  seed: number
  rooms?: readonly string[]
  /** how many people use the independent client, and the product's */
  minimal: number
  product: number
  weather?: Weather
  /** the clocks of all clients and the server's times run this many times faster */
  speed?: number
  /** of the independent clients */
  flaw?: Flaw
  dir?: string
}

/** Runs something in a world of its own. */
export async function inWorld<Result>(plan: Plan, run: (world: World) => Promise<Result>): Promise<Result> {
  const world = await startWorld(plan)
  try {
    return await run(world)
  } finally {
    await world.close()
  }
}

/** A scenario in a world of its own. @param play returns the figures, and the operations if not those of the people */
export function scenario(
  about: Omit<Scenario, 'play'>,
  planOf: (run: Run) => Omit<Plan, 'seed'>,
  play: (
    world: World,
    findings: Findings,
    run: Run,
  ) => Promise<Pick<Report, 'figures' | 'skipped'> & { operations?: number }>,
): Scenario {
  const inNewWorld = (run: Run) => {
    const findings = new Findings()
    return inWorld({ seed: run.seed, ...planOf(run) }, async (world) => {
      const { operations = world.operations(), figures, skipped } = await play(world, findings, run)
      return findings.report(operations, figures, skipped)
    })
  }
  return { ...about, play: inNewWorld }
}

/**
 * Ends a scenario: all people must become live with nothing unsettled, and the history must be right.
 * @param patience ms without progress until that is given up
 * @returns ms it took
 */
export async function conclude(
  world: World,
  findings: Findings,
  patience: number,
  history: Partial<History> = {},
): Promise<number | null> {
  const rest = await world.settle(patience)
  findings.expect(rest !== null, 'not all people came to rest')
  findings.add(...world.verdict(history))
  return rest
}

export async function startWorld(plan: Plan) {
  const { rooms = ['lobby'], minimal, product } = plan
  const random = chance(plan.seed)
  const dir = plan.dir ?? (await mkdtemp(join(tmpdir(), 'hubbub-chaos-')))
  const server = new ServerProcess(dir, { ...plan, env: { HURRY: String(plan.speed ?? 1), ...plan.env } })
  await server.start()
  const proxy = await faultProxy(server.port, random.fork('proxy'))
  await makeRooms(server.port, rooms)

  const names = Array.from({ length: minimal + product }, (_, index) =>
    index < minimal ? `minimal-${index}` : `product-${index}`,
  )
  const cookies = await guests(server.port, names)
  const people = names.map((name, index): Participant => {
    const settings: ClientSettings = {
      name,
      url: `ws://127.0.0.1:${proxy.port}/ws?v=2`,
      cookie: cookies[index] ?? '',
      rooms,
      random: random.fork(name),
      speed: plan.speed ?? 1,
      flaw: plan.flaw,
    }
    return index < minimal ? new MinimalClient(settings) : productClient(settings)
  })
  const countConnected = () => people.filter(({ connected }) => connected).length
  if ((await until(() => countConnected() === people.length, 40_000)) === null) {
    await server.kill()
    throw new Error(`only ${countConnected()} of ${people.length} are connected`)
  }
  if (plan.weather) proxy.set(plan.weather)

  return {
    server,
    proxy,
    random,
    people,
    dir,
    /** Each person writes about `perSecond` messages a second until `end` (ms since the epoch). */
    async talk(perSecond: number, end: number) {
      const talk = random.fork('talk')
      const next = people.map(() => Date.now() + talk.between(0, 1_000 / perSecond))
      while (Date.now() < end) {
        people.forEach((person, index) => {
          if (Date.now() < (next[index] ?? 0)) return
          if (person.unsettled < MAX_UNSETTLED) person.say(talk.pick(rooms))
          next[index] = Date.now() + talk.between(0.5, 1.5) * (1_000 / perSecond)
        })
        await Bun.sleep(5)
      }
    },
    /** Heals the network and waits until all people are live. @returns ms since the server became ready; null after `within` ms */
    async allLive(within: number) {
      proxy.heal()
      const took = await until(() => countConnected() === people.length, within)
      return took === null ? null : Math.max(0, Date.now() - server.readyAt)
    },
    /**
     * Heals the network and waits until all people are live with nothing unsettled, while their number shrinks.
     * @returns ms it took, or null if nothing improved for `within` ms
     */
    async settle(within: number) {
      proxy.heal()
      const began = Date.now()
      const countOpen = () =>
        people.reduce((sum, person) => sum + person.unsettled + (isCalm(person) ? 0 : 1), 0)
      let fewest = Infinity
      for (let since = began; Date.now() - since < within && fewest > 0; await Bun.sleep(50)) {
        const open = countOpen()
        if (open < fewest) [fewest, since] = [open, Date.now()]
      }
      const took = Date.now() - began
      await Bun.sleep(1_500)
      return fewest === 0 ? took : null
    },
    /** What the checker finds, and the errors the server logged. `more` replaces parts of the history. */
    verdict: (more: Partial<History> = {}) =>
      check({
        operations: people.flatMap(({ operations }) => operations),
        witnesses: people.map(({ witness }) => witness),
        log: more.log ?? readLog(dir),
        bugs: server.bugs(),
        ...more,
      }),
    operations: () => people.reduce((sum, { operations }) => sum + operations.length, 0),
    async close() {
      for (const person of people) person.end()
      proxy.close()
      await server.kill()
      if (plan.dir === undefined) await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Makes the rooms beside the lobby, by a person who does nothing else. */
async function makeRooms(port: number, rooms: readonly string[]): Promise<void> {
  const cookie = await guest(port, 'room maker')
  for (const name of rooms.filter((room) => room !== 'lobby')) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/rooms`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: `http://127.0.0.1:${port}`, cookie },
      body: JSON.stringify({ name }),
    })
    if (answer.status !== 201) throw new Error(`no room ${name}: ${answer.status}`)
  }
}

/** Is the person live with nothing unsettled? */
export const isCalm = ({ connected, unsettled }: Participant) => connected && unsettled === 0

/** Every room's log in the database, read beside the running server. */
export function readLog(dir: string): Map<string, { head: number; events: Shown[] }> {
  using db = new Database(join(dir, 'hubbub.db'), { readonly: true })
  const rooms = db.query<{ room: string; seq: number }, []>('SELECT room, seq FROM rooms').all()
  const events = db.query<Omit<Shown, 'text'> & { data: string | null }, [string]>(
    'SELECT seq, id, kind, nonce, data FROM events WHERE room = ? ORDER BY seq',
  )
  const textOf = (data: string | null) => (JSON.parse(data ?? '{}') as { text?: string }).text ?? null
  return new Map(
    rooms.map(({ room, seq }) => [
      room,
      { head: seq, events: events.all(room).map(({ data, ...event }) => ({ ...event, text: textOf(data) })) },
    ]),
  )
}

/** Checks every 20 ms. @returns ms until it was true, or null after `within` */
export async function until(isTrue: () => boolean, within: number): Promise<number | null> {
  const began = Date.now()
  while (!isTrue()) {
    if (Date.now() - began > within) return null
    await Bun.sleep(20)
  }
  return Date.now() - began
}

/** How many acks said that the event was stored already. */
export function duplicates(people: readonly Participant[]): number {
  return people.reduce((sum, { stats }) => sum + stats.duplicates, 0)
}
