import { Database } from 'bun:sqlite'
import type { Draft, Outcome, Store } from '../../../src/hub/ports.ts'
import { ChatError } from '../../../src/shared/errors.ts'
import { openInMemory } from '../../../src/store/sqlite/sqliteStore.ts'

// prettier-ignore
const WRITES = new Set(['commit', 'addRoom', 'addMember', 'removeMember', 'saveReads', 'addGuest', 'rename', 'touch', 'endSession', 'forget', 'purge', 'close'])

/** The SQLite store in memory, on a disk that a test can slow down, break, and change behind the hub's back. */
export type TestStore = ReturnType<typeof testStore>

export function testStore() {
  const db = new Database(':memory:', { strict: true })
  const store = openInMemory(db)
  const batches: number[] = []
  let waiting: (() => void)[] | null = null
  let broken = { writes: false, reads: false }

  const onDisk = (name: keyof Store) => {
    const method = store[name].bind(store) as (...args: unknown[]) => Promise<unknown>
    const isWrite = WRITES.has(name)
    const perform = async (args: unknown[]) => {
      if (isWrite ? !broken.writes : !broken.reads) return await method(...args)
      if (name !== 'commit') throw new ChatError('unavailable')
      return (args[0] as Draft[]).map((): Outcome => ({ result: 'failed' }))
    }
    return (...args: unknown[]) => {
      if (name === 'commit') batches.push((args[0] as Draft[]).length)
      const queue = waiting
      if (!isWrite || queue === null) return perform(args)
      return new Promise((resolve) => queue.push(() => resolve(perform(args))))
    }
  }
  const names = [...Object.keys(store), 'commit', 'close'] as (keyof Store)[]
  return {
    ...(Object.fromEntries(names.map((name) => [name, onDisk(name)])) as unknown as Store),
    /** how many drafts each `commit` brought, in order */
    batches,
    /** A slow disk: from now on writes wait, in their order. */
    pause() {
      waiting ??= []
    },
    resume() {
      const due = waiting ?? []
      waiting = null
      for (const write of due) write()
    },
    /** A full or broken disk: from now on commits answer `failed` and other writes reject, or reads reject. */
    fail(what: keyof typeof broken) {
      broken = { ...broken, [what]: true }
    },
    heal() {
      broken = { writes: false, reads: false }
    },
    /** Another device of this person signs in. */
    addSession(user: string, session: string) {
      db.run('INSERT INTO sessions (hash, user_id, at, seen) VALUES (?, ?, 0, unixepoch() * 1000)', [
        session,
        user,
      ])
    },
    /** A backup is restored in which the room's log ends at `head`. */
    rewind(room: string, head: number) {
      for (const table of ['events', 'messages', 'mentions'])
        db.run(`DELETE FROM ${table} WHERE room = ? AND seq > ?`, [room, head])
      db.run('UPDATE rooms SET seq = ? WHERE room = ?', [head, room])
    },
  }
}
