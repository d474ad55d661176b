/** The product's server with higher numbers for one person and connection: their code runs, a load is not held up by it. */
import { join } from 'node:path'
import { readConfig } from '../../src/config.ts'
import { createLog } from '../../src/lib/log.ts'
import { cannotStart, serve } from '../../src/server.ts'
import { TIMES } from '../../src/shared/limits.ts'

const config = readConfig(process.env)

const hurry = Number(process.env['HURRY'] ?? 1)
// Constants of the product: what waits for half a minute is waited for here as well, only not so long.
for (const [name, ms] of Object.entries(TIMES)) Object.assign(TIMES, { [name]: ms / hurry })

/** ms the loop came late to what was due every 5 ms; said and forgotten at SIGUSR2 */
const LOOK = 5
let lags: number[] = []
let due = performance.now() + LOOK
setInterval(() => {
  lags.push(Math.max(0, performance.now() - due))
  due = performance.now() + LOOK
}, LOOK)
process.on('SIGUSR2', () => {
  const sorted = lags.sort((one, other) => one - other)
  const [lagP50, lagP99, lagMax] = [0.5, 0.99, 1].map(
    (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0,
  )
  lags = []
  process.stdout.write(`MEASURED ${JSON.stringify({ lagP50, lagP99, lagMax })}\n`)
})

await serve({
  config,
  log: createLog({ level: config.logLevel, format: config.logFormat }),
  worker: new URL(process.env['WORKER'] ?? '../../src/store/sqlite/write/sqlite.worker.ts', import.meta.url),
  pages: join(import.meta.dir, '../../dist/public'),
  // Disks of scenarios are smaller than what the product keeps free (O12).
  reserve: 0,
  limits: {
    sends: { perSecond: 2_000, burst: 4_000 },
    joins: { perSecond: 1_000, burst: 2_000 },
    frames: { perSecond: 4_000, burst: 8_000 },
  },
}).catch(cannotStart)
