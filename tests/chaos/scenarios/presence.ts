import type { ServerFrame } from '../../../src/shared/protocol.ts'
import { Line } from '../network/line.ts'
import { guests, numbered } from '../serverProcess.ts'
import { scenario, until } from '../world.ts'

/** ms of grace after the last connection, and what the server's timer may add */
const GRACE = 15_000
const TIMER = 3_000

type PresenceFrame = Extract<ServerFrame, { type: 'presence' }>

/** One tab that keeps the list of people as `protocol.md` §8 says. */
class Tab {
  readonly people = new Set<string>()
  self = ''
  /** leaves that were announced to it */
  leaves = 0
  /** people who were listed twice in one list */
  doubled = 0
  #version = 0
  #line: Line | null = null

  constructor(
    readonly port: number,
    readonly cookie: string,
  ) {}

  get isLive(): boolean {
    return this.#line !== null && this.#line.code === null && this.#line.isLive
  }

  open(): void {
    const line = new Line(this.port, this.cookie, ['lobby'], (frame) => {
      if (line !== this.#line) return
      if (frame.type === 'welcome') this.self = frame.user.id
      else if (frame.type === 'sync' && frame.members) this.#setAll(frame.members.version, frame.members.full)
      else if (frame.type === 'presence') this.#change(frame)
    })
    this.#line = line
  }

  close(): void {
    this.#line?.end()
    this.#line = null
  }

  #setAll(version: number, people: readonly { id: string }[]): void {
    this.#version = version
    this.people.clear()
    for (const { id } of people) this.people.add(id)
    this.doubled += people.length - this.people.size
  }

  #change({ version, full, joined = [], left = [] }: PresenceFrame): void {
    if (version <= this.#version) return
    if (version > this.#version + 1) {
      const { seq = 0, id = null } = this.#line?.positions.get('lobby') ?? {}
      return this.#line?.say({ type: 'join', ref: 'again', room: 'lobby', seq, id })
    }
    if (full) return this.#setAll(version, full)
    this.#version = version
    this.leaves += left.length
    for (const id of left) this.people.delete(id)
    for (const { id } of joined) this.people.add(id)
  }
}

/** R13: people with many tabs leave and return within the grace, so that no leave is announced. */
export const presence = scenario(
  { id: 'R13', title: 'people with many tabs flap, leave, and lose their server', short: 8, long: 120 },
  ({ speed }) => ({ minimal: 0, product: 0, speed }),
  async (world, findings, { seconds, short, speed }) => {
    const { server, random } = world
    const cookies = await guests(server.port, numbered('one of them', short ? 60 : 200))
    const people = cookies.map((cookie) => {
      const count = 1 + Math.floor(random.between(0, short ? 3 : 5))
      return Array.from({ length: count }, () => new Tab(server.port, cookie))
    })
    const tabs = people.flat()
    const areLive = (some: readonly Tab[]) => until(() => some.every(({ isLive }) => isLive), 20_000)
    for (let first = 0; first < tabs.length; first += 50) {
      const some = tabs.slice(first, first + 50)
      for (const tab of some) tab.open()
      if ((await areLive(some)) === null) throw new Error('not all connected')
    }

    let flaps = 0
    const end = Date.now() + seconds * 1_000
    const flap = async (tab: Tab, index: number) => {
      const fate = random.fork(`tab ${index}`)
      for (;;) {
        await Bun.sleep(fate.between(500, 10_000) / speed)
        if (Date.now() > end) return
        flaps += 1
        tab.close()
        await Bun.sleep(fate.between(0, 10_000) / speed)
        tab.open()
      }
    }
    await Promise.all(tabs.map(flap))
    findings.expect((await areLive(tabs)) !== null, 'not all are back')
    const leaves = tabs.reduce((sum, tab) => sum + tab.leaves, 0)
    findings.expect(
      leaves === 0,
      `${leaves} leaves were announced although all people returned within the grace`,
    )

    // Some people leave for good, and then the server is killed.
    const [gone, staying] = [people.slice(0, 10), people.slice(10)]
    for (const tab of gone.flat()) tab.close()
    const agree = (some: readonly Tab[][]) => {
      const ids = new Set(some.map(([tab]) => tab?.self ?? ''))
      return some.flat().every((tab) => tab.people.symmetricDifference(ids).size === 0)
    }
    const untilGone = await until(() => agree(staying), GRACE / speed + TIMER + 2_000)
    findings.expect(untilGone !== null, 'people who left are still listed')
    await server.kill()
    await server.start()
    // Ten people never return.
    const rest = staying.slice(10)
    for (const tab of staying.flat()) tab.close()
    for (const tab of rest.flat()) tab.open()
    const untilTrue = await until(() => agree(rest), 35_000 / speed)
    findings.expect(untilTrue !== null, 'there are ghosts after a crash, or people are missing')
    const doubled = tabs.reduce((sum, tab) => sum + tab.doubled, 0)
    findings.expect(doubled === 0, `${doubled} people were listed twice`)
    for (const tab of tabs) tab.close()
    return {
      operations: flaps,
      figures: {
        'people, tabs, flaps': `${people.length}, ${tabs.length}, ${flaps}`,
        'people who left were gone after, ms': untilGone ?? 'never',
        'lists true after a crash, ms': untilTrue ?? 'never',
        'times divided by': speed,
      },
    }
  },
)
