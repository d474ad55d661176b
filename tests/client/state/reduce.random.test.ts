import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Message, RoomEvent } from '../../../src/shared/model.ts'
import type { ServerFrame } from '../../../src/shared/protocol.ts'
import {
  ada,
  aLivePage,
  aPage,
  bob,
  connectionIs,
  entry,
  event,
  firstPage,
  numbers,
  page,
  said,
  welcome,
} from '../../support/client/aState.ts'

test('[U17] 1,000 events that come in any order are drawn in order', () => {
  const all = numbers(1, 1_000).map((seq) => said(seq))
  fc.assert(
    fc.property(fc.shuffledSubarray(all, { minLength: 1_000, maxLength: 1_000 }), (shuffled) => {
      const at = aLivePage([], { head: 0 }).hear(...shuffled.map((message) => event(message)))
      if (at.lobby.sync.state === 'gap') {
        at.tell({ type: 'syncRequested', room: 'lobby' })
        const { seq } = at.lobby.position
        at.hear(page(all.filter((message) => message.seq > seq)))
      }
      expect(at.drawn).toEqual(numbers(1, 1_000))
    }),
    { numRuns: 5 },
  )
})

/** What happens next; an action listed several times is as many times as likely. */
const step = fc.record({
  do: fc.constantFrom(
    ...([
      'bob says',
      'bob says',
      'bob says',
      'ada writes',
      'ada writes',
      'store',
      'store',
      'ack first',
    ] as const),
    ...(['lose a frame', 'disconnect', 'join', 'join', 'rewind', 'beat', 'wait', 'repeat'] as const),
  ),
  ms: fc.nat(5_000),
})

const placeOf = (last: RoomEvent | undefined) => ({ seq: last?.seq ?? 0, id: last?.id ?? null })

/** A minimal server with a log, and a page that receives each event unless it is disconnected or the frame is lost. */
function aServerAndPage() {
  const at = aPage().hear(welcome).tell({ type: 'roomOpened', room: 'lobby' })
  const log: RoomEvent[] = []
  /** nonces of Ada's messages that the server has not stored */
  const unsent: string[] = []
  let epoch = 0
  let written = 0
  let isConnected = false
  let framesToLose = 0
  let lastFrames: ServerFrame[] = []

  function send(...frames: ServerFrame[]): void {
    if (!isConnected) return
    if (framesToLose > 0) {
      framesToLose -= 1
      return
    }
    lastFrames = frames
    at.hear(...frames)
  }

  function store(more: Partial<RoomEvent>): RoomEvent {
    const seq = log.length + 1
    const id = `id-${epoch}-${seq}`
    const stored = said(seq, { id, nonce: `b-${epoch}-${seq}`, ...more } as never)
    log.push(stored)
    return stored
  }

  /** Pages of 3 events, after a reset if the log does not contain the page's position. */
  function join(): void {
    const { seq, id } = at.lobby.position
    isConnected = true
    framesToLose = 0
    at.tell(connectionIs('live', at.now), { type: 'syncRequested', room: 'lobby' })
    const head = log.length
    let from = seq
    if (seq > head || (seq > 0 && log[seq - 1]?.id !== id)) {
      at.hear({ type: 'reset', room: 'lobby', reason: seq > head ? 'ahead' : 'diverged', head, floor: 1 })
      from = 0
    }
    if (from === 0) {
      const cut = head - (written % 3)
      const [start, last] = [Math.max(0, head - 5), log[cut - 1]]
      const messages = log.slice(start, Math.max(start, cut)) as Message[]
      const events = log.slice(start + messages.length)
      const place = last && messages.length > 0 ? { seq: last.seq, id: last.id } : placeOf(log[start - 1])
      at.hear(firstPage([], { at: place, messages, events, head, older: start > 0 }))
      return
    }
    for (let first = from; ; first += 3) {
      const events = log.slice(first, first + 3)
      const more = first + 3 < head
      at.hear(page(events, { head, more }))
      if (!more) break
    }
  }

  function disconnect(): void {
    isConnected = false
    at.tell(connectionIs('waiting', at.now))
  }

  function storeOldest(isAckFirst: boolean): void {
    const [nonce] = unsent
    if (nonce === undefined || !isConnected || at.lobby.sync.state === 'unsynced') return
    unsent.shift()
    const stored = store({ user: ada, nonce, text: `mine ${nonce}` } as never)
    const { seq, id, at: time } = stored
    const ack: ServerFrame = { type: 'ack', nonce, room: 'lobby', seq, id, at: time }
    for (const frame of isAckFirst ? [ack, event(stored)] : [event(stored), ack]) send(frame)
  }

  const actions = {
    'bob says': () => send(event(store({ user: bob }))),
    'ada writes'() {
      written += 1
      unsent.push(`a-${written}`)
      at.queue(entry(`a-${written}`, written))
    },
    store: () => storeOldest(false),
    'ack first': () => storeOldest(true),
    'lose a frame': () => (framesToLose += 1),
    disconnect,
    join,
    rewind() {
      // A backup is restored: the end of the log is gone, and the next events are another history.
      if (log.length < 4) return
      disconnect()
      log.splice(-2)
      epoch += 1
    },
    beat: () => send({ type: 'beat', heads: { lobby: log.length } }),
    wait: (ms: number) => at.pass(ms),
    repeat: () => send(...lastFrames.filter((frame) => frame.type === 'event')),
  }

  function check(): void {
    const rows = at.lobby.rows
    const seqs = rows.flatMap((row) => (row.seq === null ? [] : [row.seq]))
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length)
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    expect(new Set(seqs).size).toBe(seqs.length)
    const whole = seqs.filter((seq) => seq <= at.lobby.position.seq)
    if (whole.length > 0) expect(whole).toEqual(numbers(whole[0] ?? 0, at.lobby.position.seq))
    const firstWaiting = rows.findIndex((row) => row.seq === null)
    if (firstWaiting >= 0) expect(rows.slice(firstWaiting).every((row) => row.seq === null)).toBe(true)
  }

  return { at, log, unsent, actions, check }
}

test('[C68] whatever is lost, repeated or rewound, in the end the screen shows the log, each event once, in order', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (history) => {
      const { at, log, unsent, actions, check } = aServerAndPage()
      for (const next of history) {
        actions[next.do](next.ms)
        check()
      }
      actions.disconnect()
      actions.join()
      check()
      const pending = at.lobby.rows.filter((row) => row.seq === null).map((row) => row.nonce)
      for (const nonce of unsent) expect(pending).toContain(nonce)
      const drawn = at.lobby.rows.filter((row) => row.seq !== null)
      const first = drawn[0]?.seq ?? log.length + 1
      expect(drawn.map(({ seq, id, text }) => ({ seq, id, text }))).toEqual(
        log.slice(first - 1).map(({ seq, id, text }) => ({ seq, id, text: text ?? null })),
      )
      expect(at.lobby.position.seq).toBe(log.length)
      expect(at.lobby.sync.state).toBe('live')
      expect(drawn.length).toBeGreaterThanOrEqual(Math.min(5, log.length))
    }),
    { numRuns: 20_000 },
  )
}, 60_000)
