import { describe, expect, test } from 'bun:test'
import type { NudgeReason } from '../../../src/client/net/socket.ts'
import { numbers } from '../../support/client/aState.ts'
import { aSocket } from '../../support/client/aSocket.ts'
import { eventually } from '../../support/eventually.ts'

const SECOND = 1_000

describe('the wait before an attempt', () => {
  /** The waits (ms) after attempts that end with `code`. */
  async function waitsAfter(page: ReturnType<typeof aSocket>, attempts: number, code: number) {
    const waits: number[] = []
    while (waits.length < attempts) {
      const { length } = page.wires
      page.wire.open()
      page.wire.end(code)
      waits.push(page.wait)
      page.time.pass(page.wait)
      await eventually('the next attempt', () => page.wires.length > length)
    }
    return waits
  }

  test('[U51] it doubles from half a second to twenty, with a random part', async () => {
    const page = aSocket({ random: 1 })
    page.socket.start()
    expect(await waitsAfter(page, 7, 4413)).toEqual([600, 1_100, 2_100, 4_100, 8_100, 16_100, 20_100])
    page.world.random = 0
    expect(await waitsAfter(page, 1, 4413)).toEqual([100])
  })

  test('[U51] a server that is down for a minute sees at most 16 attempts', async () => {
    // Random numbers spread as evenly as possible, from three starts.
    for (const first of [0, 0.3, 0.7]) {
      const page = aSocket({ session: 'unknown' }).live()
      page.wire.end(1006)
      page.world.refuse = true
      for (let passed = 0, step = 0; passed < 60 * SECOND; passed += 50) {
        page.world.random = (first + (step += 0.618)) % 1
        page.time.pass(50)
        if (page.state === 'connecting') await eventually('its end', () => page.state === 'waiting')
      }
      const attempts = page.states.filter(({ state }) => state === 'connecting').length - 1
      expect(attempts).toBeLessThanOrEqual(16)
      expect(attempts).toBeGreaterThan(3)
    }
  })

  test('[U51] it is short again after a connection that lived for ten seconds', () => {
    const page = aSocket({ random: 1 })
    const waits = [1, 1, 1, 1, 1, 11].map((aliveFor) => {
      page.live()
      page.time.pass(aliveFor * SECOND)
      page.wire.end(4413)
      const { wait } = page
      page.time.pass(wait)
      return wait
    })
    expect(waits).toEqual([600, 1_100, 2_100, 4_100, 8_100, 600])
  })

  test('[U51] it stays short when a live connection is cut without a close, however often', () => {
    const page = aSocket({ random: 1 })
    for (const _ of numbers(1, 10)) {
      page.live()
      page.time.pass(3 * SECOND)
      page.wire.end(1006)
      expect(page.wait).toBeLessThanOrEqual(2_100)
      page.time.pass(page.wait)
    }
  })

  test('[C90] while no server answers, the wait is at most two seconds and half the time away', async () => {
    const page = aSocket({ random: 0 }).live()
    page.wire.end(1006)
    page.time.pass(page.wait)
    await waitsAfter(page, 5, 1006)
    page.world.random = 1
    page.wire.open()
    page.wire.end(1006)
    expect(page.wait).toBeLessThanOrEqual(2_000 + (6 * 100) / 2 + 100)
  })

  test('[U51] it is at most five minutes in a hidden page, twenty seconds in a visible one', async () => {
    for (const [hidden, longest] of [
      [false, 20_100],
      [true, 300_100],
    ] as const) {
      const page = aSocket({ random: 1, hidden })
      page.socket.start()
      expect((await waitsAfter(page, 21, 1006)).at(-1)).toBe(longest)
    }
  })

  test('[U56] after a drain it lies within the spread the server gave, and is announced', () => {
    const page = aSocket({ random: 0.25 }).live()
    page.wire.say({ type: 'drain', spread: 8_000 })
    page.wire.end(1012)
    expect(page.wait).toBe(2_000)
    expect(page.states.at(-1)).toMatchObject({ announced: true })
    page.time.pass(2_000)
    expect(page.states.at(-1)).toMatchObject({ state: 'connecting', announced: true })
    for (const code of [1001, 1012]) {
      const undrained = aSocket({ random: 1 }).live()
      undrained.wire.end(code)
      expect(undrained.wait).toBe(2_000)
    }
  })

  test('[U51] an overloaded server is left alone for at least eight seconds, whatever is sent', () => {
    const page = aSocket({ random: 0 }).live()
    page.wire.end(1013)
    expect(page.wait).toBe(8_000)
    page.time.pass(5_000)
    page.socket.nudge('send')
    expect(page.state).toBe('waiting')
    page.time.pass(3_000)
    expect(page.state).toBe('connecting')
  })

  test.each(['online', 'visible', 'button', 'send'] satisfies NudgeReason[])(
    '[U51] %s ends it at once',
    (why) => {
      const page = aSocket({ random: 1 }).live()
      page.time.pass(1_000)
      page.wire.end(1006)
      page.socket.nudge(why)
      expect(page.state).toBe('connecting')
    },
  )

  test('[U51] a hundred messages written at once do not make a hundred attempts', () => {
    const page = aSocket({ random: 1 }).live()
    page.time.pass(5_000)
    page.wire.end(1006)
    for (const _ of numbers(1, 100)) {
      page.socket.nudge('send')
      if (page.state !== 'connecting') continue
      page.wire.open()
      page.wire.end(1006)
    }
    expect(page.wires).toHaveLength(2)
  })

  test('[U50] it reports since when the connection is lost, or since the page last came into view', () => {
    const page = aSocket({ random: 1 }).live()
    page.time.pass(1_000)
    const lostAt = page.time.now()
    page.wire.end(1006)
    expect(page.states.at(-1)).toMatchObject({ since: lostAt })
    page.time.pass(600)
    page.wire.open()
    page.wire.end(1006)
    expect(page.states.at(-1)).toMatchObject({ since: lostAt })
    page.socket.nudge('visible')
    expect(page.states.at(-1)).toMatchObject({ since: page.time.now() })
  })
})

