import { Database } from 'bun:sqlite'
import { afterAll } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Store } from '../../../src/hub/ports.ts'
import { openInMemory } from '../../../src/store/sqlite/sqliteStore.ts'
import { aTemporaryDir, open } from './scene.ts'

/** A store of one kind, and what retention, deletes and a restart would do to it. */
export interface World {
  store: Store
  /** closes the store and opens it again, where it has anything to open */
  restart(): Promise<void>
  erase(room: string, ...seqs: number[]): Promise<void>
  retain(room: string, floor: number): Promise<void>
  /** one more session of a person, as another device of theirs has it */
  lend(user: string, session: string): Promise<void>
  /** done with it; without this it lasts as long as the file's tests */
  end(): Promise<void>
}

export const worlds: Record<string, () => Promise<World>> = { memory: memoryWorld, sqlite: sqliteWorld }

const living = new Set<World>()
afterAll(async () => {
  for (const world of living) await world.end()
})

const GONE = `UPDATE events SET data = NULL, digest = x''`
const EMPTY = 'UPDATE messages SET text = NULL, reply_to = NULL, edited_at = NULL, pinned = 0'
const NO_REACTIONS = 'DELETE FROM reactions WHERE message IN (SELECT id FROM messages'

function changesBy(
  change: (work: (db: Database) => void) => Promise<void>,
): Pick<World, 'erase' | 'retain' | 'lend'> {
  return {
    erase: (room, ...seqs) =>
      change((db) => {
        for (const seq of seqs) {
          db.run(`${GONE} WHERE room = ? AND seq = ?`, [room, seq])
          db.run(`${EMPTY} WHERE room = ? AND seq = ?`, [room, seq])
          db.run(`${NO_REACTIONS} WHERE room = ? AND seq = ?)`, [room, seq])
        }
      }),
    retain: (room, floor) =>
      change((db) => {
        db.run(`${GONE} WHERE room = ? AND seq < ?`, [room, floor])
        db.run(`${EMPTY} WHERE room = ? AND seq < ?`, [room, floor])
        db.run(`${NO_REACTIONS} WHERE room = ? AND seq < ?)`, [room, floor])
        db.run('UPDATE rooms SET floor = ? WHERE room = ?', [floor, room])
      }),
    lend: (user, session) =>
      change((db) =>
        db.run('INSERT INTO sessions (hash, user_id, at, seen) VALUES (?, ?, 1, 1)', [session, user]),
      ),
  }
}

async function memoryWorld(): Promise<World> {
  const db = new Database(':memory:', { strict: true })
  const store = openInMemory(db)
  return {
    store,
    restart: () => Promise.resolve(),
    ...changesBy(async (work) => db.transaction(work)(db)),
    end: () => store.close(),
  }
}

async function sqliteWorld(): Promise<World> {
  const dir = aTemporaryDir()
  let store = await open(dir)
  const world: World = {
    get store() {
      return store
    },
    async restart() {
      await store.close()
      store = await open(dir)
    },
    // A writer of its own, as another process would be: what it commits the store sees from the next turn on (K55).
    ...changesBy(async (work) => {
      const db = new Database(join(dir, 'hubbub.db'), { readwrite: true })
      db.run('PRAGMA busy_timeout = 2000')
      db.transaction(() => work(db)).immediate()
      db.close()
      await new Promise((resolve) => setImmediate(resolve))
    }),
    async end() {
      living.delete(world)
      await store.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
  living.add(world)
  return world
}
