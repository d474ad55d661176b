import { describe, expect, test } from 'bun:test'
import { BatchPace } from '../../../src/hub/messages/batchPace.ts'
import { aHub, settled } from '../../support/hub/aHub.ts'

/** Batches of one message each, so many a second, to so many screens: how long the one after them waits. */
function waitAfter({ seconds, perSecond, screens }: { seconds: number; perSecond: number; screens: number }) {
  const pace = new BatchPace()
  for (let n = 1; n <= seconds * perSecond; n += 1) {
    pace.batchBegins((n * 1_000) / perSecond)
    pace.record((n * 1_000) / perSecond, 1, screens)
  }
  return pace.wait(seconds * 1_000)
}

describe('the pace of batches', () => {
  test('[M18] is at once in a quiet room, also a large one', () => {
    expect(new BatchPace().wait(0)).toBe(0)
    expect(waitAfter({ seconds: 5, perSecond: 50, screens: 1_000 })).toBe(0)
  })

  test('[M18] is at once where much is said to few', () => {
    expect(waitAfter({ seconds: 5, perSecond: 1_000, screens: 10 })).toBe(0)
  })

  test('[M18] is a tick apart while much is said to many, and again at once soon after', () => {
    expect(waitAfter({ seconds: 5, perSecond: 200, screens: 200 })).toBe(10)
    expect(waitAfter({ seconds: 5, perSecond: 200, screens: 1_000 })).toBe(25)
    const pace = new BatchPace()
    pace.batchBegins(0)
    pace.record(0, 1_000, 1_000_000)
    expect([pace.wait(5), pace.wait(24), pace.wait(25), pace.wait(3_000)]).toEqual([20, 1, 0, 0])
  })

  test('[M18] lets what comes within a tick share a batch; when enough waits it begins', async () => {
    const unlimited = { sends: { perSecond: 1e6, burst: 1e6 } }
    const here = await aHub({ limits: { ...unlimited, connections: 400 } })
    const ada = await here.guest('Ada', ['lobby'])
    for (let n = 0; n < 200; n += 1) await here.connect(ada.self).hello(['lobby'])
    const say = async (from: number, count: number) => {
      for (let n = from; n < from + count; n += 1)
        ada.say({ type: 'send', nonce: `nonce-${n}`, room: 'lobby', text: 'hi' })
      await settled()
    }
    for (let n = 0; n < 6; n += 1) {
      await say(1_000 + n * 60, 60)
      here.clock.pass(10)
      await settled()
    }
    here.clock.pass(25)
    const before = here.store.batches.length
    await say(2_000, 1)
    await say(2_001, 1)
    await say(2_002, 1)
    expect(here.store.batches.slice(before)).toEqual([1])
    here.clock.pass(10)
    await settled()
    expect(here.store.batches.slice(before)).toEqual([1, 2])
    await say(3_000, 40)
    expect(here.store.batches.slice(before)).toEqual([1, 2, 32])
  })
})
