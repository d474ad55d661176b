/** Hubbub with higher limits for one person, so that the generator is not refused: the limits run, but never apply. */
import { join } from 'node:path'
import { readConfig } from '../../../src/config.ts'
import { createLog } from '../../../src/lib/log.ts'
import { serve } from '../../../src/server.ts'

const config = readConfig(process.env)
// In the binary, the entry stands at the root, and the worker keeps its place below the project's folder.
const isBinary = Bun.isStandaloneExecutable
const root = isBinary ? '.' : '../../..'
const unlimited = { perSecond: 1e6, burst: 1e6 }

await serve({
  config,
  log: createLog({ level: config.logLevel, format: config.logFormat }),
  worker: new URL(`${root}/src/store/sqlite/write/sqlite.worker.ts`, import.meta.url),
  pages: join(import.meta.dir, root, isBinary ? 'public' : 'dist/public'),
  reserve: 0,
  limits: { sends: unlimited, joins: unlimited, frames: unlimited },
})
