import 'fake-indexeddb/auto'
import { Outbox } from '../../../src/client/net/outbox.ts'
import { openStorage, type DeviceStorage } from '../../../src/client/net/storage.ts'
import type { OutboxEntry, SendStatus } from '../../../src/client/state/state.ts'
import { ERRORS, type ErrorCode } from '../../../src/shared/errors.ts'
import type { Durable } from '../../../src/shared/protocol.ts'
import { eventually } from '../eventually.ts'
import { ada } from './aState.ts'
import { fakeTime, type FakeTime } from './fakeTime.ts'

let databases = 0
/** A device of its own. */
export const aDevice = () => openStorage(`device ${(databases += 1)}`)

interface OutboxSettings {
  storage?: DeviceStorage
  local?: Storage | null
  time?: FakeTime
  user?: string
  tab?: string
}

let nonces = 0

/** Ada's outbox, with a connection that the test opens and closes. */
export async function anOutbox({
  storage,
  local = null,
  time = fakeTime(),
  user = ada.id,
  tab = 'tab-1',
}: OutboxSettings = {}) {
  const device = storage ?? (await aDevice())
  const sent: Durable[] = []
  const queued: OutboxEntry[] = []
  const statuses = new Map<string, SendStatus>()
  const dropped: string[] = []
  const reports: string[] = []
  const connection = { isOpen: false, hasJoined: true }
  const outbox = new Outbox(
    {
      storage: device,
      localStorage: local,
      tab,
      now: () => time.now(),
      after: time.after,
      random: () => 1,
      nonce: () => `nonce-of-${(nonces += 1)}`,
    },
    {
      send(frame) {
        if (connection.isOpen) sent.push(frame as Durable)
        return connection.isOpen
      },
      maySendTo: () => connection.hasJoined,
      isConfirmed: () => connection.hasJoined,
      queued: (entry) => queued.push(entry),
      statusChanged: (entry, status) => statuses.set(entry.text ?? entry.kind, status),
      dropped: (entry) => dropped.push(entry.text ?? entry.kind),
      ackOverdue: () => reports.push('ackOverdue'),
      storageBlocked: () => reports.push('storageBlocked'),
      unsavedChanged: (isUnsaved) => reports.push(isUnsaved ? 'unsaved' : 'saved'),
    },
  )
  await outbox.start(user)
  const page = {
    outbox,
    device,
    time,
    connection,
    sent,
    queued,
    statuses,
    dropped,
    reports,
    get sentTexts() {
      return sent.map((frame) => ('text' in frame ? frame.text : frame.type))
    },
    get queuedTexts() {
      return queued.map(({ text }) => text)
    },
    connect() {
      connection.isOpen = true
      outbox.resend()
      return page
    },
    disconnect(refused = false) {
      connection.isOpen = false
      outbox.disconnected(refused)
      return page
    },
    write(...texts: string[]) {
      for (const text of texts) outbox.enqueue('lobby', { kind: 'message', text })
      return page
    },
    untilSent: (count: number) => eventually(`${count} frames`, () => sent.length >= count),
    ack(frame = sent.at(-1)) {
      const { nonce = '', room = '' } = frame ?? {}
      outbox.receive({ type: 'ack', nonce, room, seq: 1, id: 'id-1', at: 0 })
      return page
    },
    refuse(code: ErrorCode, after?: number, nonce = sent.at(-1)?.nonce) {
      const { message, retry } = ERRORS[code]
      const details = { ...(nonce && { nonce }), ...(after !== undefined && { after }) }
      outbox.receive({ type: 'error', code, message, retry, ...details })
      return page
    },
    stored: async () => (await device.entries(user)).map(({ text }) => text),
    untilStored: (count: number) =>
      eventually(`${count} entries stored`, async () => (await device.entries(user)).length === count),
  }
  return page
}

/** Ada's outbox on a live connection, with these texts written and the first of them sent. */
export async function aSendingOutbox(...texts: string[]) {
  const page = await anOutbox()
  page.connect().write(...texts)
  await page.untilSent(1)
  return page
}
