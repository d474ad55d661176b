/**
 * A process of its own that opens the store of a directory: `child.ts <hold|write|full|desk> <dir> [run]`. It prints `open`,
 * then what its part says, one thing a line; if it cannot open, why, and exits as the server would.
 */
import { rmSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { createTemporaryFolder } from '../../../src/store/sqlite/temporaryFolder.ts'
import { OperatorError } from '../../../src/lib/operatorError.ts'
import { type Sqlite } from '../../../src/store/sqlite/sqliteStore.ts'
import { ada, draft, guest, NEVER, open } from './scene.ts'

const [part = '', dir = '', run = ''] = process.argv.slice(2)
const print = (line: string) => writeSync(1, `${line}\n`)

/** Commits as fast as the disk lets it, and prints `nonce seq` of what was acknowledged, until it is killed. */
async function write(store: Sqlite): Promise<never> {
  for (let n = 0; ; n += 1) {
    const drafts = Array.from({ length: 1 + (n % 7) }, (_, m) => {
      const nonce = `nonce-${run}-${n}-${m}`
      return draft('x'.repeat(100 + m), { nonce, id: `${run}-${n}-${m}` })
    })
    for (const outcome of await store.commit(drafts))
      if (outcome.result === 'stored') print(`${outcome.event.nonce} ${outcome.event.seq}`)
  }
}

/** On a small file system: fills it, goes on reading, makes room, goes on writing. Prints what it saw. */
async function full(store: Sqlite): Promise<void> {
  const filler = join(dir, '..', 'filler')
  await store.addGuest(guest('Ada', { id: ada.id }), NEVER)
  await store.commit([draft('before')])
  try {
    writeFileSync(filler, Buffer.alloc(64 * 1024 * 1024))
  } catch {
    // As much as went in is in it: that was the point.
  }
  const text = 'y'.repeat(8_000)
  let outcomes = await store.commit([draft(text), draft(text)])
  while (outcomes.some(({ result }) => result === 'stored'))
    outcomes = await store.commit([draft(text), draft(text)])
  const other: unknown = await store.addMember('lobby', ada.id, 'guest', 1).catch((error: unknown) => error)
  const head = (await store.room('lobby'))?.head
  const during = {
    results: outcomes.map(({ result }) => result),
    other: other instanceof Error && 'code' in other ? other.code : 'done',
    trouble: store.diskError,
    read: (await store.events('lobby', 0, 1)).length,
    whole: head === (await store.history('lobby', { at: 'end', limit: 1 }))?.messages[0]?.seq,
  }
  rmSync(filler)
  const [after] = await store.commit([draft(text)])
  print(
    JSON.stringify({
      during,
      after: after?.result,
      next: (await store.room('lobby'))?.head === Number(head) + 1,
      trouble: store.diskError,
    }),
  )
  await store.close()
}

/** Sits at a desk until it is killed. */
async function sit(): Promise<never> {
  createTemporaryFolder(dir, 'backup')
  print('at it')
  for (;;) await Bun.sleep(1_000)
}

try {
  if (part === 'desk') await sit()
  const store = await open(dir, part === 'full' ? { reserve: 0 } : {})
  print('open')
  if (part === 'write') await write(store)
  if (part === 'full') await full(store)
} catch (error) {
  if (!(error instanceof OperatorError)) throw error
  print(error.message)
  process.exit(error.exitCode)
}
