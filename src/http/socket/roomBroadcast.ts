import type { Server } from 'bun'
import type { Broadcast } from '../../hub/ports.ts'
import { type MetricsSink, NO_METRICS } from '../../lib/metricsSink.ts'

/** The Bun topic of a room. */
export function channelOf(room: string): string {
  return `room:${room}`
}

/**
 * Broadcasts through the listening server. Before `attach` nobody can follow a room, so no frame is lost. `publish` returns
 * nothing, as Bun's result does not tell whether a frame arrived.
 */
export function createRoomBroadcast(
  metricsSink: MetricsSink = NO_METRICS,
): Broadcast & { attach(server: Pick<Server<unknown>, 'publish'>): void } {
  let server: Pick<Server<unknown>, 'publish'> | null = null
  return {
    attach: (listening) => {
      server = listening
    },
    publish: (room, frame) => {
      const began = performance.now()
      server?.publish(channelOf(room), frame)
      metricsSink.observe('fanout', (performance.now() - began) / 1_000)
    },
  }
}
