/** A server, faults before it, and people on it: what every scenario is played in. */
import { Database } from 'bun:sqlite'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check, type History, type Shown, type Witness } from './checker.ts'
import { MinimalClient, type Flaw, type Setting } from './clients/minimalClient.ts'
import { CALM, faultProxy, type Proxy, type Weather } from './network/proxy.ts'
import { chance, type Chance } from './random.ts'
import { guest, guests, serverProcess, type ServerProcess } from './serverProcess.ts'
import { productClient } from './clients/productClient.ts'

/** Messages somebody has unanswered when they stop to write more; two deep black holes are fewer. */
const UNSETTLED = 60

/** Somebody who talks: the product's own client without its screen, or the independent one. */
export interface Talker {
  readonly setting: { name: string }
  readonly operations: MinimalClient['operations']
  readonly waits: number[]
  readonly closes: number[]
  readonly drained: number
  readonly duplicates: number
  /** join and leave lines that were drawn, or told */
  readonly lines: number
  /** operations of theirs that have not ended */
  readonly unsettled: number
  readonly connected: boolean
  readonly calm: boolean
  readonly witness: Witness
  say(room: string): void
  /** Away, and not back before it is let go. */
  hold(isAway: boolean): void
  end(): void
}

export interface World {
  readonly server: ServerProcess
  readonly proxy: Proxy
  readonly random: Chance
  readonly people: readonly Talker[]
  readonly dir: string
  /** Everybody says something now and then, `perSecond` each, until `until` (ms since the epoch). */
  talk(perSecond: number, until: number, rooms?: readonly string[]): Promise<void>
  /**
   * Until everybody is live with nothing waiting, the network healed now; as long as fewer wait than before, it goes on.
   * @returns ms it took, or null if nothing became better for `within` ms
   */
  settle(within: number): Promise<number | null>
  /** Until everybody is live, the network healed now. @returns ms since the server last became ready; null after `within` ms */
  allLive(within: number): Promise<number | null>
  /** What the checker says, everything stopped, and what the server logged as a bug. `more` narrows or widens what is expected. */
  verdict(more?: Partial<History>): Promise<string[]>
  operations(): number
  close(): Promise<void>
}

export interface Plan {
  seed: number
  rooms: readonly string[]
  /** clients of the independent kind, and of the product's */
  minimal: number
  product: number
  weather?: Weather
  env?: Record<string, string>
  entry?: string
  prefix?: readonly string[]
  /** the clocks of all clients run so many times faster */
  speed?: number
  /** of the independent clients */
  flaw?: Flaw
  dir?: string
}

/** Makes rooms beside the lobby, by a person who does nothing else. */
async function makeRooms(port: number, cookie: string, rooms: readonly string[]): Promise<void> {
  for (const name of rooms) {
    if (name === 'lobby') continue
    const answer = await fetch(`http://127.0.0.1:${port}/api/rooms`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: `http://127.0.0.1:${port}`, cookie },
      body: JSON.stringify({ name }),
    })
    if (answer.status !== 201) throw new Error(`no room ${name}: ${answer.status}`)
  }
}

