/** Labels of counters come from closed lists: a name, room or address would make any number of series. */
export type CounterName = 'events' | 'frames' | 'dropped' | 'rateLimited' | 'closed' | 'sync' | 'reset'
export type TimerName = 'commit' | 'ack' | 'fanout' | 'loopLag'

/** Takes measurements. Cheap, never throws. */
export interface MetricsSink {
  count(what: CounterName, label: string, by?: number): void
  /** @param seconds a negative value, after the clock was set back, counts as zero */
  observe(what: TimerName, seconds: number): void
}

/** Ignores everything: the server has no metrics. */
export const NO_METRICS: MetricsSink = { count() {}, observe() {} }
