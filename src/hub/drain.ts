import { CLOSE } from '../shared/errors.ts'
import type { Clock } from './ports.ts'
import type { ClientConnection } from './connections.ts'

/** How a drain goes; times in ms. */
export interface DrainOptions {
  /** before it begins, so that a load balancer can notice */
  waitMs?: number
  /** for the writer to finish */
  flushMs?: number
  /** sockets closed at once, and the time between two such batches */
  closeBatch?: number
  closeEveryMs?: number
}

/** Sends everybody away to come back, spread over a time that the next server can bear. Resolves when all are told. */
export async function disconnectAll(
  connections: readonly ClientConnection[],
  clock: Clock,
  { closeBatch = 500, closeEveryMs = 100 }: DrainOptions,
): Promise<void> {
  const spread = Math.max(2_000, Math.round((connections.length / 500) * 1_000))
  for (const { socket, greeted } of connections) if (greeted) socket.send({ type: 'drain', spread })
  for (let i = 0; i < connections.length; i += closeBatch) {
    if (i > 0) await clock.wait(closeEveryMs)
    for (const { socket } of connections.slice(i, i + closeBatch)) socket.close(CLOSE.restart, 'restart')
  }
}
