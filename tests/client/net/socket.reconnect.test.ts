import { describe, expect, test } from 'bun:test'
import { type NudgeReason } from '../../../src/client/net/socket.ts'
import { numbers } from '../../support/client/aState.ts'
import { eventually } from '../../support/eventually.ts'
import { aSocket } from '../../support/client/aSocket.ts'

const SECOND = 1_000

describe('coming back', () => {
  test('[U51] waits grow from half a second and a bit to twenty, with chance in them', () => {
    const it = aSocket({ random: 1 })
    it.socket.start()
    const waits = numbers(1, 8).map((n) => {
      if (n === 8) it.world.random = 0
      it.wire.open()
      it.wire.end(4413)
      const { wait } = it
      it.time.pass(wait)
      return wait
    })
    expect(waits).toEqual([600, 1_100, 2_100, 4_100, 8_100, 16_100, 20_100, 100])
  })

  test('[U51] a server that is down for a minute sees at most 16 attempts', async () => {
    // Chances spread as evenly as they can be, from three beginnings.
    for (const first of [0, 0.3, 0.7]) {
      const it = aSocket({ session: 'unknown' }).live()
      it.wire.end(1006)
      it.world.refuse = true
      for (let passed = 0, n = 0; passed < 60 * SECOND; passed += 50) {
        it.world.random = (first + (n += 0.618)) % 1
        it.time.pass(50)
        if (it.state === 'connecting') await eventually('its end', () => it.state === 'waiting')
      }
      const attempts = it.links.filter(({ state }) => state === 'connecting').length - 1
      expect(attempts).toBeLessThanOrEqual(16)
      expect(attempts).toBeGreaterThan(3)
    }
  })

  test('[C75] a clock that is set back an hour makes neither a dead wire last nor attempts follow at once', async () => {
    const it = aSocket({ session: 'unknown' }).live()
    it.time.turn(-3_600 * SECOND)
    it.time.pass(39 * SECOND)
    expect(it.closes).toEqual([1006])
    const back = aSocket({ session: 'unknown' }).live()
    back.time.turn(-3_600 * SECOND)
    back.wire.end(1006)
    expect(back.wait).toBeGreaterThan(100)
  })

  test('[U51] ten seconds of life make the next wait short again', () => {
    const it = aSocket({ random: 1 })
    const waits = [1, 1, 1, 1, 1, 11].map((alive) => {
      it.live()
      it.time.pass(alive * SECOND)
      it.wire.end(4413)
      const { wait } = it
      it.time.pass(wait)
      return wait
    })
    expect(waits).toEqual([600, 1_100, 2_100, 4_100, 8_100, 600])
  })

  test('[U51] a live connection cut without a close, however often, is soon tried again', () => {
    const it = aSocket({ random: 1 })
    for (const _ of numbers(1, 10)) {
      it.live()
      it.time.pass(3 * SECOND)
      it.wire.end(1006)
      expect(it.wait).toBeLessThanOrEqual(2_100)
      it.time.pass(it.wait)
    }
  })

  test('[C90] however quick its first attempts were, nobody waits longer than two seconds and half as long as they were away', () => {
    const it = aSocket({ random: 0 }).live()
    it.wire.end(1006)
    for (const attempt of numbers(1, 6)) {
      it.time.pass(it.wait)
      if (attempt === 6) it.world.random = 1
      it.wire.open()
      it.wire.end(1006)
    }
    expect(it.wait).toBeLessThanOrEqual(2_000 + (6 * 100) / 2 + 100)
  })

  test('[U51] a hidden page waits up to five minutes, a visible one twenty seconds', () => {
    const waitAfter = (hidden: boolean) => {
      const it = aSocket({ random: 1, hidden })
      it.socket.start()
      for (const _ of numbers(1, 20)) {
        it.wire.open()
        it.wire.end(1006)
        it.time.pass(it.wait)
      }
      it.wire.open()
      it.wire.end(1006)
      return it.wait
    }
    expect(waitAfter(false)).toBe(20_100)
    expect(waitAfter(true)).toBe(300_100)
  })

  test('[U56] after a drain it comes back within the spread it was told, calmly', () => {
    const it = aSocket({ random: 0.25 }).live()
    it.wire.say({ type: 'drain', spread: 8_000 })
    it.wire.end(1012)
    expect(it.wait).toBe(2_000)
    expect(it.links.at(-1)).toMatchObject({ announced: true })
    it.time.pass(2_000)
    expect(it.links.at(-1)).toMatchObject({ state: 'connecting', announced: true })
  })

  test.each([1001, 1012])('[U56] a close by %d without a drain spreads over two seconds', (code) => {
    const it = aSocket({ random: 1 }).live()
    it.wire.end(code)
    expect(it.wait).toBe(2_000)
  })

  test('[U51] an overloaded server is left alone for eight seconds and more, whatever is typed', () => {
    const it = aSocket({ random: 0 }).live()
    it.wire.end(1013)
    expect(it.wait).toBe(8_000)
    it.time.pass(5_000)
    it.socket.nudge('send')
    expect(it.state).toBe('waiting')
    it.time.pass(3_000)
    expect(it.state).toBe('connecting')
  })

  test.each(['online', 'visible', 'pageshow', 'person', 'send'] satisfies NudgeReason[])(
    '[U51] %s ends the wait at once',
    (why) => {
      const it = aSocket({ random: 1 }).live()
      it.time.pass(1_000)
      it.wire.end(1006)
      it.socket.nudge(why)
      expect(it.state).toBe('connecting')
    },
  )

  test('[U51] someone who writes a hundred messages does not make a hundred attempts', () => {
    const it = aSocket({ random: 1 }).live()
    it.time.pass(5_000)
    it.wire.end(1006)
    const before = it.wires.length
    for (const _ of numbers(1, 100)) {
      it.socket.nudge('send')
      if (it.state === 'connecting') {
        it.wire.open()
        it.wire.end(1006)
      }
    }
    expect(it.wires.length - before).toBe(1)
  })

  test('[U50] the wait tells since when it is lost; what nobody could see does not count', () => {
    const it = aSocket({ random: 1 }).live()
    it.time.pass(1_000)
    const lostAt = it.time.now()
    it.wire.end(1006)
    expect(it.links.at(-1)).toMatchObject({ since: lostAt })
    it.time.pass(600)
    it.wire.open()
    it.wire.end(1006)
    expect(it.links.at(-1)).toMatchObject({ since: lostAt })
    it.socket.nudge('visible')
    expect(it.links.at(-1)).toMatchObject({ since: it.time.now() })
  })
})

