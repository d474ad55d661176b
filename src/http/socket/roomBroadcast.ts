import type { Server } from 'bun'
import type { Broadcast } from '../../hub/ports.ts'
import { type MetricsSink, NO_METRICS } from '../../lib/metricsSink.ts'

/** The channel of a room; Bun calls it a topic. */
export function channelOf(room: string): string {
  return `room:${room}`
}

/**
 * Broadcast over the server that listens: a plugin's own `server` stays null. Before `attach` nobody can follow, so nothing
 * is lost by publishing into the void. P4, P6: never steered by publish's value, and the sender hears what all hear.
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
