import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { CounterName, MetricsSink, TimerName } from './metricsSink.ts'

/** Read at each scrape. */
export interface GaugeReadings {
  connections: number
  users: number
  rooms: number
  writerQueue: number
  unsentBytes: number
  databaseBytes: number
  diskFreeBytes: number
  /** null: there is no backup */
  backupAgeSeconds: number | null
}

export interface Metrics extends MetricsSink {
  /** @returns the metrics in the text format of Prometheus */
  text(now: GaugeReadings): Promise<string>
  readonly contentType: string
}

const COUNTERS: Record<CounterName, { name: string; label: string; help: string }> = {
  events: { name: 'events_total', label: 'kind', help: 'Events stored.' },
  frames: { name: 'frames_total', label: 'type', help: 'Frames from clients that were understood.' },
  dropped: { name: 'dropped_total', label: 'reason', help: 'Frames from clients that nothing came of.' },
  rateLimited: { name: 'rate_limited_total', label: 'what', help: 'Refused for coming too fast.' },
  closed: { name: 'closed_total', label: 'code', help: 'Sockets that ended, by close code.' },
  sync: { name: 'sync_total', label: 'outcome', help: 'Pages of a room sent: live with the last one.' },
  reset: { name: 'reset_total', label: 'reason', help: 'Clients told that their history is not ours.' },
}

const SHORT = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
const TIMES: Record<TimerName, { name: string; help: string; buckets: number[] }> = {
  commit: { name: 'commit_seconds', help: 'One batch from the queue to the disk and back.', buckets: SHORT },
  ack: { name: 'ack_seconds', help: 'One message from its frame to its ack.', buckets: SHORT },
  fanout: {
    name: 'fanout_seconds',
    help: 'Handing one frame to all who follow its room.',
    buckets: [0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05],
  },
  loopLag: { name: 'loop_lag_seconds', help: 'How late a timer fires.', buckets: SHORT.slice(1) },
}

const GAUGES: Record<keyof GaugeReadings, { name: string; help: string }> = {
  connections: { name: 'connections', help: 'Sockets of people.' },
  users: { name: 'users', help: 'People with at least one socket.' },
  rooms: { name: 'rooms', help: 'Rooms there are.' },
  writerQueue: { name: 'writer_queue', help: 'Messages that wait for the disk.' },
  unsentBytes: { name: 'unsent_bytes', help: 'Bytes that readers have not taken yet.' },
  databaseBytes: { name: 'database_bytes', help: 'The database with its write-ahead log.' },
  diskFreeBytes: { name: 'disk_free_bytes', help: 'Room left where the database is.' },
  backupAgeSeconds: { name: 'backup_age_seconds', help: 'Since the last backup; absent without any.' },
}

/** @param build labels of the running build */
export function createMetrics(build: Record<string, string>): Metrics {
  const registry = new Registry()
  const registers = [registry]
  const counters = mapValues(
    COUNTERS,
    ({ name, label, help }) => new Counter({ name: `hubbub_${name}`, help, labelNames: [label], registers }),
  )
  const timers = mapValues(
    TIMES,
    ({ name, help, buckets }) => new Histogram({ name: `hubbub_${name}`, help, buckets, registers }),
  )
  const gauges = mapValues(GAUGES, ({ name, help }) => new Gauge({ name: `hubbub_${name}`, help, registers }))
  const labelNames = Object.keys(build)
  new Gauge({ name: 'hubbub_build_info', help: 'Which build this is.', labelNames, registers }).set(build, 1)
  const memory = new Gauge({ name: 'process_resident_memory_bytes', help: 'Memory in use.', registers })

  return {
    contentType: registry.contentType,
    count: (what, label, by = 1) => counters[what].inc({ [COUNTERS[what].label]: label }, by),
    observe: (what, seconds) => timers[what].observe(Math.max(0, seconds)),
    text(now) {
      for (const [what, value] of Object.entries(now) as [keyof GaugeReadings, number | null][]) {
        if (value === null) gauges[what].remove()
        else gauges[what].set(value)
      }
      memory.set(process.memoryUsage.rss())
      return registry.metrics()
    },
  }
}

function mapValues<K extends string, A, B>(values: Record<K, A>, map: (value: A) => B): Record<K, B> {
  return Object.fromEntries(Object.entries<A>(values).map(([key, value]) => [key, map(value)])) as Record<
    K,
    B
  >
}