export async function world(plan: Plan): Promise<World> {
  const random = chance(plan.seed)
  const dir = plan.dir ?? (await mkdtemp(join(tmpdir(), 'hubbub-chaos-')))
  const server = await serverProcess(dir, plan.env, plan.entry, plan.prefix)
  await server.start()
  const proxy = await faultProxy(server.port, random.fork('proxy'), CALM)
  await makeRooms(server.port, await guest(server.port, 'room maker'), plan.rooms)

  const names = Array.from(
    { length: plan.minimal + plan.product },
    (_, i) => `${i < plan.minimal ? 'min' : 'own'}-${i}`,
  )
  const cookies = await guests(server.port, names)
  const people = names.map((name, i): Talker => {
    const setting: Setting = {
      name,
      url: () => `ws://127.0.0.1:${proxy.port}/ws?v=2`,
      cookie: cookies[i] ?? '',
      rooms: plan.rooms,
      random: random.fork(name),
      ...(plan.speed !== undefined && { speed: plan.speed }),
      ...(plan.flaw !== undefined && { flaw: plan.flaw }),
    }
    return i < plan.minimal ? new MinimalClient(setting) : productClient(setting)
  })
  const isThere = await until(() => people.every(({ connected }) => connected), 40_000)
  if (isThere === null) {
    await server.kill()
    throw new Error(`only ${people.filter(({ connected }) => connected).length} of ${people.length} came in`)
  }
  if (plan.weather) proxy.set(plan.weather)

  return {
    server,
    proxy,
    random,
    people,
    dir,
    async talk(perSecond, end, rooms = plan.rooms) {
      const talk = random.fork('talk')
      const next = people.map(() => Date.now() + talk.between(0, 1_000 / perSecond))
      while (Date.now() < end) {
        people.forEach((person, at) => {
          if (Date.now() < (next[at] ?? 0)) return
          // On a machine that cannot keep up nobody talks into an ever longer queue.
          if (person.unsettled < UNSETTLED) person.say(talk.pick(rooms))
          next[at] = Date.now() + talk.between(0.5, 1.5) * (1_000 / perSecond)
        })
        await Bun.sleep(5)
      }
    },
    async allLive(within) {
      proxy.heal()
      const isLive = await until(() => people.every(({ connected }) => connected), within)
      return isLive === null ? null : Math.max(0, Date.now() - server.readyAt)
    },
    async settle(within) {
      proxy.heal()
      const began = Date.now()
      let best = Number.POSITIVE_INFINITY
      for (let since = began; Date.now() - since < within; await Bun.sleep(50)) {
        const open = people.reduce((sum, { calm, unsettled }) => sum + unsettled + (calm ? 0 : 1), 0)
        if (open === 0) break
        if (open < best) [best, since] = [open, Date.now()]
      }
      const isCalm = people.every(({ calm }) => calm)
      const took = Date.now() - began
      await Bun.sleep(1_500)
      return isCalm ? took : null
    },
    async verdict(more = {}) {
      return check({
        operations: people.flatMap(({ operations }) => operations),
        witnesses: people.map(({ witness }) => witness),
        log: more.log ?? readLog(dir),
        unprovoked: server.bugs(),
        ...more,
      })
    },
    operations: () => people.reduce((sum, { operations }) => sum + operations.length, 0),
    async close() {
      for (const person of people) person.end()
      proxy.close()
      await server.kill()
      if (plan.dir === undefined) await rm(dir, { recursive: true, force: true })
    },
  }
}

/** Every room's log as the database has it, read beside the running server. */
export function readLog(dir: string): Map<string, { head: number; events: Shown[] }> {
  const db = new Database(join(dir, 'hubbub.db'), { readonly: true })
  const rooms = db.query<{ room: string; seq: number }, []>('SELECT room, seq FROM rooms').all()
  const events = db.query<
    { seq: number; id: string; kind: string; nonce: string; data: string | null },
    [string]
  >('SELECT seq, id, kind, nonce, data FROM events WHERE room = ? ORDER BY seq')
  const log = new Map(
    rooms.map(({ room, seq }) => [
      room,
      {
        head: seq,
        events: events.all(room).map(({ data, ...event }) => ({
          ...event,
          text: data === null ? null : ((JSON.parse(data) as { text?: string }).text ?? null),
        })),
      },
    ]),
  )
  db.close()
  return log
}

/** Asks every 20 ms. @returns ms until it was true, or null after `within` */
export async function until(isTrue: () => boolean, within: number): Promise<number | null> {
  const began = Date.now()
  while (!isTrue()) {
    if (Date.now() - began > within) return null
    await Bun.sleep(20)
  }
  return Date.now() - began
}

/** The value below which `part` (0–1) of them lie; 0 of none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}

/** Acks that said that the event was there already. */
export function duplicates(people: readonly Talker[]): number {
  return people.reduce((sum, person) => sum + person.duplicates, 0)
}
