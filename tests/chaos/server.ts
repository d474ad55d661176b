/** The product's server with higher limits per person and connection: their code runs, and a load is not held up. */
import { join } from 'node:path'
import { readConfig } from '../../src/config.ts'
import { createLog } from '../../src/lib/log.ts'
import { exitWith } from '../../src/lib/operatorError.ts'
import { serve } from '../../src/server.ts'
import { TIMES } from '../../src/shared/limits.ts'
import { quantile } from './quantile.ts'

const config = readConfig(process.env)

/** The product's times are divided by this. */
const speed = Number(process.env['HURRY'] ?? 1)
for (const [name, ms] of Object.entries(TIMES)) Object.assign(TIMES, { [name]: ms / speed })

/** How late (ms) a timer of 5 ms fired; at SIGUSR2 the p99 is printed, and measured anew. */
const INTERVAL = 5
let lags: number[] = []
let due = performance.now() + INTERVAL
setInterval(() => {
  lags.push(Math.max(0, performance.now() - due))
  due = performance.now() + INTERVAL
}, INTERVAL)
process.on('SIGUSR2', () => {
  process.stdout.write(`MEASURED ${quantile(lags, 0.99)}\n`)
  lags = []
})

await serve({
  config,
  log: createLog({ level: config.logLevel, format: config.logFormat }),
  worker: new URL(process.env['WORKER'] ?? '../../src/store/sqlite/write/sqlite.worker.ts', import.meta.url),
  pages: join(import.meta.dir, '../../dist/public'),
  // The disks of scenarios are smaller than what the product keeps free.
  reserve: 0,
  limits: {
    sends: { perSecond: 2_000, burst: 4_000 },
    joins: { perSecond: 1_000, burst: 2_000 },
    frames: { perSecond: 4_000, burst: 8_000 },
  },
}).catch(exitWith)