describe('staying away', () => {
  test.each([4501, 4503, 4509, 4510])('[U55] %d is final: no attempt follows', (code) => {
    const it = aSocket().live()
    it.wire.end(code)
    expect(it.links.at(-1)).toEqual({ state: 'stopped', code })
    for (const why of ['online', 'visible', 'pageshow', 'send'] satisfies NudgeReason[]) it.socket.nudge(why)
    it.time.pass(60 * SECOND)
    expect(it.wires).toHaveLength(1)
  })

  test('[U101] after a final close the person can go on in the same page, with what it was about to ask', () => {
    const it = aSocket().live()
    it.wire.end(4509)
    it.socket.nudge('person')
    expect(it.state).toBe('connecting')
    it.live()
    expect([it.wires.length, it.state, it.backs]).toEqual([2, 'live', 2])
  })

  test.each([4400, 4408, 4413, 4429, 1009, 1000])('[U51] %d is not: it comes back', (code) => {
    const it = aSocket().live()
    it.wire.end(code)
    expect(it.state).toBe('waiting')
  })

  test('[P30] a refused handshake asks who I am before the next, and stops if I am nobody', async () => {
    const it = aSocket({ session: 'no' })
    it.socket.start()
    it.wire.end(1006)
    it.time.pass(it.wait)
    await eventually('the answer', () => it.state === 'stopped')
    expect(it.links.at(-1)).toEqual({ state: 'stopped', code: 4501 })
    expect(it.wires).toHaveLength(1)
  })

  test('[P30] where HTTP does not know either, it goes on trying', async () => {
    const it = aSocket({ session: 'unknown' })
    it.socket.start()
    it.wire.end(1006)
    it.time.pass(it.wait)
    await eventually('an attempt', () => it.wires.length === 2)
  })

  test('[U55] stopped by the person it stays away, and may start again', () => {
    const it = aSocket().live()
    it.socket.stop()
    expect(it.wire.closed).toBe(true)
    it.time.pass(60 * SECOND)
    expect(it.wires).toHaveLength(1)
    it.socket.start()
    expect(it.state).toBe('connecting')
  })
})
