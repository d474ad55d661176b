import { describe, expect, test } from 'bun:test'
import { Outbox } from '../../../src/client/net/outbox.ts'
import { memoryStorage } from '../../../src/client/net/storage.ts'
import type { OutboxEntry, SendStatus } from '../../../src/client/state/state.ts'
import type { ClientFrame } from '../../../src/shared/protocol.ts'
import { ada } from '../../support/client/aState.ts'
import { eventually } from '../../support/eventually.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'

let nonces = 0

/** Ada's outbox in the lobby, with a wire that the test opens. */
function anOutbox(device = memoryStorage()) {
  const time = fakeTime()
  const all: ClientFrame[] = []
  const queued: OutboxEntry[] = []
  const standings = new Map<string, SendStatus>()
  let open = false
  const outbox = new Outbox(
    device,
    'tab-1',
    {
      now: () => time.now(),
      after: (ms, run) => time.after(ms, run),
      random: () => 1,
      nonce: () => `nonce-${(nonces += 1)}`,
    },
    {
      send(frame) {
        if (open) all.push(frame)
        return open
      },
      maySendTo: () => true,
      isConfirmed: () => true,
      queued: (entry) => queued.push(entry),
      statusChanged: (entry, standing) => standings.set(entry.nonce, standing),
      dropped() {},
      ackOverdue() {},
      storageBlocked() {},
      unsavedChanged() {},
    },
  )
  void outbox.start(ada.id)
  const it = {
    outbox,
    device,
    all,
    queued,
    standings,
    connect() {
      open = true
      outbox.resend()
      return it
    },
  }
  return it
}

describe('changes to messages', () => {
  const edit = { kind: 'edit', target: 'id-1', text: 'better' } as const
  const react = { kind: 'react', target: 'id-1', emoji: '👍', on: true } as const
  const frames = (it: ReturnType<typeof anOutbox>) => it.all.map((frame) => ({ ...frame, nonce: undefined }))

  test('[M63, M75] leave as what they are, in their order among the messages, one at a time', async () => {
    const it = anOutbox().connect()
    it.outbox.enqueue('lobby', { kind: 'message', text: 'first' })
    it.outbox.enqueue('lobby', edit)
    it.outbox.enqueue('lobby', { kind: 'delete', target: 'id-2' })
    it.outbox.enqueue('lobby', react)
    it.outbox.enqueue('lobby', { kind: 'pin', target: 'id-1', on: false })
    for (let n = 1; n <= 5; n += 1) {
      await eventually(`${n} frames`, () => it.all.length === n)
      const { nonce = '' } = it.all.at(-1) as { nonce?: string }
      it.outbox.receive({ type: 'ack', nonce, room: 'lobby', seq: n, id: `e-${n}`, at: 0 })
    }
    expect(frames(it)).toEqual<object[]>([
      { type: 'send', room: 'lobby', text: 'first' },
      { type: 'edit', room: 'lobby', target: 'id-1', text: 'better' },
      { type: 'delete', room: 'lobby', target: 'id-2' },
      { type: 'react', room: 'lobby', target: 'id-1', emoji: '👍', on: true },
      { type: 'pin', room: 'lobby', target: 'id-1', on: false },
    ])
    expect(it.outbox.unsentCount).toBe(0)
  })

  test('[M75, U34] leave the draft of the room alone, and survive the page', async () => {
    const it = anOutbox()
    await it.outbox.saveDraft('lobby', 'half a thought', 4)
    it.outbox.enqueue('lobby', edit)
    it.outbox.enqueue('lobby', react)
    await eventually('stored', async () => (await it.device.entries(ada.id)).length === 2)
    expect(await it.outbox.draft('lobby')).toEqual({ text: 'half a thought', caret: 4 })
    const again = anOutbox(it.device)
    await eventually('found', () => again.queued.length === 2)
    expect(again.queued.map(({ kind }) => kind)).toEqual(['edit', 'react'])
  })

  test('[M75] refused for good, what has text is kept on the device, and what has none in the page alone', async () => {
    const it = anOutbox().connect()
    for (const said of [edit, react]) {
      it.outbox.enqueue('lobby', said)
      await eventually('sent', () => it.all.length > 0)
      const { nonce = '' } = it.all.splice(0)[0] as { nonce?: string }
      it.outbox.receive({ type: 'error', nonce, code: 'gone', message: '', retry: false })
    }
    expect([...it.standings.values()]).toEqual(Array(2).fill({ status: 'failed', reason: 'gone' }))
    await eventually('stored', async () => (await it.device.entries(ada.id)).length === 1)
    expect(await it.device.entries(ada.id)).toMatchObject([{ kind: 'edit', text: 'better', failed: 'gone' }])
    expect(it.outbox.unsentCount).toBe(1)
    const [failed] = it.outbox.entries('lobby').filter(({ kind }) => kind === 'react')
    it.outbox.retry(failed?.nonce ?? '')
    await eventually('sent again', () => it.all.length === 1)
    expect(it.all[0]).toMatchObject({ type: 'react', nonce: failed?.nonce })
  })
})
