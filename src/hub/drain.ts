import { CLOSE } from '../shared/errors.ts'
import type { Clock } from './ports.ts'
import { isGreeted, type ClientConnection } from './connections.ts'

/** How a drain goes; times in ms. */
export interface DrainOptions {
  /** before it begins, so that a load balancer can notice */
  waitMs?: number
  /** for the writer to finish */
  flushMs?: number
  /** how many sockets are closed at once, and the time between two such batches */
  closeBatch?: number
  closeEveryMs?: number
}

/** Closes all connections in batches. Clients come back spread over a time (ms) that the next server can bear. */
export async function disconnectAll(
  connections: readonly ClientConnection[],
  clock: Clock,
  { closeBatch = 500, closeEveryMs = 100 }: DrainOptions,
): Promise<void> {
  const spread = Math.max(2_000, Math.round((connections.length / 500) * 1_000))
  for (const connection of connections)
    if (isGreeted(connection)) connection.socket.send({ type: 'drain', spread })
  for (let i = 0; i < connections.length; i += closeBatch) {
    if (i > 0) await clock.wait(closeEveryMs)
    for (const { socket } of connections.slice(i, i + closeBatch)) socket.close(CLOSE.restart, 'restart')
  }
}
