import { expect, test } from 'bun:test'
import type { Doorbell, Draft } from '../../../src/hub/ports.ts'
import { aHub, aLobby, settled } from '../../support/hub/aHub.ts'

/** A doorbell that a test rings, and what the hub rang. */
function aDoorbell() {
  const rung: [string, number][][] = []
  let heard: Parameters<Doorbell['listen']>[0] = () => {}
  const doorbell: Doorbell = {
    ring: (heads) => void rung.push([...heads]),
    listen: (listener) => (heard = listener),
  }
  return { doorbell, rung, rings: (heads: ReadonlyMap<string, number>) => heard(heads) }
}

/** A message that another node has stored; nobody has told this node. */
const elsewhere = (n: number): Draft => ({
  kind: 'message',
  room: 'lobby',
  id: `0198-${n}`,
  at: 0,
  user: { id: 'far', name: 'Far' },
  nonce: `nonce-far-${n}`,
  text: `from afar ${n}`,
})

test('[D1] events in a gap are published before the events after it, and acks follow', async () => {
  const { ada, bob, store } = await aLobby()
  await store.commit([elsewhere(1), elsewhere(2)])
  await ada.send('mine')
  expect(ada.heard.map((frame) => [frame.type, 'seq' in frame && frame.seq])).toEqual([
    ['event', 1],
    ['event', 2],
    ['event', 3],
    ['ack', 3],
  ])
  expect(bob.liveSeqs).toEqual([1, 2, 3])
})

test('[D2] an event of another node is published once, however often that node rings', async () => {
  const { doorbell, rings } = aDoorbell()
  const { ada, store } = await aLobby({ doorbell })
  await store.commit([elsewhere(1), elsewhere(2)])
  for (const head of [2, 1, 2]) rings(new Map([['lobby', head]]))
  await settled()
  expect(ada.liveSeqs).toEqual([1, 2])
})

test('[D2] a node rings once its own events are published, and not for a duplicate', async () => {
  const { doorbell, rung } = aDoorbell()
  const { ada } = await aLobby({ doorbell })
  await ada.send('one', 'nonce-000')
  await ada.send('one', 'nonce-000')
  expect(rung).toEqual([[['lobby', 1]]])
})

test('[D3] events of a lost ring are published within 2 s', async () => {
  const { ada, store, pass } = await aLobby()
  await store.commit([elsewhere(1)])
  await pass(2)
  expect(ada.liveSeqs).toEqual([1])
})

test('[D4] a failed read holds no ack back, and the gap is filled later', async () => {
  const { ada, bob, store, pass } = await aLobby()
  await store.commit([elsewhere(1)])
  store.fail('reads')
  await ada.send('mine')
  expect([ada.heard, bob.heard]).toMatchObject([[{ type: 'ack', seq: 2 }], []])
  store.heal()
  await pass(2)
  expect([ada.liveSeqs, bob.liveSeqs]).toEqual([
    [1, 2],
    [1, 2],
  ])
})

test('[D5] a ring for missing events changes nothing', async () => {
  const { doorbell, rings } = aDoorbell()
  const { ada, guest } = await aLobby({ doorbell })
  rings(new Map([['lobby', 50]]))
  rings(new Map([['nowhere', 50]]))
  await settled()
  const eve = await guest('Eve', ['lobby'])
  await ada.send('one')
  expect([ada.liveSeqs, eve.liveSeqs]).toEqual([[1], [1]])
})

test('[D3] a newcomer gets the events of another node, at whichever instant they are stored', async () => {
  for (let instant = 0; instant < 60; instant += 1) {
    const { doorbell, rings } = aDoorbell()
    const { guest, store } = await aHub({ doorbell, late: () => 3 })
    const eve = await guest('Eve')
    eve.say({ type: 'join', ref: 'r', room: 'lobby' })
    for (let turn = 0; turn < instant; turn += 1) await Promise.resolve()
    for (const n of [1, 2]) {
      await store.commit([elsewhere(n)])
      rings(new Map([['lobby', n]]))
    }
    await settled()
    const live = eve.liveSeqs.filter((seq) => seq > (eve.pageSeqs.at(-1) ?? 0))
    expect({ instant, seqs: [...eve.pageSeqs, ...live] }).toEqual({ instant, seqs: [1, 2] })
  }
})
