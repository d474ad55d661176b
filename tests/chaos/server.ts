/** The product's server with higher numbers for one person and connection: their code runs, a load is not held up by it. */
import { join } from 'node:path'
import { readConfig } from '../../src/config.ts'
import { createLog } from '../../src/lib/log.ts'
import { end, serve } from '../../src/serve.ts'

const read = readConfig(process.env, false)
if ('faults' in read) end(1, read.faults.join('\n'))
const { config } = read

await serve({
  config,
  log: createLog({ level: config.logLevel, format: config.logFormat }),
  worker: new URL('../../src/store/sqlite.worker.ts', import.meta.url),
  pages: join(import.meta.dir, '../../dist/public'),
  limits: {
    sends: { perSecond: 2_000, burst: 4_000 },
    joins: { perSecond: 1_000, burst: 2_000 },
    frames: { perSecond: 4_000, burst: 8_000 },
  },
})
