/** Many messages a second from a few people: an open loop, timed from when each message was due. */
import type { Operation } from './checker.ts'
import { Line } from './network/line.ts'

export interface Load {
  port: number
  /** of the speakers */
  cookies: readonly string[]
  room?: string
  /** of all together */
  perSecond: number
  /** ms, from when all speakers are live */
  lasts?: number
  /** ends the load */
  isOver?: () => boolean
  /** length of each text */
  bytes?: number
  /** part of each text; those of two loads must differ */
  name?: string
}

export type LoadResult = Awaited<ReturnType<typeof load>>

/** Just below the number of durable frames that a connection may leave unanswered. */
const MAX_IN_FLIGHT = 60

interface Message {
  operation: Operation
  due: number
}

/** Speaks until the end, then waits until all is answered or nothing was answered for 10 s. */
export async function load(plan: Load) {
  const { port, cookies, room = 'lobby', perSecond, lasts = Infinity, bytes = 100, name = 'load' } = plan
  const { isOver = () => false } = plan
  const operations: Operation[] = []
  /** ms from when a message was due to its ack */
  const waits: number[] = []
  /** how often each error code came */
  const refused = new Map<string, number>()
  let answeredAt = Date.now()

  const speakers = cookies.map((cookie, index) => {
    const queue: Message[] = []
    const inFlight = new Map<string, Message>()
    let notBefore = 0
    const line = new Line(port, cookie, [room], (frame) => {
      if (frame.type !== 'ack' && frame.type !== 'error') return
      answeredAt = Date.now()
      if (frame.type === 'error') refused.set(frame.code, (refused.get(frame.code) ?? 0) + 1)
      const message = inFlight.get(frame.nonce ?? '')
      if (message === undefined) return
      inFlight.delete(message.operation.nonce)
      if (frame.type === 'ack') {
        Object.assign(message.operation, { outcome: 'acked', seq: frame.seq, event: frame.id })
        waits.push(answeredAt - message.due)
      } else if (frame.retry) {
        queue.unshift(message)
        notBefore = answeredAt + (frame.after ?? 200)
      } else Object.assign(message.operation, { outcome: 'failed', code: frame.code })
    })
    return {
      line,
      get isIdle() {
        return queue.length + inFlight.size === 0
      },
      enqueue(due: number) {
        const order = operations.length
        const sender = `${name}-${index}-${order}`
        const id = `${sender} ${due} `.padEnd(bytes, 'x').trimEnd()
        const operation: Operation = { id, sender, room, nonce: `${sender}-0000`, order, outcome: 'open' }
        operations.push(operation)
        queue.push({ operation, due })
      },
      flush() {
        if (Date.now() < notBefore) return
        for (const message of queue.splice(0, MAX_IN_FLIGHT - inFlight.size)) {
          const { nonce, id } = message.operation
          inFlight.set(nonce, message)
          line.say({ type: 'send', nonce, room, text: id })
        }
      },
    }
  })
  await Promise.all(speakers.map(({ line }) => line.live()))

  const began = Date.now()
  let said = 0
  while (!isOver() && Date.now() - began < lasts) {
    for (const goal = ((Date.now() - began) * perSecond) / 1_000; said < goal; said += 1)
      speakers[said % speakers.length]?.enqueue(began + (said * 1_000) / perSecond)
    for (const speaker of speakers) speaker.flush()
    await Bun.sleep(2)
  }
  answeredAt = Date.now()
  while (!speakers.every(({ isIdle }) => isIdle) && Date.now() - answeredAt < 10_000) {
    for (const speaker of speakers) speaker.flush()
    await Bun.sleep(5)
  }
  for (const { line } of speakers) line.end()
  return { operations, waits, refused }
}

/** When a text of a load was due, ms since the epoch. */
export function dueOf(text: string): number {
  return Number(text.split(' ')[1])
}
