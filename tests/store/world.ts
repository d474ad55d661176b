import { Database } from 'bun:sqlite'
import { afterAll } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Draft, NewGuest, Outcome, Stale, Store } from '../../src/hub/ports.ts'
import { openSqlite, type Options, type Sqlite } from '../../src/store/sqlite.ts'
import { memoryStore } from '../support/memoryStore.ts'

export const WORKER = new URL('../../src/store/sqlite.worker.ts', import.meta.url)
export const ada = { id: '0a', name: 'Ada' }
export const bob = { id: '0b', name: 'Bob' }
/** Nobody is stale. */
export const NEVER: Stale = { unused: 0, unwritten: 0 }

/** A store of one kind, and what retention, deletes and a restart would do to it. */
export interface World {
  store: Store
  /** closes the store and opens it again, where it has anything to open */
  restart(): Promise<void>
  erase(room: string, ...seqs: number[]): void
  retain(room: string, floor: number): void
  /** done with it; without this it lasts as long as the file's tests */
  end(): Promise<void>
}

export const worlds: Record<string, () => Promise<World>> = { memory: memoryWorld, sqlite: sqliteWorld }

const living = new Set<World>()
afterAll(async () => {
  for (const world of living) await world.end()
})

export function aTemporaryDir(): string {
  return mkdtempSync(join(tmpdir(), 'hubbub-store-'))
}

export function open(dir: string, options: Partial<Options> = {}): Promise<Sqlite> {
  return openSqlite({
    dir,
    workerUrl: WORKER,
    onDeath(error) {
      throw error
    },
    ...options,
  })
}

async function memoryWorld(): Promise<World> {
  const store = memoryStore()
  return {
    store,
    restart: () => Promise.resolve(),
    erase: (room, ...seqs) => seqs.forEach((seq) => store.erase(room, seq)),
    retain: (room, floor) => store.retain(room, floor),
    end: () => store.close(),
  }
}

async function sqliteWorld(): Promise<World> {
  const dir = aTemporaryDir()
  let store = await open(dir)
  // A writer of its own, as a purge has it: what it commits the store sees.
  const change = (work: (db: Database) => void) => {
    const db = new Database(join(dir, 'hubbub.db'), { readwrite: true })
    db.run('PRAGMA busy_timeout = 2000')
    db.transaction(() => work(db)).immediate()
    db.close()
  }
  const world: World = {
    get store() {
      return store
    },
    async restart() {
      await store.close()
      store = await open(dir)
    },
    erase: (room, ...seqs) =>
      change((db) => {
        for (const seq of seqs) {
          db.run('UPDATE events SET data = NULL WHERE room = ? AND seq = ?', [room, seq])
          db.run('UPDATE messages SET text = NULL, reply_to = NULL WHERE room = ? AND seq = ?', [room, seq])
        }
      }),
    retain: (room, floor) =>
      change((db) => {
        db.run('UPDATE events SET data = NULL WHERE room = ? AND seq < ?', [room, floor])
        db.run('UPDATE messages SET text = NULL, reply_to = NULL WHERE room = ? AND seq < ?', [room, floor])
        db.run('UPDATE rooms SET floor = ? WHERE room = ?', [floor, room])
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

let drafts = 0

/** Something Ada says in the lobby, under a nonce and an id of its own, unless told otherwise. */
export function draft(text: string, more: Partial<Draft> = {}): Draft {
  drafts += 1
  const id = drafts.toString(16).padStart(12, '0')
  return {
    kind: 'message',
    room: 'lobby',
    id,
    at: 1_000 + drafts,
    user: ada,
    nonce: `nonce-${id}`,
    text,
    ...more,
  }
}

/** Says texts in the lobby, in one commit. */
export function say(store: Store, texts: readonly string[], more: Partial<Draft> = {}): Promise<Outcome[]> {
  return store.commit(texts.map((text) => draft(text, more)))
}

/** `count` texts: 1, 2, 3 … */
export function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, n) => String(n + 1))
}

export function guest(name: string, more: Partial<NewGuest> = {}): NewGuest {
  const key = name.toLowerCase()
  return { id: `id-${key}`, name, keys: [key], session: `session-${key}`, at: 1_000, ...more }
}
