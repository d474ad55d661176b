import type { CDPSession, Page } from 'playwright-core'
import type { ServerFrame } from '../../src/shared/protocol.ts'
import { event, said } from './client/aState.ts'
import { PEOPLE } from './someTalk.ts'

export const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[all.length >> 1] ?? Number.NaN

/** Messages `from` … of somebody whose name and text change as they do in a room. */
export const messages = (from: number, count: number): ServerFrame[] =>
  Array.from({ length: count }, (_, at) => {
    const user = PEOPLE[Math.floor((from + at) / 3) % PEOPLE.length]!
    return event(said(from + at, { user, text: `text ${from + at}`, at: Date.now() }))
  })

/**
 * Of a page, its protocol, and how long (ms) its main thread is at work while `run` runs. What else the machine does takes
 * the thread's turn away, but is not counted as its work.
 */
export async function clockOf(page: Page): Promise<{
  client: CDPSession
  clock<T>(run: () => Promise<T>): Promise<{ work: number; answer: T }>
}> {
  const client = await page.context().newCDPSession(page)
  await client.send('Performance.enable', { timeDomain: 'threadTicks' })
  const worked = async () => {
    const { metrics } = await client.send('Performance.getMetrics')
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1_000
  }
  return {
    client,
    async clock(run) {
      const before = await worked()
      const answer = await run()
      return { work: (await worked()) - before, answer }
    },
  }
}

/** ms between two looks at how late this machine is */
const LOOK = 10

/**
 * How long something takes that others do (ms): another process, a browser. What this process's own timers are late meanwhile is
 * taken off, for a machine that is busy keeps them all waiting. Not for work of this process itself: that is `worked`.
 */
export async function timed<T>(run: () => Promise<T>): Promise<{ ms: number; answer: T }> {
  const began = performance.now()
  let [looked, late] = [began, 0]
  const timer = setInterval(() => {
    const now = performance.now()
    late += Math.max(0, now - looked - LOOK)
    looked = now
  }, LOOK)
  try {
    const answer = await run()
    return { ms: performance.now() - began - late, answer }
  } finally {
    clearInterval(timer)
  }
}

/** How much this process works (ms of CPU, all threads) while it runs. */
export async function worked(run: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

/** A frame at 60 a second, µs. */
const FRAME = 1_000_000 / 60

/** Of a trace: begin and time of its thread, µs. */
interface Traced {
  name: string
  pid: number
  tid: number
  ts: number
  tdur?: number
  args: { name?: string }
}

/**
 * Notes a page's tasks from now on, by what its thread works in them: what else the machine does meanwhile is not theirs.
 * @returns ends that. The longest (ms), and of each second how many frames were lost to tasks that were longer than one
 */
export async function tasksOf(page: Page): Promise<() => Promise<{ longest: number; lost: number[] }>> {
  const browser = page.context().browser()
  if (browser === null) throw new Error('the page is of no browser')
  await browser.startTracing(page, { categories: ['-*', 'disabled-by-default-devtools.timeline'] })
  return async () => {
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: Traced[] }
    const threadOf = ({ pid, tid }: Traced) => `${pid} ${tid}`
    const isMain = ({ name, args }: Traced) => name === 'thread_name' && args.name === 'CrRendererMain'
    const main = new Set(traceEvents.filter(isMain).map(threadOf))
    // Of one that had begun before there was a trace, or had not ended, there is no time.
    const tasks = traceEvents.flatMap((one) =>
      one.name === 'RunTask' && one.tdur !== undefined && main.has(threadOf(one))
        ? [{ second: Math.floor(one.ts / 1_000_000), took: one.tdur }]
        : [],
    )
    const lost = new Map<number, number>()
    for (const { second, took } of tasks) lost.set(second, (lost.get(second) ?? 0) + Math.floor(took / FRAME))
    return { longest: Math.max(...tasks.map(({ took }) => took)) / 1_000, lost: [...lost.values()] }
  }
}
