/**
 * A process of its own that opens the store of a directory: `child.ts <hold|write|full|desk> <dir>`. It prints `open`, then
 * what its part finds, one line each. If the store does not open, it prints why and exits as the server would.
 */
import { rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createTemporaryFolder } from '../../../src/store/sqlite/temporaryFolder.ts'
import { OperatorError } from '../../../src/lib/operatorError.ts'
import { type Sqlite } from '../../../src/store/sqlite/sqliteStore.ts'
import { ada, draft, guest, NEVER, open } from './scene.ts'

const [part = '', dir = ''] = process.argv.slice(2)
const print = (line: string) => writeSync(1, `${line}\n`)

/** Commits as fast as the disk allows until it is killed, and prints `nonce seq` of each acknowledged draft. */
async function write(store: Sqlite): Promise<never> {
  for (let n = 0; ; n += 1) {
    const drafts = Array.from({ length: 1 + (n % 7) }, () => {
      const id = crypto.randomUUID()
      return draft('x'.repeat(100), { id, nonce: id })
    })
    for (const outcome of await store.commit(drafts))
      if (outcome.result === 'stored') print(`${outcome.event.nonce} ${outcome.event.seq}`)
  }
}

/** Fills a small disk, reads on, makes room and writes on. Prints what it found. */
async function fill(store: Sqlite): Promise<void> {
  const filler = join(dir, '..', 'filler')
  const commit = async () => (await store.commit([draft('y'.repeat(8_000))]))[0]?.result
  await store.addGuest(guest('Ada', { id: ada.id }), NEVER)
  await store.commit([draft('before')])
  try {
    writeFileSync(filler, Buffer.alloc(64 * 1024 * 1024))
  } catch {
    // The disk is full now.
  }
  while ((await commit()) === 'stored');
  const refusal: unknown = await store.addMember('lobby', ada.id, 'guest', 1).catch((error: unknown) => error)
  const [first] = await store.events('lobby', 0, 1)
  const full = {
    commit: await commit(),
    addMember: Object(refusal).code as unknown,
    diskError: store.diskError,
    read: first && 'text' in first && first.text,
  }
  const head = Number((await store.room('lobby'))?.head)
  rmSync(filler)
  const healed = {
    commit: await commit(),
    diskError: store.diskError,
    isNextSeq: (await store.room('lobby'))?.head === head + 1,
  }
  print(JSON.stringify({ full, healed }))
  await store.close()
}

/** Holds a temporary folder until it is killed. */
async function holdFolder(): Promise<never> {
  createTemporaryFolder(dir, 'backup')
  print('ready')
  for (;;) await Bun.sleep(1_000)
}

try {
  if (part === 'desk') await holdFolder()
  const store = await open(dir, part === 'full' ? { reserve: 0 } : {})
  print('open')
  if (part === 'write') await write(store)
  if (part === 'full') await fill(store)
} catch (error) {
  if (!(error instanceof OperatorError)) throw error
  print(error.message)
  process.exit(error.exitCode)
}
