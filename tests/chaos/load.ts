/** Many messages a second from a few people: an open loop, timed from when each was to be said. */
import type { Operation } from './checker.ts'
import { Line } from './network/line.ts'

export interface Load {
  port: number
  /** of those who speak */
  cookies: readonly string[]
  room: string
  /** of all together */
  perSecond: number
  /** ms since the epoch, or whether it is over */
  end: number | (() => boolean)
  /** length of each text */
  bytes?: number
  /** part of the name of everybody who speaks: texts of two loads must differ */
  name?: string
}

export interface Loaded {
  operations: Operation[]
  /** ms from when it was to be said to its ack */
  waits: number[]
  /** error codes and how often they came */
  refused: Map<string, number>
}

/** Durable frames one connection may leave unanswered, less some. */
const UNANSWERED = 60

interface Waiting {
  operation: Operation
  due: number
}

/** Speaks until the end, then waits until everything is answered or nothing has been for 10 s. */
export async function load({
  port,
  cookies,
  room,
  perSecond,
  end,
  bytes = 100,
  name = 'load',
}: Load): Promise<Loaded> {
  const operations: Operation[] = []
  const waits: number[] = []
  const refused = new Map<string, number>()
  let answeredAt = Date.now()

  const speakers = cookies.map((cookie, who) => {
    const unsaid: Waiting[] = []
    const flying = new Map<string, Waiting>()
    let notBefore = 0
    const line = new Line(port, cookie, [room], (frame) => {
      if (frame.type !== 'ack' && frame.type !== 'error') return
      answeredAt = Date.now()
      const waiting = flying.get(frame.nonce ?? '')
      if (frame.type === 'error') refused.set(frame.code, (refused.get(frame.code) ?? 0) + 1)
      if (waiting === undefined) return
      flying.delete(waiting.operation.nonce)
      if (frame.type === 'ack') {
        Object.assign(waiting.operation, { outcome: 'acked', seq: frame.seq, event: frame.id })
        waits.push(answeredAt - waiting.due)
      } else if (frame.retry) {
        unsaid.unshift(waiting)
        notBefore = answeredAt + (frame.after ?? 200)
      } else Object.assign(waiting.operation, { outcome: 'failed', code: frame.code })
    })
    return {
      line,
      unsaid,
      flying,
      plan(due: number) {
        const order = operations.length
        const id = `${name}-${who}-${order} ${due} `
        const operation: Operation = {
          id: id.padEnd(bytes, 'x').trimEnd(),
          sender: `${name}-${who}-${order}`,
          room,
          nonce: `${name}-${who}-${order}-0000`,
          order,
          outcome: 'open',
        }
        operations.push(operation)
        unsaid.push({ operation, due })
      },
      flush() {
        if (Date.now() < notBefore) return
        while (flying.size < UNANSWERED) {
          const waiting = unsaid.shift()
          if (waiting === undefined) return
          const { nonce, id } = waiting.operation
          flying.set(nonce, waiting)
          line.say({ type: 'send', nonce, room, text: id })
        }
      },
    }
  })
  await Promise.all(speakers.map(({ line }) => line.live()))

  const began = Date.now()
  let said = 0
  const isOver = typeof end === 'number' ? () => Date.now() >= end : end
  while (!isOver()) {
    for (const goal = ((Date.now() - began) * perSecond) / 1_000; said < goal; said += 1)
      speakers[said % speakers.length]?.plan(began + (said * 1_000) / perSecond)
    for (const speaker of speakers) speaker.flush()
    await Bun.sleep(2)
  }
  answeredAt = Date.now()
  const isDone = () => speakers.every(({ unsaid, flying }) => unsaid.length + flying.size === 0)
  while (!isDone() && Date.now() - answeredAt < 10_000) {
    for (const speaker of speakers) speaker.flush()
    await Bun.sleep(5)
  }
  for (const { line } of speakers) line.end()
  return { operations, waits, refused }
}

/** When a text of a load was to be said, ms since the epoch. */
export function dueOf(text: string): number {
  return Number(text.split(' ')[1])
}
