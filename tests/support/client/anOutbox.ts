import 'fake-indexeddb/auto'
import { Outbox } from '../../../src/client/net/outbox.ts'
import { openStorage, type DeviceStorage } from '../../../src/client/net/storage.ts'
import type { OutboxEntry, SendStatus } from '../../../src/client/state/state.ts'
import { ERRORS, type ErrorCode } from '../../../src/shared/errors.ts'
import type { ClientFrame } from '../../../src/shared/protocol.ts'
import { ada } from './aState.ts'
import { eventually } from '../eventually.ts'
import { fakeTime, type FakeTime } from './fakeTime.ts'

let databases = 0
/** A device of its own. */
export const aDevice = () => openStorage(`device ${(databases += 1)}`)

interface OutboxSettings {
  storage?: DeviceStorage
  time?: FakeTime
  user?: string
  tab?: string
}

/** Ada's outbox, with a wire that the test opens and closes. */
export async function anOutbox({
  storage,
  time = fakeTime(),
  user = ada.id,
  tab = 'tab-1',
}: OutboxSettings = {}) {
  const device = storage ?? (await aDevice())
  const sent: Extract<ClientFrame, { type: 'send' }>[] = []
  const queued: OutboxEntry[] = []
  const standings = new Map<string, SendStatus>()
  const dropped: string[] = []
  const said: string[] = []
  const wire = { open: false, joined: true }
  let nonces = 0
  const outbox = new Outbox(
    device,
    tab,
    {
      now: () => time.now(),
      after: (ms, run) => time.after(ms, run),
      random: () => 1,
      nonce: () => `${tab}-nonce-${(nonces += 1)}`,
    },
    {
      send(frame) {
        if (wire.open && frame.type === 'send') sent.push(frame)
        return wire.open
      },
      maySendTo: () => wire.joined,
      isConfirmed: () => wire.joined,
      queued: (entry) => queued.push(entry),
      statusChanged: (entry, standing) => standings.set(entry.text ?? entry.kind, standing),
      dropped: (entry) => dropped.push(entry.text ?? entry.kind),
      ackOverdue: () => said.push('doubt'),
      storageBlocked: () => said.push('forgetful'),
      unsavedChanged: (would) => said.push(would ? 'losing' : 'safe'),
    },
  )
  await outbox.start(user)
  const it = {
    outbox,
    device,
    time,
    wire,
    sent,
    queued,
    standings,
    dropped,
    said,
    get texts() {
      return sent.map(({ text }) => text)
    },
    connect() {
      wire.open = true
      outbox.resend()
      return it
    },
    lose(refused = false) {
      wire.open = false
      outbox.disconnected(refused)
      return it
    },
    write(...texts: string[]) {
      for (const text of texts) outbox.enqueue('lobby', { kind: 'message', text })
      return it
    },
    /** Waits until so many frames have left. */
    leaves: (count: number) => eventually(`${count} frames`, () => sent.length >= count),
    ack(frame = sent.at(-1)) {
      const { nonce = '', room = '' } = frame ?? {}
      outbox.receive({ type: 'ack', nonce, room, seq: 1, id: 'id-1', at: 0 })
      return it
    },
    refuse(code: ErrorCode, after?: number, frame = sent.at(-1)) {
      const { message, retry } = ERRORS[code]
      const named = frame === undefined ? {} : { nonce: frame.nonce }
      outbox.receive({ type: 'error', ...named, code, message, retry, ...(after !== undefined && { after }) })
      return it
    },
    stored: async () => (await device.entries(user)).map(({ text }) => text),
  }
  return it
}
