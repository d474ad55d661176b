/** What is counted as it happens. Labels are of closed lists: no name, room or address is ever one. */
export type CounterName = 'events' | 'frames' | 'dropped' | 'rateLimited' | 'closed' | 'sync' | 'reset'
/** What is timed. */
export type TimerName = 'commit' | 'ack' | 'fanout' | 'loopLag'

/** Where the edge and the store say what they did. Cheap, never throws. */
export interface MetricsSink {
  count(what: CounterName, label: string, by?: number): void
  /** @param seconds below zero, as after a clock was set back, counts as zero */
  observe(what: TimerName, seconds: number): void
}

/** Where nobody asks for metrics. */
export const NO_METRICS: MetricsSink = { count() {}, observe() {} }
