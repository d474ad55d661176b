import { describe, expect, test } from 'bun:test'
import type { Doorbell, Draft } from '../../../src/hub/ports.ts'
import { aHub, aLobby, settled, type Screen } from '../../support/hub/aHub.ts'
import { lateStore } from '../../support/hub/lateStore.ts'

/** A doorbell in the test's hand, and what was rung here. */
function aDoorbell() {
  const rung: [string, number][][] = []
  let tell: Parameters<Doorbell['listen']>[0] = () => {}
  const doorbell: Doorbell = {
    ring: (heads) => void rung.push([...heads]),
    listen: (heard) => (tell = heard),
  }
  return { doorbell, rung, rings: (heads: ReadonlyMap<string, number> | 'unknown') => tell(heads) }
}

/** Something said on another node: it is in the log, and nothing here was told. */
const elsewhere = (n: number): Draft => ({
  kind: 'message',
  room: 'lobby',
  id: `0198-${n}`,
  at: 0,
  user: { id: 'far', name: 'Far' },
  nonce: `nonce-far-${n}`,
  text: `from afar ${n}`,
})
const live = ({ connection }: Screen) => connection.all('event').map(({ seq }) => seq)

describe('the feed', () => {
  test('[D1] reads what lies in a hole before it goes on, and acknowledges after that', async () => {
    const { ada, bob, store } = await aLobby()
    await store.commit([elsewhere(1), elsewhere(2)])
    await ada.send('mine')
    expect(ada.heard.map((frame) => [frame.type, 'seq' in frame && frame.seq])).toEqual([
      ['event', 1],
      ['event', 2],
      ['event', 3],
      ['ack', 3],
    ])
    expect(live(bob)).toEqual([1, 2, 3])
  })

  test('[D2] publishes what another node rings for, once, however often it rings', async () => {
    const { doorbell, rings } = aDoorbell()
    const { ada, store } = await aLobby({ doorbell })
    await store.commit([elsewhere(1), elsewhere(2)])
    for (const head of [2, 1, 2]) rings(new Map([['lobby', head]]))
    await settled()
    expect(live(ada)).toEqual([1, 2])
    await store.commit([elsewhere(3)])
    rings('unknown')
    await settled()
    expect(live(ada)).toEqual([1, 2, 3])
  })

  test('[D2] rings with the new heads once its own events are out, and for nothing else', async () => {
    const { doorbell, rung } = aDoorbell()
    const { ada } = await aLobby({ doorbell })
    await ada.send('one', 'nonce-000')
    await ada.send('one', 'nonce-000')
    expect(rung).toEqual([[['lobby', 1]]])
  })

  test('[D3] makes good a ring that was lost within 2 s', async () => {
    const { ada, store, pass } = await aLobby()
    await store.commit([elsewhere(1)])
    await pass(2)
    expect(live(ada)).toEqual([1])
  })

  test('[D4] that cannot read holds no ack back, and the hole is filled once it can', async () => {
    const { ada, bob, store, pass } = await aLobby()
    await store.commit([elsewhere(1)])
    store.fail('reads')
    await ada.send('mine')
    expect([ada.heard, bob.heard]).toMatchObject([[{ type: 'ack', seq: 2 }], []])
    store.heal()
    await pass(2)
    expect([live(ada), live(bob)]).toEqual([
      [1, 2],
      [1, 2],
    ])
  })

  test('[D5] is not led astray by a ring for what does not exist', async () => {
    const { doorbell, rings } = aDoorbell()
    const { ada, guest } = await aLobby({ doorbell })
    rings(new Map([['lobby', 50]]))
    rings(new Map([['nowhere', 50]]))
    await settled()
    const eve = await guest('Eve', ['lobby'])
    await ada.send('one')
    expect([live(ada), live(eve)]).toEqual([[1], [1]])
  })

  test('[D3] brings who is joining what was said on another node meanwhile, at whichever instant', async () => {
    for (let instant = 0; instant < 60; instant += 1) {
      const { doorbell, rings } = aDoorbell()
      const world = await aHub({ doorbell, seen: (itself) => lateStore(itself, () => 3) })
      const eve = await world.guest('Eve')
      eve.say({ type: 'join', ref: 'r', room: 'lobby' })
      for (let turn = 0; turn < instant; turn += 1) await Promise.resolve()
      for (const n of [1, 2]) {
        await world.store.commit([elsewhere(n)])
        rings(new Map([['lobby', n]]))
      }
      await settled()
      const pages = eve.connection
        .all('sync')
        .flatMap(({ messages = [], events }) => [...messages, ...events].map(({ seq }) => seq))
      const all = [...pages, ...live(eve).filter((seq) => seq > (pages.at(-1) ?? 0))]
      expect({ instant, all }).toEqual({ instant, all: [1, 2] })
    }
  })
})
