import { CLOSE } from '../shared/errors.ts'
import type { Clock } from './ports.ts'
import type { Visit } from './connections.ts'

/** How a drain goes; times in ms. */
export interface Drain {
  /** before it begins, so that a load balancer can notice */
  waitMs?: number
  /** for the writer to finish */
  flushMs?: number
  /** sockets closed at once, and the time between two such batches */
  closeBatch?: number
  closeEveryMs?: number
}

/** Sends everybody away to come back, spread over a time that the next server can bear. Resolves when all are told. */
export async function sendAway(
  visits: readonly Visit[],
  clock: Clock,
  { closeBatch = 500, closeEveryMs = 100 }: Drain,
): Promise<void> {
  const spread = Math.max(2_000, Math.round((visits.length / 500) * 1_000))
  for (const { connection, greeted } of visits) if (greeted) connection.send({ type: 'drain', spread })
  for (let i = 0; i < visits.length; i += closeBatch) {
    if (i > 0) await clock.wait(closeEveryMs)
    for (const { connection } of visits.slice(i, i + closeBatch)) connection.close(CLOSE.restart, 'restart')
  }
}
