/** A process of its own: `child.ts <write|folder> <dir>`. */
import { writeSync } from 'node:fs'
import { createTemporaryFolder } from '../../../src/store/sqlite/lock.ts'
import { draft, open } from './scene.ts'

const [part, dir = ''] = process.argv.slice(2)
const print = (line: string) => writeSync(1, `${line}\n`)

/** Commits as fast as the disk allows until it is killed, and prints `nonce seq` of each acknowledged draft. */
async function write(): Promise<never> {
  const store = await open(dir)
  for (let n = 0; ; n += 1) {
    const drafts = Array.from({ length: 1 + (n % 7) }, () => {
      const id = crypto.randomUUID()
      return draft('x'.repeat(100), { id, nonce: id })
    })
    for (const outcome of await store.commit(drafts))
      if (outcome.result === 'stored') print(`${outcome.event.nonce} ${outcome.event.seq}`)
  }
}

/** Holds a temporary folder until it is killed. */
async function holdFolder(): Promise<never> {
  createTemporaryFolder(dir, 'backup')
  print('ready')
  for (;;) await Bun.sleep(1_000)
}

await (part === 'write' ? write() : holdFolder())