describe('staying away', () => {
  test.each([4501, 4503, 4509, 4510])('[U55] after a close with %d no attempt follows', (code) => {
    const page = aSocket().live()
    page.wire.end(code)
    expect(page.states.at(-1)).toEqual({ state: 'stopped', code })
    for (const why of ['online', 'visible', 'send'] satisfies NudgeReason[]) page.socket.nudge(why)
    page.time.pass(60 * SECOND)
    expect(page.wires).toHaveLength(1)
  })

  test('[U51] after any other close it reconnects', () => {
    for (const code of [4400, 4408, 4413, 4429, 1009, 1000]) {
      const page = aSocket().live()
      page.wire.end(code)
      expect(page.state).toBe('waiting')
    }
  })

  test('[U101] after a final close the person can go on in the same page', () => {
    const page = aSocket().live()
    page.wire.end(4509)
    page.socket.nudge('button')
    expect(page.state).toBe('connecting')
    page.live()
    expect([page.wires.length, page.state, page.provenCount]).toEqual([2, 'live', 2])
  })

  test('[P30] after a failed handshake it asks over HTTP who I am, and stops only if I am signed out', async () => {
    for (const session of ['no', 'unknown'] as const) {
      const page = aSocket({ session })
      page.socket.start()
      page.wire.end(1006)
      page.time.pass(page.wait)
      const isSignedOut = session === 'no'
      await eventually('the answer', () => (isSignedOut ? page.state === 'stopped' : page.wires.length === 2))
      if (isSignedOut) expect(page.states.at(-1)).toEqual({ state: 'stopped', code: 4501 })
      expect(page.wires).toHaveLength(isSignedOut ? 1 : 2)
    }
  })

  /** Lets attempts fail until `count` of them have been made. */
  async function attemptsUpTo(page: ReturnType<typeof aSocket>, count: number, opens = false) {
    page.socket.start()
    while (page.wires.length < count) {
      const attempt = page.wires.length
      if (opens) page.wire.open()
      page.wire.end(1006)
      page.time.pass(page.wait)
      await eventually('the next attempt', () => page.wires.length > attempt)
    }
  }
  const isBlocked = (page: ReturnType<typeof aSocket>) => page.states.some((state) => 'isBlocked' in state)

  test.each([
    ['a handshake that fails', false],
    ['a connection cut before the welcome', true],
  ])(
    '[U187] after %s three times while the server answers over HTTP, WebSockets count as blocked',
    async (_what, opens) => {
      const page = aSocket()
      await attemptsUpTo(page, 3, opens)
      expect(isBlocked(page)).toBe(false)
      await attemptsUpTo(page, 5, opens)
      expect(page.states.at(-1)).toMatchObject({ state: 'connecting', isBlocked: true })
      page.wire.end(1006)
      expect(page.states.at(-1)).toMatchObject({ state: 'waiting', isBlocked: true })
      page.time.pass(page.wait)
      await eventually('it goes on trying', () => page.wires.length === 6)
      page.live()
      page.wire.end(1006)
      expect(page.states.at(-1)).not.toHaveProperty('isBlocked')
    },
  )

  test('[U187] a server that does not answer over HTTP either is away, not blocked', async () => {
    const page = aSocket({ session: 'unknown' })
    await attemptsUpTo(page, 9)
    expect(isBlocked(page)).toBe(false)
  })

  test('[U187] a server that closes the handshake itself is busy, not blocked', () => {
    const page = aSocket()
    page.socket.start()
    for (let attempt = 0; attempt < 9; attempt += 1) {
      page.wire.open()
      page.wire.end(1013)
      page.time.pass(page.wait)
    }
    expect(isBlocked(page)).toBe(false)
  })

  test('[U55] stopped by the page it stays away, and may start again', () => {
    const page = aSocket().live()
    page.socket.stop()
    expect(page.wire.closed).toBe(true)
    page.time.pass(60 * SECOND)
    expect(page.wires).toHaveLength(1)
    page.socket.start()
    expect(page.state).toBe('connecting')
  })
})
