/** Counters. Their labels come from closed lists: never a name, room or address. */
export type CounterName = 'events' | 'frames' | 'dropped' | 'rateLimited' | 'closed' | 'sync' | 'reset'
/** Timers. */
export type TimerName = 'commit' | 'ack' | 'fanout' | 'loopLag'

/** Takes measurements of the HTTP layer and the store. Cheap, never throws. */
export interface MetricsSink {
  count(what: CounterName, label: string, by?: number): void
  /** @param seconds below zero, as after a clock was set back, counts as zero */
  observe(what: TimerName, seconds: number): void
}

/** For a server without metrics. */
export const NO_METRICS: MetricsSink = { count() {}, observe() {} }
