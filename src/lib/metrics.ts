import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { CounterName, MetricsSink, TimerName } from './metricsSink.ts'

export interface Metrics extends MetricsSink {
  /** @returns the metrics in the text format of Prometheus */
  text(): Promise<string>
  readonly contentType: string
}

const COUNTERS: Record<CounterName, { name: string; label: string; help: string }> = {
  events: { name: 'events_total', label: 'kind', help: 'Events stored.' },
  frames: { name: 'frames_total', label: 'type', help: 'Valid frames from clients.' },
  dropped: { name: 'dropped_total', label: 'reason', help: 'Frames from clients that were ignored.' },
  rateLimited: {
    name: 'rate_limited_total',
    label: 'what',
    help: 'Requests and frames refused by a rate limit.',
  },
  closed: { name: 'closed_total', label: 'code', help: 'Closed sockets, by close code.' },
  sync: { name: 'sync_total', label: 'outcome', help: 'Pages of history sent; a sync ends with "live".' },
  reset: { name: 'reset_total', label: 'reason', help: 'Clients whose position was not in our history.' },
}

const SHORT = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]
const TIMES: Record<TimerName, { name: string; help: string; buckets: number[] }> = {
  commit: { name: 'commit_seconds', help: 'Time to commit a batch.', buckets: SHORT },
  ack: { name: 'ack_seconds', help: 'Time from the frame of a message to its ack.', buckets: SHORT },
  fanout: {
    name: 'fanout_seconds',
    help: 'Time to publish a frame to a room.',
    buckets: [0.00001, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05],
  },
  loopLag: { name: 'loop_lag_seconds', help: 'How late a timer fires.', buckets: SHORT.slice(1) },
}

const GAUGES = {
  connections: { name: 'connections', help: 'Open sockets.' },
  users: { name: 'users', help: 'People with at least one socket.' },
  rooms: { name: 'rooms', help: 'Rooms.' },
  writerQueue: { name: 'writer_queue', help: 'Messages waiting to be committed.' },
  unsentBytes: { name: 'unsent_bytes', help: 'Bytes that clients have not read yet.' },
  databaseBytes: { name: 'database_bytes', help: 'The database with its write-ahead log.' },
  diskFreeBytes: { name: 'disk_free_bytes', help: 'Free space on the disk of the database.' },
  backupAgeSeconds: {
    name: 'backup_age_seconds',
    help: 'Seconds since the last backup; absent without a backup.',
  },
} satisfies Record<string, { name: string; help: string }>

/** A gauge that is null is left out. */
export type GaugeReadings = Record<keyof typeof GAUGES, number | null>

/** @param build labels of the running build @param read called for each scrape */
export function createMetrics(build: Record<string, string>, read: () => GaugeReadings): Metrics {
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
  const gauges = mapValues<keyof GaugeReadings, { name: string; help: string }, Gauge>(
    GAUGES,
    ({ name, help }) => new Gauge({ name: `hubbub_${name}`, help, registers }),
  )
  const labelNames = Object.keys(build)
  new Gauge({ name: 'hubbub_build_info', help: 'Which build this is.', labelNames, registers }).set(build, 1)
  const memory = new Gauge({ name: 'process_resident_memory_bytes', help: 'Memory in use.', registers })

  return {
    contentType: registry.contentType,
    count: (what, label, by = 1) => counters[what].inc({ [COUNTERS[what].label]: label }, by),
    observe: (what, seconds) => timers[what].observe(Math.max(0, seconds)),
    text() {
      for (const [what, value] of Object.entries(read()) as [keyof GaugeReadings, number | null][]) {
        if (value === null) gauges[what].remove()
        else gauges[what].set(value)
      }
      memory.set(process.memoryUsage.rss())
      return registry.metrics()
    },
  }
}

function mapValues<K extends string, A, B>(values: Record<K, A>, map: (value: A) => B): Record<K, B> {
  const mapped = Object.entries<A>(values).map(([key, value]) => [key, map(value)])
  return Object.fromEntries(mapped) as Record<K, B>
}
