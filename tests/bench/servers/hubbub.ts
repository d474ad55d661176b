/**
 * The product with higher numbers for one person and connection: their code runs, a load is not held up by it. At SIGUSR2
 * it says how late its loop was and forgets it.
 */
import { join } from 'node:path'
import { readConfig } from '../../../src/config.ts'
import { createLog } from '../../../src/lib/log.ts'
import { serve } from '../../../src/server.ts'

const config = readConfig(process.env)

// P47: in the binary the entry stands at the root, and the worker where it is below the project's folder
const isBinary = Bun.isStandaloneExecutable
const HOME = isBinary ? '.' : '../../..'

/** ms between two looks at the loop */
const LOOK = 5
let lags: number[] = []
let due = performance.now() + LOOK
if (process.env['WATCH_LAG'] !== undefined)
  setInterval(() => {
    lags.push(Math.max(0, performance.now() - due))
    due = performance.now() + LOOK
  }, LOOK)
process.on('SIGUSR2', () => {
  const sorted = lags.sort((one, other) => one - other)
  lags = []
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0
  process.stdout.write(`LAG ${p99.toFixed(2)}\n`)
})

await serve({
  config,
  log: createLog({ level: config.logLevel, format: config.logFormat }),
  worker: new URL(`${HOME}/src/store/sqlite/write/sqlite.worker.ts`, import.meta.url),
  pages: join(import.meta.dir, HOME, isBinary ? 'public' : 'dist/public'),
  reserve: 0,
  limits: {
    sends: { perSecond: 1e6, burst: 1e6 },
    joins: { perSecond: 1e6, burst: 1e6 },
    frames: { perSecond: 1e6, burst: 1e6 },
  },
})
