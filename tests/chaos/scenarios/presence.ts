import type { Heard } from '../../../src/shared/protocol.ts'
import { Line } from '../network/line.ts'
import { Findings, type Scenario } from '../scenario.ts'
import { guests } from '../serverProcess.ts'
import { until, world } from '../world.ts'

const HURRY = 5
/** ms of grace after the last connection, and what a look each second may add */
const GRACE = 15_000
const LOOKS = 3_000

/** One tab that keeps the list of who is here, as `protocol.md` §8 says. */
class Tab {
  readonly people = new Set<string>()
  self = ''
  left = 0
  /** somebody listed twice at once */
  doubled = 0
  #version = 0
  #line: Line | null = null

  constructor(
    readonly port: number,
    readonly cookie: string,
  ) {}

  get isOpen(): boolean {
    return this.#line !== null
  }

  get isLive(): boolean {
    return this.#line !== null && this.#line.code === null && this.#line.liveAt !== null
  }

  open(): void {
    const line = new Line(this.port, this.cookie, ['lobby'], (frame) => {
      if (line !== this.#line) return
      if (frame.type === 'welcome') this.self = frame.user.id
      if (frame.type === 'sync' && frame.members) this.#all(frame.members.version, frame.members.full)
      if (frame.type === 'presence') this.#change(frame)
    })
    this.#line = line
  }

  close(): void {
    this.#line?.end()
    this.#line = null
  }

  #all(version: number, people: readonly { id: string }[]): void {
    this.#version = version
    this.people.clear()
    for (const { id } of people) this.people.add(id)
    this.doubled += people.length - this.people.size
  }

  #change({ version, full, joined = [], left = [] }: Heard<'presence'>): void {
    if (version <= this.#version) return
    if (version > this.#version + 1) {
      const { seq = 0, id = null } = this.#line?.standing.get('lobby') ?? {}
      return this.#line?.say({ type: 'join', ref: 'again', room: 'lobby', seq, id })
    }
    this.#version = version
    if (full) return this.#all(version, full)
    this.left += left.length
    for (const id of left) this.people.delete(id)
    for (const { id } of joined) this.people.add(id)
  }
}

/** R13: people with many tabs come and go faster than anybody is told. */
export const presence: Scenario = {
  id: 'R13',
  title: 'people with many tabs flap, leave, and lose their server',
  short: 8,
  long: 120,
  async play({ seed, seconds, short }) {
    const found = new Findings()
    const speed = short ? HURRY : 1
    const grace = GRACE / speed
    const there = await world({
      seed,
      rooms: ['lobby'],
      minimal: 0,
      product: 0,
      env: { HURRY: String(speed) },
    })
    const { server, random } = there
    const people: Tab[][] = []
    try {
      const names = Array.from({ length: short ? 60 : 200 }, (_, at) => `one of them ${at}`)
      const cookies = await guests(server.port, names)
      for (const cookie of cookies) {
        const tabs = 1 + Math.floor(random.between(0, short ? 3 : 5))
        people.push(Array.from({ length: tabs }, () => new Tab(server.port, cookie)))
      }
      const tabs = people.flat()
      for (let at = 0; at < tabs.length; at += 50) {
        const some = tabs.slice(at, at + 50)
        for (const tab of some) tab.open()
        if ((await until(() => some.every(({ isLive }) => isLive), 20_000)) === null)
          throw new Error('not in')
      }

      let flaps = 0
      const end = Date.now() + seconds * 1_000
      await Promise.all(
        tabs.map(async (tab, at) => {
          const fate = random.fork(`tab ${at}`)
          for (;;) {
            await Bun.sleep(fate.between(500, 10_000) / speed)
            if (Date.now() > end) return
            flaps += 1
            tab.close()
            await Bun.sleep(fate.between(0, 10_000) / speed)
            tab.open()
          }
        }),
      )
      if ((await until(() => tabs.every(({ isLive }) => isLive), 20_000)) === null)
        found.add('R13 not all back')
      const leaves = tabs.reduce((sum, { left }) => sum + left, 0)
      if (leaves > 0)
        found.add(`R13 ${leaves} leaves were told of people who were away for less than the grace`)

      // Some go for good, and then the server goes: who does not come back is no ghost.
      const [gone, staying] = [people.slice(0, 10), people.slice(10)]
      for (const tab of gone.flat()) tab.close()
      const truth = (who: readonly Tab[][]) => new Set(who.map(([tab]) => tab?.self ?? ''))
      const agree = (who: readonly Tab[][]) => who.flat().every(({ people: list }) => same(list, truth(who)))
      const without = await until(() => agree(staying), grace + LOOKS + 2_000)
      if (without === null) found.add('R13 who is gone is still listed')
      await server.kill()
      await server.start()
      const [lost, rest] = [staying.slice(0, 10), staying.slice(10)]
      for (const tab of staying.flat()) tab.close()
      for (const tab of rest.flat()) tab.open()
      const after = await until(() => agree(rest), 35_000 / speed)
      if (after === null) found.add('R13 there are ghosts after a crash, or people are missing')
      const doubled = tabs.reduce((sum, tab) => sum + tab.doubled, 0)
      if (doubled > 0) found.add(`R13 ${doubled} people were listed twice`)
      return found.report(flaps, {
        people: people.length,
        tabs: tabs.length,
        flaps,
        'who left was gone after, ms': without ?? 'never',
        'lists true after a crash, ms': after ?? 'never',
        'lost with it': lost.length,
        'times divided by': speed,
      })
    } finally {
      for (const tab of people.flat()) tab.close()
      await there.close()
    }
  },
}

function same(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((id) => other.has(id))
}
